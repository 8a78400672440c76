import type { Wait } from '../../src/core/wait.ts';

/** Functions of the program that are called when a wait is over; only a look at the heap asks for them. */
const callbacks = new WeakMap<Wait, object>();

/** It was asked for with this callback: who waits is whoever that lets go on. */
export function calledBack(wait: Wait, callback: object): void {
  callbacks.set(wait, callback);
}

/** Null where it is not known, or where there is none. */
export function callbackOf(wait: Wait): object | null {
  return callbacks.get(wait) ?? null;
}
