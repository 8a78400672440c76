import { NEVER } from '../../src/core/ids.ts';
import type { Session } from '../../src/core/session.ts';
import type { Wait } from '../../src/core/wait.ts';
import { failed } from '../../src/sync/hooks.ts';
import { standIn } from '../stand-in.ts';

/** A promise that is followed. */
export type Followed = object;

/**
 * Promises of results that somebody has to wait for first: a task's that has not got its turn. Whoever awaits one sleeps
 * for its waits. Handing it on is no sleep: a task that adds another one and looks at its errors only does not wait for it.
 * Until a promise is followed each step is one comparison.
 */
export class FollowedResults {
  readonly #session: Session;
  readonly #runAs: (awaiter: Followed, run: () => void) => void;
  readonly #results = new WeakMap<Followed, readonly Wait[]>();
  readonly #awaiters = new WeakMap<Followed, Followed>();
  /** The `then` of every followed promise. */
  readonly #then: PropertyDescriptor;
  #isUsed = false;
  /** True while a result is handed on by a call of `then`. */
  #isChaining = false;
  /** The promise that takes over now what it was resolved with. */
  #adopting: Followed | null = null;
  /** The newest reaction that the code of now has asked for, and to what; what it ends with is what it awaits. */
  #last: Followed | null = null;
  #lastParent: Followed | null = null;

  /** @param runAs runs code as that which asked for a reaction */
  constructor(session: Session, runAs: (awaiter: Followed, run: () => void) => void) {
    this.#session = session;
    const chained = (promise: object, args: unknown[]): unknown => this.#chained(promise, args);
    // `await` does not call it: a call hands the result on, to what it returns or to a promise that becomes this one.
    const value = standIn(Promise.prototype.then, (self, args) => chained(self as object, args));
    this.#then = { value, writable: true, configurable: true, enumerable: false };
    this.#runAs = runAs;
  }

  follow(promise: object, waits: readonly Wait[]): void {
    this.#isUsed = true;
    this.#results.set(promise, waits);
    if (Object.getOwnPropertyDescriptor(promise, 'then') === undefined)
      Object.defineProperty(promise, 'then', this.#then);
  }

  /** Who awaits all of them awaits what each has to wait for. */
  followAll(promise: object, elements: readonly unknown[]): void {
    if (!this.#isUsed) return;
    const waits = elements.flatMap((element) => {
      const isObject = typeof element === 'object' && element !== null;
      return isObject ? (this.#results.get(element) ?? []) : [];
    });
    if (waits.length > 0) this.follow(promise, waits);
  }

  /** Somebody asks for a reaction to `parent`. */
  asked(reaction: Followed, parent: Followed): void {
    if (!this.#isUsed || this.#isChaining) return;
    this.#last = reaction;
    this.#lastParent = parent;
    this.#awaited(this.#results.get(parent));
  }

  /** A reaction begins; one without a parent lets its promise take over what it was resolved with. */
  begin(reaction: Followed, parent: Followed | undefined): void {
    if (!this.#isUsed) return;
    this.#adopting = parent === undefined ? reaction : null;
    this.#last = null;
  }

  /** Code ends. What awaits does nothing after it; what only asks for a reaction goes on. */
  end(): void {
    if (!this.#isUsed) return;
    this.#adopting = null;
    this.#endSlice();
  }

  /** Runs code that is a slice of its own inside of another. */
  apart<T>(run: () => T): T {
    const last = this.#last;
    const lastParent = this.#lastParent;
    this.#last = null;
    try {
      return run();
    } finally {
      this.#endSlice();
      this.#last = last;
      this.#lastParent = lastParent;
    }
  }

  #chained(promise: object, args: unknown[]): unknown {
    const waits = this.#results.get(promise) ?? [];
    // Whoever is called looks after errors.
    for (const wait of waits) wait.awaited = true;
    if (this.#adopting !== null) this.#adopt(this.#adopting, waits);
    const outer = this.#isChaining;
    this.#isChaining = true;
    try {
      const { then } = Object.getPrototypeOf(promise) as PromiseLike<unknown>;
      const next = Reflect.apply(then, promise, args as never) as object;
      if (this.#adopting === null && waits.length > 0) this.follow(next, waits);
      return next;
    } finally {
      this.#isChaining = outer;
    }
  }

  #endSlice(): void {
    const reaction = this.#last;
    const parent = this.#lastParent;
    if (reaction === null || parent === null) return;
    this.#last = null;
    if (!this.#results.has(parent)) this.#awaiters.set(parent, reaction);
  }

  /** An async function has returned a followed promise: whoever awaits what it has returned sleeps for the same. */
  #adopt(promise: Followed, waits: readonly Wait[]): void {
    const awaiter = this.#awaiters.get(promise);
    this.follow(promise, waits);
    if (awaiter !== undefined) this.#runAs(awaiter, () => this.#awaited(waits));
  }

  #awaited(waits: readonly Wait[] = []): void {
    for (const wait of waits) {
      wait.awaited = true;
      if (!wait.pending || wait.blockedAt !== NEVER) continue;
      try {
        this.#session.blocked(wait);
      } catch (fault) {
        failed(fault, this.#session);
      }
    }
  }
}
