import { asyncStackOf, mayNameProgram } from '../stacks/async-stack.ts';
import { pendingReactions } from './kept-reactions.ts';

/** Of the functions that await, one is enough; Node's own may come before it. */
const FRAMES = 16;

/**
 * Whether functions of the program still await something when nothing is left to run, or nothing runs, as those do that await each other
 * in a circle. What is only called back by a promise (`then`) is no function that has stopped: test runners and pools of tasks leave
 * such behind. What only packages await keeps nobody waiting: many sleep for work to the end.
 */
export class LeftAwaiters {
  /** Promises that no function of the program awaits. */
  #unawaited = new Set<object>();
  readonly #isMeant: (promise: object) => boolean;

  /** @param isMeant whether anybody wants to know of that promise */
  constructor(isMeant: (promise: object) => boolean = () => true) {
    this.#isMeant = isMeant;
  }

  /** Call when nothing is left to run, and again when something was. The engine says it in microtasks, some ten microseconds each. */
  look(): void {
    this.#unawaited = new Set();
    const parents = this.#pending();
    const promises = [...new Set(parents)];
    // Of a promise with several reactions the engine says nothing.
    if (promises.length === parents.length) this.#ask(promises.values());
  }

  /** Ask it in a later turn of the event loop. */
  get areThere(): boolean {
    return this.promises.length > 0;
  }

  /** What they await, and perhaps more: one of them is enough. Ask likewise. */
  get promises(): readonly object[] {
    return this.#pending().filter((promise) => !this.#unawaited.has(promise));
  }

  #pending(): readonly object[] {
    return pendingReactions()
      .map(({ parent }) => parent)
      .filter(this.#isMeant);
  }

  #ask(promises: Iterator<object>): void {
    const { value: promise, done } = promises.next();
    if (done === true) return;
    asyncStackOf(promise, FRAMES, (stack) => {
      if (mayNameProgram(stack, FRAMES)) return;
      this.#unawaited.add(promise);
      this.#ask(promises);
    });
  }
}
