import type { Wait } from '../src/core/wait.ts';
import { refuse, type WatchedPool } from './watched-pool.ts';

/** A request for a resource as pools queue it: settled from outside, once. */
export interface PoolRequest {
  resolve(resource: unknown): unknown;
  reject(reason: unknown): unknown;
}

/** Tells of the end of one request where the pool brings it about: a resource is lent, or the wait gives up. */
export function watchRequest(request: PoolRequest, pool: WatchedPool | null, wait: Wait | null): unknown {
  if (pool === null || wait === null) return;
  const { resolve, reject } = request;
  const methods: PoolRequest = {
    resolve(this: PoolRequest, resource) {
      pool.lend(wait, resource);
      return resolve.call(this, resource);
    },
    reject(this: PoolRequest, reason) {
      refuse(wait, isTimeout(reason) ? 'timed-out' : 'cancelled');
      return reject.call(this, reason);
    },
  };
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(request, name, { value, writable: true, configurable: true, enumerable: false });
  }
}

/** Every pool has a class of its own for it. */
export function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && (reason.constructor.name === 'TimeoutError' || reason.name === 'TimeoutError');
}
