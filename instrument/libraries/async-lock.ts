import { trackByFirstUse } from '../first-use.ts';
import { patchClass } from '../patches/class-patch.ts';
import { legible, numberOf, optionOf } from '../patches/passed-options.ts';
import { dressed, standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { KeyedObjects } from '../shapes/keyed-objects.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

const ACQUIRE = howOf('acquire', 'end', { structured: true });

interface Options {
  readonly timeout?: number;
  readonly maxOccupationTime?: number;
  readonly maxPending?: number;
}

interface AsyncLock extends Options {
  readonly queues?: Readonly<Record<string, readonly unknown[] | undefined>>;
  readonly domainReentrant: boolean;
  readonly domains?: Readonly<Record<string, unknown>>;
  acquire(key: unknown, task: Callable, callback?: unknown, options?: Options): unknown;
}

/** async-lock 1. A list of keys is taken by one call inside the other. */
export const asyncLock: LibraryAdapter = {
  name: 'async-lock',
  versions: '>=1.2.0 <2.0.0',
  patch: (exports) => patchClass(exports, 'acquire', patchLock),
};

function patchLock(prototype: AsyncLock): () => void {
  const locks = new WeakMap<AsyncLock, KeyedObjects>();
  const { acquire } = prototype;
  const keysOf = (lock: AsyncLock): KeyedObjects => {
    const met = locks.get(lock);
    if (met !== undefined) return met;
    const owner = trackByFirstUse('AsyncLock', 1, ['acquire']);
    const keys = new KeyedObjects(owner);
    if (owner !== null) locks.set(lock, keys);
    return keys;
  };
  prototype.acquire = dressed(function watched(this: AsyncLock, ...args: Parameters<AsyncLock['acquire']>): unknown {
    const [key, task, third, fourth] = args;
    const callback = typeof third === 'function' ? (third as Callable) : null;
    const options = callback === null ? third : fourth;
    const waits = legible(() => hasToWait(this, String(key), options));
    if (Array.isArray(key) || typeof task !== 'function' || waits !== true) return acquire.apply(this, args);
    const timeoutMs = timeoutOf(this, options);
    const claim = new Claim(keysOf(this).of(key), ACQUIRE, timeoutMs === undefined ? null : { timeoutMs });
    args[1] = task.length === 1 ? claim.untilCalledBack(task) : claim.whileRunning(task);
    if (callback !== null) {
      args[2] = standIn(callback, (self, results) => {
        claim.refuse('timed-out');
        return Reflect.apply(callback, self, results as never[]);
      });
      const result = acquire.apply(this, args);
      claim.sleep();
      return result;
    }
    const promise = acquire.apply(this, args) as Promise<unknown>;
    if (timeoutMs === undefined) return claim.follow(promise);
    // Nothing else refuses a call that was let in, and how long it has waited on a busy machine says little.
    return claim.refusedBy(promise, () => claim.refuse('timed-out'));
  }, acquire);
  return () => {
    prototype.acquire = acquire;
  };
}

/** False for a call that is refused at once, and for one inside the domain that has the lock. */
function hasToWait(lock: AsyncLock, key: string, options: unknown): boolean {
  const maxPending = numberOf(options, 'maxPending') ?? lock.maxPending ?? Infinity;
  const { domain } = process as { readonly domain?: unknown };
  const isReentrant = lock.domainReentrant && domain != null && domain === lock.domains?.[key];
  return !isReentrant && (lock.queues?.[key]?.length ?? 0) < maxPending;
}

function timeoutOf(lock: AsyncLock, options: unknown): number | undefined {
  const limits = [
    optionOf(options, 'timeout') || lock.timeout,
    optionOf(options, 'maxOccupationTime') || lock.maxOccupationTime,
  ];
  const set = limits.filter((limit): limit is number => typeof limit === 'number' && limit > 0);
  return set.length === 0 ? undefined : Math.min(...set);
}
