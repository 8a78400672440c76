import { DeptError } from '../core/dept-error.ts';
import { firstRunnable, type Pick, seededPick } from './choice.ts';
import type { Task } from './task.ts';

/** Picks which of the runnable threads runs next, by index. */
export type Choose = (runnable: readonly Task[]) => number;

/** Threads that can run. Interrupts go first, and in order; among the others the scheduler chooses. */
export class RunQueue {
  readonly #choose: Choose;
  readonly #threads: Task[] = [];
  readonly #interrupts: Task[] = [];

  constructor(seed: number | undefined, choose: Choose | undefined) {
    const pick: Pick = seed === undefined ? firstRunnable : seededPick(seed);
    this.#choose = choose ?? ((runnable) => pick(runnable.length));
  }

  push(task: Task): void {
    this.#threads.push(task);
  }

  pushInterrupt(task: Task): void {
    this.#interrupts.push(task);
  }

  /** @returns null when nobody can run. @throws DeptError `ERR_DEPT_BAD_CHOICE` */
  next(): Task | null {
    const interrupt = this.#interrupts.shift();
    if (interrupt !== undefined) return interrupt;
    const count = this.#threads.length;
    if (count === 0) return null;
    const index = this.#choose(this.#threads);
    if (!Number.isInteger(index) || index < 0 || index >= count) {
      throw new DeptError('ERR_DEPT_BAD_CHOICE', `choose() returned ${index}; ${count} threads are runnable.`);
    }
    return this.#threads.splice(index, 1)[0] ?? null;
  }
}
