import type { TrackedObject } from '../../src/core/tracked-object.ts';
import * as hooks from '../../src/sync/hooks.ts';

/** Tells when a task takes its slot, and when it gives that back. */
export interface SlotTask {
  readonly begin: () => void;
  readonly end: () => void;
}

/** The tasks that have the slots of one queue now: what they say about whoever asks for another slot meanwhile. */
export class Slots {
  /** What the limit on tasks was when each of them began. */
  readonly #limits = new Counts();
  /** After how many milliseconds each must give its slot back; 0 for one that may keep it. */
  readonly #timeouts = new Counts();

  /** One task of the queue. @param limit of now, asked when it begins @param timeoutMs after which it must give its slot back */
  task(object: TrackedObject | null, limit: () => number, timeoutMs?: number): SlotTask {
    let own = 0;
    return {
      begin: () => {
        own = limit();
        this.noteLimit(object, own);
        this.begin(own, timeoutMs);
      },
      end: () => this.end(own, timeoutMs),
    };
  }

  begin(limit: number, timeoutMs = 0): void {
    this.#limits.add(limit);
    this.#timeouts.add(timeoutMs);
  }

  end(limit: number, timeoutMs = 0): void {
    this.#limits.remove(limit);
    this.#timeouts.remove(timeoutMs);
  }

  /** True when one of them has begun under a lower limit: a task that makes room for another one waits for nobody to end. */
  haveGrownTo(limit: number): boolean {
    return this.#limits.least < limit;
  }

  /** Somebody asks for a slot of this queue, or gets the one that he has waited for, when there are so many. */
  noteLimit(object: TrackedObject | null, limit: number): void {
    if (this.haveGrownTo(limit)) hooks.outgrow(object);
  }

  /** After how long each of them has given its slot back at the latest; undefined where one may keep it, and where none is taken. */
  get timeoutMs(): number | undefined {
    const { least, most } = this.#timeouts;
    return least > 0 && most > 0 ? most : undefined;
  }
}

/** How many there are of each number. Mostly all are the same. */
class Counts {
  #number = 0;
  #count = 0;
  #others: Map<number, number> | null = null;

  /** Infinity when there are none. */
  get least(): number {
    const own = this.#count === 0 ? Number.POSITIVE_INFINITY : this.#number;
    return this.#others === null ? own : Math.min(own, ...this.#others.keys());
  }

  /** 0 when there are none. */
  get most(): number {
    const own = this.#count === 0 ? 0 : this.#number;
    return this.#others === null ? own : Math.max(own, ...this.#others.keys());
  }

  add(number: number): void {
    if (this.#count === 0 && this.#others === null) this.#number = number;
    if (number === this.#number) this.#count++;
    else this.#others = (this.#others ?? new Map()).set(number, (this.#others?.get(number) ?? 0) + 1);
  }

  remove(number: number): void {
    if (number === this.#number) {
      this.#count--;
      return;
    }
    const left = (this.#others?.get(number) ?? 1) - 1;
    if (left > 0) this.#others?.set(number, left);
    else this.#others?.delete(number);
    if (this.#others?.size === 0) this.#others = null;
  }
}
