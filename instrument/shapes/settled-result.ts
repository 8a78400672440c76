import { types } from 'node:util';
import { isThenable } from '../../src/core/thenable.ts';
import { resting } from '../attribution/resting.ts';
import type { Callable } from '../libraries/adapter.ts';
import { applied } from '../patches/applied.ts';
import { standIn } from '../patches/stand-in.ts';

const { isPromise } = types;
// The promise's own: a subclass may do more in its `then`.
const { then } = Promise.prototype;

/** Hears how a promise is settled. */
export function observe(
  promise: PromiseLike<unknown>,
  ok: (value: unknown) => void,
  failed: (reason: unknown) => void,
): void {
  if (isPromise(promise)) void (Reflect.apply(then, promise, [ok, failed]) as Promise<void>);
  else if (isThenable(promise)) void promise.then(ok, failed);
}

/** Calls `end` when what a task has returned is settled, or at once. @returns what its caller gets in place of that */
export function untilSettled(result: unknown, end: () => void): unknown {
  if (isPromise(result)) {
    resting(() => observe(result, end, end));
    return result;
  }
  if (!isThenable(result)) {
    end();
    return result;
  }
  // A lazy one (a query) does its work in `then`, so only the library may call that.
  return new Proxy(result, {
    get: (target, key) => {
      const value = Reflect.get(target, key, target) as unknown;
      if (key !== 'then') return typeof value === 'function' ? value.bind(target) : value;
      return (fulfilled: unknown, rejected: unknown) =>
        Reflect.apply(value as Callable, target, [endingWith(fulfilled, end), endingWith(rejected, end)] as never[]);
    },
  });
}

/** The callback, which calls `end` first; what is no function is nothing to call. */
export function endingWith<T>(callback: T, end: () => void): T {
  if (typeof callback !== 'function') return callback;
  return standIn(callback, (self, args) => {
    end();
    return applied(callback as Callable, self, args);
  });
}
