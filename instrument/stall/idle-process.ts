import { pendingReactions } from '../attribution/kept-reactions.ts';
import { ProcessorUse } from '../processor-use.ts';

/** A process that uses less of a processor than this answers nobody, and beats its own timers at most. */
const NEXT_TO_NOTHING = 0.02;

/** Looks in a row, four seconds, in which next to nothing may run. Twice as many each time that the heap was read for that. */
const LOOKS_IDLE = 16;

/** How often the heap is read for the sake of one promise at most: the first time a timer may still hide what it waits for. */
const READS = 2;

/** What is known of a process without reading its heap. */
export interface IdleSigns {
  /** Next to nothing has run since this was asked the last time. */
  readonly isIdle: () => boolean;
  /** Promises that somebody waits for; none where no attribution tells. */
  readonly awaited: () => readonly object[];
}

/**
 * A process that does nothing, whatever timers and connections are there. It has nothing to do, or it hangs: its heap is worth a look
 * while somebody waits for a promise. Who waits for work does so for one promise for long, and soon costs nothing any more.
 */
export class IdleProcess {
  readonly #signs: IdleSigns;
  readonly #reads = new WeakMap<object, number>();
  #looks = 0;
  #patience = LOOKS_IDLE;

  constructor(signs: IdleSigns = signsOfProcess()) {
    this.#signs = signs;
  }

  /** To be called every fraction of a second. @returns true when the heap is worth a look */
  look(): boolean {
    this.#looks = this.#signs.isIdle() ? this.#looks + 1 : 0;
    if (this.#looks < this.#patience) return false;
    this.#looks = 0;
    const awaited = new Set(this.#signs.awaited());
    const isWorthIt = [...awaited].some((promise) => this.#readsOf(promise) < READS);
    if (!isWorthIt) return false;
    for (const promise of awaited) this.#reads.set(promise, this.#readsOf(promise) + 1);
    this.#patience *= 2;
    return true;
  }

  #readsOf(promise: object): number {
    return this.#reads.get(promise) ?? 0;
  }
}

function signsOfProcess(): IdleSigns {
  const processor = new ProcessorUse(NEXT_TO_NOTHING);
  return {
    isIdle: () => processor.isIdle(),
    awaited: () => pendingReactions().map(({ parent }) => parent),
  };
}
