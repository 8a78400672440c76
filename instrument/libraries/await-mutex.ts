import type { EventContext } from '../../src/core/event-context.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { patchClass } from '../patches/class-patch.ts';
import { dressed } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { ReleaseTicket } from '../shapes/release-ticket.ts';
import { UsedInstances } from '../shapes/used-instances.ts';
import type { LibraryAdapter } from './adapter.ts';

const LOCK = howOf('lock', 'unlock');

export type Unlock = () => void;
export type Taken = Claim | EventContext | null;

/** What `lock` uses of a `Mutex`; not in its public types. */
export interface Mutex {
  _locks: number;
  _locking: { then(passed: () => unknown): unknown };
}

export interface Lockable<T> {
  lock(this: T): Promise<Unlock>;
}

/** How a class whose `lock` gives the function to unlock is watched. */
export interface Kind<T> {
  /** Null for an object with other insides. */
  capacity(mutex: T): number | null;
  isFree(mutex: T): boolean;
  ticket(mutex: T, taken: Taken): T;
}

/** await-mutex 1. The one of @livekit/mutex is made like it. */
export const awaitMutex: LibraryAdapter = {
  name: 'await-mutex',
  versions: '>=1.0.0 <2.0.0',
  patch: (exports) => patchMutex(exports['default']),
};

export function patchMutex(made: unknown): (() => void) | null {
  return patchClass<Lockable<Mutex>>(made, 'lock', (prototype) => patchLock(prototype, SINGLE));
}

export function patchLock<T extends object>(prototype: Lockable<T>, kind: Kind<T>): () => void {
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

/** What is counted goes through to the mutex. */
export abstract class LockTicket<T extends { _locks: number }> extends ReleaseTicket {
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

const SINGLE: Kind<Mutex> = {
  capacity: ({ _locks, _locking }) => (typeof _locks === 'number' && _locking instanceof Promise ? 1 : null),
  isFree: ({ _locks }) => _locks === 0,
  ticket: (mutex, taken) => new SingleTicket(mutex, taken),
};
