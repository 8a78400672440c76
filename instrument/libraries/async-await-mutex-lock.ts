import type { Lock } from 'async-await-mutex-lock';
import { patchClass } from '../patches/class-patch.ts';
import type { Shape } from '../shapes/shape.ts';
import { patchShape } from '../shapes/shape-patch.ts';
import type { LibraryAdapter } from './adapter.ts';

const LOCK: Shape = {
  acquire: 'acquire',
  isFree: (lock, key) => !(lock as Lock<unknown>).isAcquired(key),
  release: 'release',
  // What is no key to the library stands for the lock itself.
  key: (key: unknown) => key || undefined,
};

/** async-await-mutex-lock 1: a lock, and one more for each key. */
export const asyncAwaitMutexLock: LibraryAdapter = {
  name: 'async-await-mutex-lock',
  versions: '>=1.0.7 <2.0.0',
  patch: (exports) =>
    patchClass<Lock<unknown>>(exports['Lock'], 'acquire', (prototype) => patchShape(prototype, LOCK), [
      'release',
      'isAcquired',
    ]),
};
