import type { TrackedObject } from '../../src/core/tracked-object.ts';
import type { HowMuch } from '../../src/core/vocabulary.ts';
import { patchClass } from '../patches/class-patch.ts';
import { legible } from '../patches/passed-options.ts';
import { dressed } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { NamedObjects } from '../shapes/named-objects.ts';
import type { LibraryAdapter } from './adapter.ts';

const ACQUIRE = howOf('acquire', 'release');
const TRY = howOf('tryAcquire', 'release');

/** After which a call gives up that says nothing of that. */
const DEFAULT_TIMEOUT_MS = 10_000;

interface Client {
  readonly options?: { readonly host?: string; readonly port?: number; readonly path?: string; readonly db?: number };
}

/** What its locks share; not in their public types. */
interface Lock {
  readonly _key: string;
  readonly _client?: Client;
  readonly _clients?: readonly Client[];
  /** Permits that a semaphore has, and that one lock takes of it. */
  readonly _limit?: number;
  readonly _permits?: number;
  readonly _acquiredExternally: boolean;
  readonly _refreshTimeInterval: number;
  readonly _acquireOptions: {
    readonly lockTimeout: number;
    readonly acquireTimeout: number;
    readonly acquireAttemptsLimit?: number;
    readonly retryInterval: number;
  };
  acquire(signal?: AbortSignal): Promise<void>;
  tryAcquire(signal?: AbortSignal): Promise<boolean>;
  release(): Promise<void>;
}

/** redis-semaphore 5. A lock is its key on its server. What other processes hold is not seen. */
export const redisSemaphore: LibraryAdapter = {
  name: 'redis-semaphore',
  versions: '>=5.4.0 <6.0.0',
  patch: (exports) =>
    patchClass<Lock>(exports['Lock'] ?? exports['Mutex'], 'tryAcquire', patchLock, ['acquire', 'release']),
};

function patchLock(prototype: Lock): () => void {
  const mutexes = new NamedObjects('mutex', 'redis-semaphore');
  const semaphores = new NamedObjects('semaphore', 'redis-semaphore');
  /** What each has taken: several at once where tasks share one. */
  const held = new WeakMap<Lock, Claim[]>();
  const { acquire, tryAcquire, release } = prototype;
  const objectOf = (lock: Lock): TrackedObject | null => {
    const { _key: key, _limit: limit = 1 } = lock;
    return (limit > 1 ? semaphores : mutexes).of(`${serverOf(lock)}/${key}`, key, limit);
  };
  let method = TRY;
  prototype.acquire = dressed(function watched(this: Lock, signal?: AbortSignal): Promise<void> {
    // It calls `tryAcquire` at once.
    method = ACQUIRE;
    try {
      return acquire.call(this, signal);
    } finally {
      method = TRY;
    }
  }, acquire);
  prototype.tryAcquire = dressed(function watched(this: Lock, signal?: AbortSignal): Promise<boolean> {
    const how = method;
    method = TRY;
    if (typeof this._key !== 'string') return tryAcquire.call(this, signal);
    const claim = new Claim(objectOf(this), how, legible(() => budgetOf(this)) ?? null);
    claim.sleep();
    return claim.grantedBy(tryAcquire.call(this, signal), () => {
      held.set(this, [...(held.get(this) ?? []), claim]);
    });
  }, tryAcquire);
  prototype.release = dressed(function watched(this: Lock): Promise<void> {
    // Its identifier goes, and with that all that was taken by it.
    for (const claim of held.get(this) ?? []) claim.release();
    held.delete(this);
    return release.call(this);
  }, release);
  return () => void Object.assign(prototype, { acquire, tryAcquire, release });
}

/** Where its key is; several servers of a lock are one place. */
function serverOf({ _client, _clients }: Lock): string {
  const options = (_clients?.[0] ?? _client)?.options;
  const { host = 'localhost', port = 6379, path, db = 0 } = options ?? {};
  return `${path ?? `${host}:${port}`}/${db}`;
}

/** How long a call waits at most, also for a lock that lapses by itself. */
function budgetOf({ _permits: permits = 1, _acquireOptions: options, _refreshTimeInterval: refreshMs }: Lock): HowMuch {
  const { lockTimeout, acquireTimeout, acquireAttemptsLimit: attempts = Infinity, retryInterval } = options;
  const timeoutMs = Math.min(
    acquireTimeout === DEFAULT_TIMEOUT_MS ? Infinity : acquireTimeout,
    refreshMs > 0 ? Infinity : lockTimeout,
    attempts * retryInterval,
  );
  return Number.isFinite(timeoutMs) ? { permits, timeoutMs } : { permits };
}
