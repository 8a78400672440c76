import type { Wait } from '../../src/core/wait.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { placeOfUse } from '../first-use.ts';
import { patchClass } from '../patches/class-patch.ts';
import { isTimeout } from '../settled-request.ts';
import { type PoolVerbs, poolVerbs, refuse, type WatchedPool, watchedPool, watchFactoryIn } from '../watched-pool.ts';
import type { LibraryAdapter } from './adapter.ts';

export const TARN_VERBS: PoolVerbs = poolVerbs('acquire', 'release', 'destroy');

/** Timeouts that tarn and knex set by themselves: nobody chose them, so they excuse nothing. */
const DEFAULT_TIMEOUTS_MS: readonly number[] = [30_000, 60_000];

/** The parts of a Pool that its methods share; not in its public types. */
interface Internals {
  readonly max: number;
  readonly acquireTimeoutMillis: number;
  readonly eventId: number;
  creator: (done?: unknown) => unknown;
  acquire(): { readonly promise: Promise<unknown> };
  destroy(): Promise<unknown>;
  _executeEventHandlers(event: string, ...args: unknown[]): unknown;
}

/** tarn 2 and 3. Its events tell where each request ends and which resource comes back. */
export const tarn: LibraryAdapter = {
  name: 'tarn',
  versions: '>=2.0.0 <4.0.0',
  patch(exports) {
    return patchClass(exports['Pool'], '_executeEventHandlers', patchPool, ['acquire', 'destroy']);
  },
};

function watched(pool: Internals): WatchedPool | null {
  return watchedPool(pool, TARN_VERBS, pool.max, () => placeOfUse('Pool', ['acquire', 'destroy']));
}

function patchPool(prototype: Internals): () => void {
  const { acquire, destroy, _executeEventHandlers } = prototype;
  /** The waits of each pool by the numbers of their requests. */
  const asked = new WeakMap<Internals, Map<unknown, Wait>>();
  const begin = (pool: Internals, wait: Wait | null): Wait | null => {
    const waits = asked.get(pool) ?? new Map<unknown, Wait>();
    asked.set(pool, waits);
    if (wait !== null) waits.set(pool.eventId, wait);
    return wait;
  };
  const end = (pool: Internals, eventId: unknown): Wait | null => {
    const wait = asked.get(pool)?.get(eventId) ?? null;
    asked.get(pool)?.delete(eventId);
    return wait;
  };

  prototype.acquire = {
    acquire(this: Internals): { readonly promise: Promise<unknown> } {
      const { acquireTimeoutMillis } = this;
      const timeoutMs = DEFAULT_TIMEOUTS_MS.includes(acquireTimeoutMillis) ? undefined : acquireTimeoutMillis;
      const wait = begin(this, watched(this)?.ask(timeoutMs) ?? null);
      const pending = acquire.call(this);
      if (pending?.promise !== undefined) void hooks.follow(pending.promise, wait);
      return pending;
    },
  }.acquire;
  prototype.destroy = {
    destroy(this: Internals): Promise<unknown> {
      const wait = begin(this, watched(this)?.askForAll() ?? null);
      return hooks.follow(destroy.call(this), wait);
    },
  }.destroy;
  const stopMaking = watchFactoryIn(
    prototype,
    '_create',
    'creator',
    watched,
    (creator, watch) => (done) => watch.makes(() => creator(done)),
  );
  prototype._executeEventHandlers = {
    _executeEventHandlers(this: Internals, event: string, ...args: unknown[]): unknown {
      const [first, second] = args;
      if (event === 'acquireSuccess') watched(this)?.lend(end(this, first), second);
      else if (event === 'release') watched(this)?.takeBack(first);
      else if (event === 'acquireFail') refuse(end(this, first), isTimeout(second) ? 'timed-out' : 'cancelled');
      else if (event === 'poolDestroySuccess') hooks.waited(end(this, first));
      return _executeEventHandlers.call(this, event, ...args);
    },
  }._executeEventHandlers;
  return () => {
    stopMaking();
    Object.assign(prototype, { acquire, destroy, _executeEventHandlers });
  };
}
