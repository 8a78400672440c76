import type { Wait } from '../../src/core/wait.ts';

/** The newest that are kept. */
const MOST = 1024;

/**
 * The waits of promises that somebody goes on with by a call of `then`. Whether the code that asked waits for them is not known as
 * long as the program runs; when nothing is left to run, what comes after them never does.
 */
export class HandedOnWaits {
  readonly #waits = new Set<Wait>();

  add(waits: readonly Wait[]): void {
    for (const wait of waits) {
      this.#waits.add(wait);
      if (this.#waits.size <= MOST) continue;
      for (const oldest of this.#waits) {
        this.#waits.delete(oldest);
        break;
      }
    }
  }

  /** Those that are open and that nobody is known to sleep for. It knows them no more from now on. */
  take(): readonly Wait[] {
    const open = [...this.#waits].filter((wait) => wait.isAwake);
    this.#waits.clear();
    return open;
  }
}
