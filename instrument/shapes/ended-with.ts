import type { Wait } from '../../src/core/wait.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { isPlainPromise } from '../patches/plain-promise.ts';
import { observe } from './settled-result.ts';

// Taken before anything is patched.
const { nextTick } = process;
// The promise's own: a subclass may do more in its `then`.
const { then } = Promise.prototype;

/**
 * What the caller gets for a promise whose fulfilment (`ok`) or rejection (`failed`) ends his wait: dept hears of it first, and
 * nobody sees that it listens.
 * @param tie ties the promise to the wait, where promises are followed
 */
export function endedWith<P extends PromiseLike<unknown>>(
  promise: P,
  wait: Wait | null,
  ok: (value: unknown) => void,
  failed: (reason: unknown) => void,
  tie: () => P = () => hooks.bind(promise, wait),
): P {
  if (wait === null) return promise;
  if (hooks.followsPromises()) {
    observe(promise, ok, (reason) => {
      failed(reason);
      raiseUnlessAwaited(wait, reason);
    });
    return tie();
  }
  // Nobody tells who else handles a rejection, so the caller gets a promise that is rejected in its turn.
  if (!isPlainPromise(promise)) {
    observe(promise, ok, failed);
    return hooks.bind(promise, wait);
  }
  const passed = (value: unknown): unknown => {
    ok(value);
    return value;
  };
  const refused = (reason: unknown): never => {
    failed(reason);
    throw reason;
  };
  return hooks.bind(Reflect.apply(then, promise, [passed, refused]) as unknown as P, wait);
}

/**
 * We have handled the rejection; if we are the only ones when all reactions have run, it is unhandled all the same. Without
 * a session nobody knows.
 */
function raiseUnlessAwaited(wait: Wait, reason: unknown): void {
  nextTick(() => {
    if (!wait.awaited && hooks.isFollowed(wait)) void Promise.reject(reason);
  });
}
