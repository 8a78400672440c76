import { types } from 'node:util';
import { keptReactions } from '../attribution/kept-reactions.ts';
import { OwnWeakRef } from '../own-weak-ref.ts';
import { asyncStackOf, asyncStackThrough, namesFunction } from '../stacks/async-stack.ts';

/** Of the functions that await, one is enough. */
const FRAMES = 4;

/** The engine is asked in the look before those that may tell, so that what it says is new: it says it in a microtask. */
const ASKED_EVERY = 4;

/**
 * Whether a function awaits a promise, or another one that is made of it and is not settled: a race that somebody has won is
 * lost for all others, and a promise that has only a callback may be there to see that nothing comes.
 */
export class EventAwaiters {
  readonly #awaited: WeakRef<object>;
  /** As the engine has said it, which knows of one that awaits; true until it has said anything. */
  #isOne = true;
  #looks = 0;

  /** @param awaited the promise, or the function that settles it */
  constructor(awaited: object) {
    this.#awaited = new OwnWeakRef(awaited);
    this.#ask(awaited);
  }

  /** Call in each look. */
  look(): void {
    const awaited = this.#awaited.deref();
    if (++this.#looks % ASKED_EVERY === ASKED_EVERY - 1 && awaited !== undefined) this.#ask(awaited);
  }

  /** True while there is one, as far as is known. */
  get areThere(): boolean {
    const awaited = this.#awaited.deref();
    if (awaited === undefined) return false;
    const kept = keptReactions().filter(({ parent }) => parent === awaited);
    const open = kept.filter(({ isIdle }) => !isIdle);
    // Of several the engine knows none.
    return kept.length > 0 && open.length === 0 ? false : this.#isOne || open.length > 1;
  }

  #ask(awaited: object): void {
    const told = (stack: string): void => {
      this.#isOne = namesFunction(stack);
    };
    if (types.isPromise(awaited)) asyncStackOf(awaited, FRAMES, told);
    else asyncStackThrough(awaited as (value: never) => void, FRAMES, told);
  }
}
