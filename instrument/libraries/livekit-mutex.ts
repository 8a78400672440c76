import type { EventContext } from '../../src/core/event-context.ts';
import type { TrackedObject } from '../../src/core/tracked-object.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { patchClass, restoreAll } from '../class-patch.ts';
import { trackByFirstUse } from '../first-use.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { type InstanceNotes, instanceNotes } from '../shapes/instance-notes.ts';
import { ReleaseTicket } from '../shapes/release-ticket.ts';
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
  /** False for an object with other insides. */
  isKnown(mutex: T): boolean;
  isFree(mutex: T): boolean;
  capacity(mutex: T): number;
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
  const notes: InstanceNotes<TrackedObject> = instanceNotes();
  const { lock } = prototype;
  prototype.lock = dressed(function watched(this: T): Promise<Unlock> {
    const object = known(this);
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

  function known(mutex: T): TrackedObject | null {
    const met = notes.of(mutex);
    if (met !== null || !kind.isKnown(mutex)) return met;
    const object = trackByFirstUse('Mutex', kind.capacity(mutex), ['lock']);
    if (object !== null) notes.set(mutex, object);
    return object;
  }
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
  isKnown: ({ _locks, _locking }) => typeof _locks === 'number' && _locking instanceof Promise,
  isFree: ({ _locks }) => _locks === 0,
  capacity: () => 1,
  ticket: (mutex, taken) => new SingleTicket(mutex, taken),
};

const MULTIPLE: Kind<MultiMutex> = {
  isKnown: ({ _limit, _queue }) => typeof _limit === 'number' && Array.isArray(_queue),
  isFree: ({ _locks, _limit }) => _locks < _limit,
  capacity: ({ _limit }) => _limit,
  ticket: (mutex, taken) => new MultiTicket(mutex, taken),
};
