import type { RWLock } from 'async-rwlock';
import type { How } from '../../src/core/vocabulary.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { patchClass } from '../patches/class-patch.ts';
import { dressed } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { UsedInstances } from '../shapes/used-instances.ts';
import type { LibraryAdapter } from './adapter.ts';

// A reader passes the writers that wait.
const READ = howOf('readLock', 'unlock', { mode: 'read', recursive: true, queued: false });
const WRITE = howOf('writeLock', 'unlock');

/** What `getState` says. */
const IDLE = 0;
const WRITING = 2;

type Take = (this: RWLock, timeoutMs?: number) => Promise<void>;

/** async-rwlock 1. Instances are given their methods when they are made: those made before keep what was there. */
export const asyncRwLock: LibraryAdapter = {
  name: 'async-rwlock',
  versions: '>=1.1.0 <2.0.0',
  patch: (exports) => patchClass<RWLock>(exports['RWLock'], 'unlock', patchLock, ['readLock', 'writeLock', 'getState']),
};

function patchLock(prototype: RWLock): () => void {
  const locks = new UsedInstances<RWLock>({
    kindName: 'RWLock',
    methods: ['readLock', 'writeLock'],
    kind: 'async-rwlock',
  });
  const { readLock, writeLock, unlock } = prototype;
  prototype.readLock = dressed(function watchedRead(this: RWLock, timeoutMs?: number): Promise<void> {
    return taken(this, readLock, READ, this.getState() !== WRITING, timeoutMs);
  }, readLock);
  prototype.writeLock = dressed(function watchedWrite(this: RWLock, timeoutMs?: number): Promise<void> {
    return taken(this, writeLock, WRITE, this.getState() === IDLE, timeoutMs);
  }, writeLock);
  prototype.unlock = dressed(function watchedUnlock(this: RWLock): void {
    // All who have it now are readers, or the one writer.
    hooks.exit(hooks.holderToRelease(locks.known(this)));
    hooks.quietly(() => unlock.call(this));
  }, unlock);
  return () => void Object.assign(prototype, { readLock, writeLock, unlock });

  function taken(lock: RWLock, take: Take, how: How, isFree: boolean, timeoutMs?: number): Promise<void> {
    const object = locks.of(lock);
    const promise = take.call(lock, timeoutMs);
    if (object === null) return promise;
    const more = timeoutMs !== undefined && timeoutMs > 0 && timeoutMs < Infinity ? { timeoutMs } : null;
    if (isFree) return hooks.bind(promise, hooks.taken(object, how, more));
    const claim = new Claim(object, how, more);
    claim.sleep();
    return claim.grantedBy(promise);
  }
}
