import type { Wait } from '../../src/core/wait.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { placeOfUse } from '../first-use.ts';
import { patchClass } from '../patches/class-patch.ts';
import { type PoolRequest, watchRequest } from '../settled-request.ts';
import {
  factoryWith,
  type PoolVerbs,
  poolVerbs,
  refuse,
  type WatchedPool,
  watchedPool,
  watchFactoryIn,
} from '../watched-pool.ts';
import type { LibraryAdapter } from './adapter.ts';

export const SEQUELIZE_VERBS: PoolVerbs = poolVerbs('acquire', 'release', 'drain');

/** Timeouts that sequelize-pool and Sequelize set by themselves: nobody chose them, so they excuse nothing. */
const DEFAULT_TIMEOUTS_MS: readonly number[] = [30_000, 60_000];

interface Factory {
  create(): unknown;
}

/** The parts of a Pool that its methods share; not in its public types. */
interface Internals {
  readonly maxSize: number;
  readonly acquireTimeoutMillis: number;
  readonly _pendingAcquires: readonly PoolRequest[];
  acquire(): Promise<unknown>;
  release(resource: unknown): unknown;
  destroy(resource: unknown): Promise<void>;
  drain(): Promise<void>;
  _factory: Factory;
  _dispense(): unknown;
}

/** sequelize-pool 7 and 8. A request stands at the end of the queue when `acquire` looks for a resource for it. */
export const sequelizePool: LibraryAdapter = {
  name: 'sequelize-pool',
  versions: '>=7.0.0 <9.0.0',
  patch(exports) {
    return patchClass(exports['Pool'], '_dispense', patchPool, ['acquire', 'release', 'destroy', 'drain']);
  },
};

function watched(pool: Internals): WatchedPool | null {
  return watchedPool(pool, SEQUELIZE_VERBS, pool.maxSize, () => placeOfUse('Pool', ['acquire', 'drain']));
}

function patchPool(prototype: Internals): () => void {
  const { acquire, release, destroy, drain, _dispense } = prototype;
  /** What the `acquire` that runs now has to say about its request. */
  let beginning: ((request: PoolRequest) => void) | null = null;

  prototype.acquire = {
    acquire(this: Internals): Promise<unknown> {
      const { acquireTimeoutMillis } = this;
      const timeoutMs = DEFAULT_TIMEOUTS_MS.includes(acquireTimeoutMillis) ? undefined : acquireTimeoutMillis;
      const watch = watched(this);
      const wait: Wait | null = watch?.ask(timeoutMs) ?? null;
      beginning = (request) => watchRequest(request, watch, wait);
      try {
        const promise = acquire.call(this);
        if (beginning !== null) refuse(wait);
        return hooks.follow(promise, wait);
      } finally {
        beginning = null;
      }
    },
  }.acquire;
  prototype._dispense = {
    _dispense(this: Internals): unknown {
      const request = this._pendingAcquires.at(-1);
      if (request !== undefined) beginning?.(request);
      beginning = null;
      return _dispense.call(this);
    },
  }._dispense;
  prototype.release = {
    release(this: Internals, resource: unknown): unknown {
      watched(this)?.takeBack(resource);
      return release.call(this, resource);
    },
  }.release;
  prototype.destroy = {
    destroy(this: Internals, resource: unknown): Promise<void> {
      watched(this)?.takeBack(resource);
      return destroy.call(this, resource);
    },
  }.destroy;
  prototype.drain = {
    drain(this: Internals): Promise<void> {
      const wait = watched(this)?.askForAll() ?? null;
      const drained = drain.call(this);
      // It never fails, so nobody misses the rejection that is handled here.
      if (wait !== null) void drained.then(() => hooks.waited(wait));
      return hooks.follow(drained, wait);
    },
  }.drain;
  const stopMaking = watchFactoryIn(prototype, '_createResource', '_factory', watched, (factory, watch) =>
    factoryWith(factory, { create: () => watch.makes(() => factory.create()) }),
  );
  return () => {
    stopMaking();
    Object.assign(prototype, { acquire, release, destroy, drain, _dispense });
  };
}
