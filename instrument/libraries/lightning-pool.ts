import type { Wait } from '../../src/core/wait.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { placeOfUse } from '../first-use.ts';
import { applied } from '../patches/applied.ts';
import { patchClass } from '../patches/class-patch.ts';
import { numberOf } from '../patches/passed-options.ts';
import { replaced } from '../patches/replaced.ts';
import { dressed, standIn } from '../patches/stand-in.ts';
import { factoryWith, poolVerbs, refuse, type WatchedPool, watchedPool, watchFactoryIn } from '../watched-pool.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

const VERBS = poolVerbs('acquire', 'release', 'close');

interface Factory {
  create(about: unknown): unknown;
}

type Called = (error?: unknown, resource?: unknown) => void;

/** The parts of a Pool that its methods share; not all of it is in its public types. */
interface Pool {
  readonly options: object;
  _factory: Factory;
  acquire(callback?: Called): Promise<unknown> | undefined;
  release(resource: unknown, callback?: unknown): unknown;
  destroy(resource: unknown, callback?: unknown): unknown;
  close(...how: unknown[]): Promise<void> | undefined;
  closeAsync(...how: unknown[]): Promise<void>;
}

/** lightning-pool 4, since 4.11. What gives a promise calls the method of the same name with a callback; `releaseAsync` and the like, too. */
export const lightningPool: LibraryAdapter = {
  name: 'lightning-pool',
  versions: '>=4.11.0 <5.0.0',
  patch: (exports) =>
    patchClass<Pool>(exports['Pool'], 'acquire', patchPool, ['release', 'destroy', 'close', 'closeAsync']),
};

function watched(pool: Pool): WatchedPool | null {
  const max = numberOf(pool.options, 'max') ?? Infinity;
  return watchedPool(pool, VERBS, max, () => placeOfUse('Pool', ['acquire', 'close']));
}

function patchPool(prototype: Pool): () => void {
  const { acquire, release, destroy } = prototype;
  /** Whose callback the call of now is about to give, on behalf of a call that gives a promise. */
  let asking: Wait | null = null;
  const asked = (pool: Pool): Wait | null =>
    watched(pool)?.ask(numberOf(pool.options, 'acquireTimeoutMillis') || undefined) ?? null;
  const answering = (pool: Pool, wait: Wait, callback: Called, isOwn: boolean): Called =>
    standIn(callback, (self, args) => {
      const [error, resource] = args;
      if (args.length > 1 && error == null) watched(pool)?.lend(wait, resource);
      else refuse(wait, isTimeout(error) ? 'timed-out' : 'cancelled');
      const call = (): unknown => applied(callback as Callable, self, args);
      return isOwn ? call() : hooks.resume(wait, call);
    });

  prototype.acquire = dressed(function watchedAcquire(this: Pool, ...args: [Called?]): Promise<unknown> | undefined {
    const [callback] = args;
    const isOwn = asking !== null;
    const wait = asking ?? asked(this);
    asking = null;
    if (wait === null) return Reflect.apply(acquire, this, args);
    if (typeof callback === 'function') {
      if (!isOwn) hooks.blocked(wait);
      return acquire.call(this, answering(this, wait, callback, isOwn));
    }
    // What is no function is nothing to call, nor is it asked for a promise.
    if (callback) refuse(wait);
    else asking = wait;
    try {
      const result = Reflect.apply(acquire, this, args);
      return result === undefined ? result : hooks.follow(result, wait);
    } finally {
      asking = null;
    }
  }, acquire);
  prototype.release = dressed(function watchedRelease(this: Pool, ...args: [unknown]): unknown {
    watched(this)?.takeBack(args[0]);
    return Reflect.apply(release, this, args);
  }, release);
  prototype.destroy = dressed(function watchedDestroy(this: Pool, ...args: [unknown]): unknown {
    watched(this)?.takeBack(args[0]);
    return Reflect.apply(destroy, this, args);
  }, destroy);
  const undo = (['close', 'closeAsync'] as const).map((name) => replaced(prototype, name, watchedClose));
  const stopMaking = watchFactoryIn(prototype, '_createResource', '_factory', watched, (factory, watch) =>
    factoryWith(factory, { create: (about: unknown) => watch.makes(() => factory.create(about)) }),
  );
  return () => {
    stopMaking();
    for (const restore of undo) restore();
    Object.assign(prototype, { acquire, release, destroy });
  };
}

function watchedClose(close: Callable): Callable {
  return standIn(close, (self, args) => {
    const result = applied(close, self, args);
    const waits = args[0] === undefined || args[0] === Infinity || args[0] === false;
    if (!waits || !(result instanceof Promise)) return result;
    const wait = watched(self as Pool)?.askForAll() ?? null;
    // It never fails, so nobody misses the rejection that is handled here.
    if (wait !== null) void result.then(() => hooks.waited(wait));
    return hooks.follow(result, wait);
  });
}

/** It tells so in words only. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Request timed out';
}
