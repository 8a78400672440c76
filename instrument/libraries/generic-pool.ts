import type { Wait } from '../../src/core/wait.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { placeOfUse } from '../first-use.ts';
import { patchClass, restoreAll } from '../patches/class-patch.ts';
import { type PoolRequest, watchRequest } from '../settled-request.ts';
import { factoryWith, poolVerbs, refuse, type WatchedPool, watchedPool, watchFactoryIn } from '../watched-pool.ts';
import type { LibraryAdapter } from './adapter.ts';

const VERBS = poolVerbs('acquire', 'release', 'drain');

interface Factory {
  create(): unknown;
  destroy(resource: unknown): unknown;
}

/** The parts of a Pool that its methods share; not in its public types. */
interface Internals {
  readonly _config?: { readonly max: number; readonly acquireTimeoutMillis?: number };
  readonly _resourceLoans: Map<unknown, unknown>;
  acquire(priority?: number): Promise<unknown>;
  release(resource: unknown): Promise<void>;
  destroy(resource: unknown): Promise<void>;
  drain(): Promise<void>;
  _factory: Factory;
  _descheduleEvictorRun(): unknown;
}

const POOL_METHODS = ['acquire', 'release', 'destroy', 'drain'] as const;

interface Queue {
  enqueue(request: PoolRequest, priority?: number): unknown;
}

/** generic-pool 3. `use` ends in `acquire`, `release` and `destroy`. */
export const genericPool: LibraryAdapter = {
  name: 'generic-pool',
  versions: '>=3.4.0 <4.0.0',
  patch(exports) {
    return restoreAll([
      ...[exports, exports['Pool']].map((made) => patchClass(made, '_descheduleEvictorRun', patchPool, POOL_METHODS)),
      patchClass(exports, 'enqueue', patchQueue),
      patchClass(exports['PriorityQueue'], 'enqueue', patchQueue),
    ]);
  },
};

function watched(pool: Internals): WatchedPool | null {
  return watchedPool(pool, VERBS, pool._config?.max ?? Infinity, () => placeOfUse('Pool', ['acquire', 'use', 'drain']));
}

/** What the `acquire` that runs now has to say about its request. */
let beginning: ((request: PoolRequest) => void) | null = null;

function patchQueue(prototype: Queue): () => void {
  const { enqueue } = prototype;
  prototype.enqueue = {
    enqueue(this: Queue, request: PoolRequest, priority?: number): unknown {
      beginning?.(request);
      beginning = null;
      return enqueue.call(this, request, priority);
    },
  }.enqueue;
  return () => Object.assign(prototype, { enqueue });
}

function patchPool(pool: Internals): () => void {
  const { acquire, release, destroy, drain, _descheduleEvictorRun } = pool;
  const draining = new WeakMap<Internals, Wait>();

  pool.acquire = {
    acquire(this: Internals, priority?: number): Promise<unknown> {
      const watch = watched(this);
      const wait = watch?.ask(this._config?.acquireTimeoutMillis || undefined) ?? null;
      beginning = (request) => watchRequest(request, watch, wait);
      try {
        const promise = acquire.call(this, priority);
        if (beginning !== null) refuse(wait);
        return hooks.follow(promise, wait);
      } finally {
        beginning = null;
      }
    },
  }.acquire;
  pool.release = {
    release(this: Internals, resource: unknown): Promise<void> {
      watched(this)?.takeBack(resource);
      return release.call(this, resource);
    },
  }.release;
  pool.destroy = {
    destroy(this: Internals, resource: unknown): Promise<void> {
      watched(this)?.takeBack(resource);
      return destroy.call(this, resource);
    },
  }.destroy;
  pool.drain = {
    drain(this: Internals): Promise<void> {
      const wait = watched(this)?.askForAll() ?? null;
      if (wait !== null) draining.set(this, wait);
      return hooks.follow(drain.call(this), wait);
    },
  }.drain;
  pool._descheduleEvictorRun = {
    _descheduleEvictorRun(this: Internals): unknown {
      hooks.waited(draining.get(this) ?? null);
      return _descheduleEvictorRun.call(this);
    },
  }._descheduleEvictorRun;
  const restoreFactories = restoreAll([
    watchFactoryIn(pool, '_createResource', '_factory', watched, (factory, watch) =>
      factoryWith(factory, { create: () => watch.makes(() => factory.create()) }),
    ),
    watchFactoryIn(pool, '_evict', '_factory', watched, (factory, watch) =>
      factoryWith(factory, { destroy: (resource: unknown) => watch.apart(() => factory.destroy(resource)) }),
    ),
  ]);
  return () => {
    restoreFactories?.();
    Object.assign(pool, { acquire, release, destroy, drain, _descheduleEvictorRun });
  };
}
