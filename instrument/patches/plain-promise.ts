import { types } from 'node:util';

/** True for a promise that is none of a subclass, whose constructor would make each reaction to it. */
export function isPlainPromise(value: unknown): value is Promise<unknown> {
  return types.isPromise(value) && Object.getPrototypeOf(value) === Promise.prototype;
}
