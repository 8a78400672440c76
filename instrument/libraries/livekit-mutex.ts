import type { EventContext } from '../../src/core/event-context.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { patchClass, restoreAll } from '../class-patch.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { ReleaseTicket } from '../shapes/release-ticket.ts';
import { UsedInstances } from '../shapes/used-instances.ts';
import { dressed } from '../stand-in.ts';
import type { LibraryAdapter } from './adapter.ts';

const LOCK = howOf('lock', 'unlock');

type Unlock = () => void;
type Taken = Claim | EventContext | null;

/** What `lock` uses of a `Mutex`; not in its public types. */
interface Mutex {
  _locks: number;
  _locking: { then(passed: () => unknown): unknown };
}

/** The same of a `MultiMutex`. */
interface MultiMutex {
  _locks: number;
  readonly _limit: number;
  readonly _queue: Unlock[];
  isLocked(): boolean;
  _unlock(): void;
}

interface Lockable<T> {
  lock(this: T): Promise<Unlock>;
}

/** How one of the two classes is watched. */
interface Kind<T> {
  /** Null for an object with other insides. */
  capacity(mutex: T): number | null;
  isFree(mutex: T): boolean;
  ticket(mutex: T, taken: Taken): T;
}

/** @livekit/mutex 1. */
export const livekitMutex: LibraryAdapter = {
  name: '@livekit/mutex',
  versions: '>=1.1.0 <2.0.0',
  patch: (exports) =>
    restoreAll([
      patchClass<Lockable<Mutex>>(exports['Mutex'], 'lock', (prototype) => patchLock(prototype, SINGLE)),
      patchClass<Lockable<MultiMutex>>(exports['MultiMutex'], 'lock', (prototype) => patchLock(prototype, MULTIPLE)),
    ]),
};

function patchLock<T extends object>(prototype: Lockable<T>, kind: Kind<T>): () => void {
  const mutexes = new UsedInstances<T>({ kindName: 'Mutex', methods: ['lock'], capacity: kind.capacity });
  const { lock } = prototype;
  prototype.lock = dressed(function watched(this: T): Promise<Unlock> {
    const object = mutexes.of(this);
    if (object === null) return lock.call(this);
    if (kind.isFree(this)) {
      const held = hooks.taken(object, LOCK);
      return hooks.bind(lock.call(kind.ticket(this, held)), held);
    }
    const claim = new Claim(object, LOCK);
    claim.sleep();
    return claim.grantedBy(lock.call(kind.ticket(this, claim)));
  }, lock);
  return () => {
    prototype.lock = lock;
  };
}

/** What both classes count goes through to the mutex. */
abstract class LockTicket<T extends { _locks: number }> extends ReleaseTicket {
  protected readonly mutex: T;

  constructor(mutex: T, taken: Taken) {
    super(taken);
    this.mutex = mutex;
  }

  get _locks(): number {
    return this.mutex._locks;
  }

  set _locks(locks: number) {
    this.mutex._locks = locks;
  }
}

class SingleTicket extends LockTicket<Mutex> implements Mutex {
  /** Who comes next waits for it twice: for the function to unlock, and for that to be called. */
  get _locking(): Mutex['_locking'] {
    return {
      // biome-ignore lint/suspicious/noThenProperty: it stands in for the promise whose `then` it is
      then: (passed) => this.mutex._locking.then(() => this.#unlocking(passed())),
    };
  }

  set _locking(locking: Mutex['_locking']) {
    this.mutex._locking = locking;
  }

  #unlocking(given: unknown): unknown {
    if (typeof given !== 'function') return given;
    return (): void => {
      this.release();
      hooks.quietly(given as Unlock);
    };
  }
}

class MultiTicket extends LockTicket<MultiMutex> implements MultiMutex {
  get _limit(): number {
    return this.mutex._limit;
  }

  get _queue(): Unlock[] {
    return this.mutex._queue;
  }

  isLocked(): boolean {
    return this.mutex.isLocked();
  }

  _unlock(): void {
    this.release();
    hooks.quietly(() => this.mutex._unlock());
  }
}

const SINGLE: Kind<Mutex> = {
  capacity: ({ _locks, _locking }) => (typeof _locks === 'number' && _locking instanceof Promise ? 1 : null),
  isFree: ({ _locks }) => _locks === 0,
  ticket: (mutex, taken) => new SingleTicket(mutex, taken),
};

const MULTIPLE: Kind<MultiMutex> = {
  capacity: ({ _limit, _queue }) => (typeof _limit === 'number' && Array.isArray(_queue) ? _limit : null),
  isFree: ({ _locks, _limit }) => _locks < _limit,
  ticket: (mutex, taken) => new MultiTicket(mutex, taken),
};
