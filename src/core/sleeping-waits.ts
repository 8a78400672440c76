import type { Wait } from './wait.ts';

/**
 * The waits that sleep now, oldest first. Linked through the waits themselves: a `Set` from which as much is taken as is
 * added makes a new table again and again, and each dead one keeps the next alive until the whole heap is collected.
 */
export class SleepingWaits {
  #first: Wait | null = null;
  #last: Wait | null = null;

  has(wait: Wait): boolean {
    return wait.olderSleeping !== null || wait.youngerSleeping !== null || this.#first === wait;
  }

  /** One that is there already keeps its place. */
  add(wait: Wait): void {
    if (this.has(wait)) return;
    wait.olderSleeping = this.#last;
    if (this.#last === null) this.#first = wait;
    else this.#last.youngerSleeping = wait;
    this.#last = wait;
  }

  /** One that is not there is no error. */
  remove(wait: Wait): void {
    if (!this.has(wait)) return;
    const { olderSleeping: older, youngerSleeping: younger } = wait;
    if (older === null) this.#first = younger;
    else older.youngerSleeping = younger;
    if (younger === null) this.#last = older;
    else younger.olderSleeping = older;
    wait.olderSleeping = null;
    wait.youngerSleeping = null;
  }

  /** True when one of them passes the test. There may be thousands, and no object is made for any. */
  some(test: (wait: Wait) => boolean): boolean {
    for (let wait = this.#first; wait !== null; wait = wait.youngerSleeping) if (test(wait)) return true;
    return false;
  }

  *[Symbol.iterator](): Generator<Wait> {
    for (let wait = this.#first; wait !== null; wait = wait.youngerSleeping) yield wait;
  }
}
