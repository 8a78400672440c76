import { keptReactions } from '../attribution/kept-reactions.ts';
import { LeftAwaiters } from '../attribution/left-awaiters.ts';
import { ProcessorUse } from '../process/processor-use.ts';
import { wouldBeLate } from './due-timers.ts';
import { msToRead } from './stall-picture.ts';

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
  /** Promises that somebody waits for, and perhaps more; none where no attribution tells. */
  readonly kept: () => readonly object[];
  /** Looks which of these a function of the program awaits. */
  readonly lookAt: (isMeant: (promise: object) => boolean) => void;
  /** Which they were, a look later; it may be more, but if none is awaited it is none. */
  readonly awaited: () => readonly object[];
  /** Somebody sleeps who would oversleep if the heap was read now. */
  readonly isAboutToWake: () => boolean;
}

/**
 * A process that does nothing, whatever timers and connections are there. It has nothing to do, or it hangs: its heap is worth a look
 * when a function of the program has awaited one promise all the time. Who waits for work does so for long, and soon costs nothing any more.
 */
export class IdleProcess {
  readonly #signs: IdleSigns;
  readonly #reads = new WeakMap<object, number>();
  /** What was awaited when it began to idle, and perhaps more. */
  #keptFirst = new WeakSet<object>();
  #looks = 0;
  #patience = LOOKS_IDLE;

  constructor(signs: IdleSigns = signsOfProcess()) {
    this.#signs = signs;
  }

  /** To be called every fraction of a second. @returns true when the heap is worth a look */
  look(): boolean {
    this.#looks = this.#signs.isIdle() ? this.#looks + 1 : 0;
    if (this.#looks === 1) this.#keptFirst = new WeakSet(this.#signs.kept());
    // Who sleeps a little and does a little waits for another promise each time.
    if (this.#looks === this.#patience - 1) this.#signs.lookAt((promise) => this.#keptFirst.has(promise));
    if (this.#looks < this.#patience || (this.#looks > this.#patience && this.#isRespected())) return false;
    const awaited = new Set(this.#signs.awaited());
    const isWorthIt = [...awaited].some((promise) => this.#readsOf(promise) < READS);
    if (isWorthIt && this.#looks === this.#patience && this.#isRespected()) return false;
    this.#looks = 0;
    if (!isWorthIt) return false;
    for (const promise of awaited) this.#reads.set(promise, this.#readsOf(promise) + 1);
    this.#patience *= 2;
    return true;
  }

  /** What is about to run may be what is waited for. Who sleeps again and again, to look whether it has come, is not respected for ever. */
  #isRespected(): boolean {
    return this.#looks < 2 * this.#patience && this.#signs.isAboutToWake();
  }

  #readsOf(promise: object): number {
    return this.#reads.get(promise) ?? 0;
  }
}

function signsOfProcess(): IdleSigns {
  const processor = new ProcessorUse(NEXT_TO_NOTHING);
  let awaiters = new LeftAwaiters();
  return {
    isIdle: () => processor.isIdle(),
    kept: () => keptReactions().map(({ parent }) => parent),
    lookAt: (isMeant) => {
      awaiters = new LeftAwaiters(isMeant);
      awaiters.look();
    },
    awaited: () => awaiters.promises,
    isAboutToWake: () => wouldBeLate(msToRead()),
  };
}
