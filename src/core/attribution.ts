import type { EventContext } from './event-context.ts';
import type { Fiber } from './fiber.ts';
import type { Tick } from './ids.ts';
import type { OwedPromise } from './owed-promise.ts';
import type { Wait } from './wait.ts';

/** What knows which code runs because of which: promise hooks in Node, nothing at all in a replay. */
export interface Attribution {
  /** Ties the promise a waiter awaits to its wait, or to what it has taken, so that its continuation inherits what that brought. */
  bind(promise: object, behind: Wait | EventContext): void;
  /** A promise of what has to wait first: who awaits it, or what it becomes, while the waits are pending sleeps. */
  follow(promise: object, waits: readonly Wait[]): void;
  /** What the code that runs now owes settles only when this promise does, though it does not await it itself. */
  restsOn(promise: object): void;
  /** Nothing is left to run: whoever has asked for a reaction to a promise that is followed waits for it. */
  nothingLeft(): void;
  /**
   * Since when it has been told of every promise: who awaits it, when it settles and by what code; null when it is not told
   * now.
   */
  readonly followsSince: Tick | null;
  /**
   * The record of a promise whose settling is an event, made when it has none; null when it cannot be known when that is.
   */
  owed(promise: object, make: () => OwedPromise): OwedPromise | null;
  /** Runs code whose wake-ups carry their own history, without recording the waker's. */
  quietly<T>(run: () => T): T;
  /** Runs a waiter's callback as the code that goes on after this wait, whoever calls it. */
  resume<T>(wait: Wait, run: () => T): T;
  /** Runs a stretch of a fiber: it has behind it what the fiber has, not what its caller has, and leaves it to the fiber. */
  stretch<T>(fiber: Fiber, run: () => T): T;
  /** The callback, to run as what the code that runs now goes on with, whoever calls it. */
  carry<T extends unknown[], R>(callback: Callback<T, R>): Callback<T, R>;
}

export type Callback<T extends unknown[], R> = (this: unknown, ...args: T) => R;

/** No attribution: contexts are exact or there is only one. */
export const NO_ATTRIBUTION: Attribution = Object.freeze({
  bind: () => undefined,
  follow: () => undefined,
  restsOn: () => undefined,
  nothingLeft: () => undefined,
  followsSince: null,
  owed: () => null,
  quietly: <T>(run: () => T): T => run(),
  resume: <T>(_wait: Wait, run: () => T): T => run(),
  stretch: <T>(_fiber: Fiber, run: () => T): T => run(),
  carry: <T extends unknown[], R>(callback: Callback<T, R>): Callback<T, R> => callback,
});
