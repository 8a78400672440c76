import { asyncStackOf, namesFunction } from '../async-stack.ts';
import { pendingReactions } from './kept-reactions.ts';

/** Of the functions that await, one is enough; Node's own may come before it. */
const FRAMES = 16;

/**
 * Whether functions still await something when nothing is left to run, as those do that await each other in a circle. What is
 * only called back by a promise (`then`) is no function that has stopped: test runners and pools of tasks leave such behind.
 */
export class LeftAwaiters {
  /** Promises that no function awaits. */
  #unawaited = new Set<object>();

  /** Call when nothing is left to run, and again when something was. The engine says it in microtasks, some ten microseconds each. */
  look(): void {
    this.#unawaited = new Set();
    const parents = pendingReactions().map(({ parent }) => parent);
    const promises = [...new Set(parents)];
    // Of a promise with several reactions the engine says nothing.
    if (promises.length === parents.length) this.#ask(promises.values());
  }

  /** Ask it in a later turn of the event loop. */
  get areThere(): boolean {
    return pendingReactions().some(({ parent }) => !this.#unawaited.has(parent));
  }

  #ask(promises: Iterator<object>): void {
    const { value: promise, done } = promises.next();
    if (done === true) return;
    asyncStackOf(promise, FRAMES, (stack) => {
      if (namesFunction(stack)) return;
      this.#unawaited.add(promise);
      this.#ask(promises);
    });
  }
}
