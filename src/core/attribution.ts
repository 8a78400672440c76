import type { Wait } from './wait.ts';

/** What knows which code runs because of which: promise hooks in Node, nothing at all in a replay. */
export interface Attribution {
  /** Ties the promise a waiter awaits to its wait, so that its continuation inherits what the wait brought. */
  bind(promise: object, wait: Wait): void;
  /** Runs code whose wake-ups carry their own history, without recording the waker's. */
  quietly<T>(run: () => T): T;
}

/** No attribution: contexts are exact or there is only one. */
export const NO_ATTRIBUTION: Attribution = Object.freeze({
  bind: () => undefined,
  quietly: <T>(run: () => T): T => run(),
});
