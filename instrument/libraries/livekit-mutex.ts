import * as hooks from '../../src/sync/hooks.ts';
import { patchClass, restoreAll } from '../patches/class-patch.ts';
import type { LibraryAdapter } from './adapter.ts';
import { type Kind, type Lockable, LockTicket, patchLock, patchMutex, type Unlock } from './await-mutex.ts';

/** What `lock` uses of a `MultiMutex`; not in its public types. */
interface MultiMutex {
  _locks: number;
  readonly _limit: number;
  readonly _queue: Unlock[];
  isLocked(): boolean;
  _unlock(): void;
}

/** @livekit/mutex 1. */
export const livekitMutex: LibraryAdapter = {
  name: '@livekit/mutex',
  versions: '>=1.1.0 <2.0.0',
  patch: (exports) =>
    restoreAll([
      patchMutex(exports['Mutex']),
      patchClass<Lockable<MultiMutex>>(exports['MultiMutex'], 'lock', (prototype) => patchLock(prototype, MULTIPLE)),
    ]),
};

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

const MULTIPLE: Kind<MultiMutex> = {
  capacity: ({ _limit, _queue }) => (typeof _limit === 'number' && Array.isArray(_queue) ? _limit : null),
  isFree: ({ _locks, _limit }) => _locks < _limit,
  ticket: (mutex, taken) => new MultiTicket(mutex, taken),
};
