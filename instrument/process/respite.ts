import { monotonicMs } from './monotonic-clock.ts';

/**
 * Gives a program as much time as it was kept from running. What others have answered meanwhile is still unread when a long look is over,
 * and whoever looks again at once finds it as it was, or just before its next step.
 */
export class Respite {
  readonly #now: () => number;
  #endsAt = Number.NEGATIVE_INFINITY;

  constructor(now: () => number = monotonicMs) {
    this.#now = now;
  }

  /** Does the work, which keeps the program from running, unless it has a respite after the last one. */
  after(work: () => void): void {
    const since = this.#now();
    if (since < this.#endsAt) return;
    work();
    const now = this.#now();
    this.#endsAt = now + (now - since);
  }
}
