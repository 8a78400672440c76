import type module from 'semaphore-async-await';
import { patchClass } from '../patches/class-patch.ts';
import type { Shape } from '../shapes/shape.ts';
import { patchShape } from '../shapes/shape-patch.ts';
import type { LibraryAdapter } from './adapter.ts';

type Semaphore = module.default;

const SEMAPHORE: Shape = {
  // Asked before the first permit is taken.
  capacity: (semaphore) => (semaphore as Semaphore).getPermits(),
  acquire: ['wait', 'acquire', 'waitFor'],
  isFree: (semaphore) => (semaphore as Semaphore).getPermits() > 0,
  tryAcquire: 'tryAcquire',
  release: ['signal', 'release'],
  timeoutMs: (timeoutMs?: number) => timeoutMs,
};

/** semaphore-async-await 1.5. `Lock` is a subclass; `execute` goes through `wait` and `signal`. */
export const semaphoreAsyncAwait: LibraryAdapter = {
  name: 'semaphore-async-await',
  versions: '>=1.5.0 <2.0.0',
  patch: (exports) =>
    patchClass<Semaphore>(exports['default'], 'wait', (prototype) => patchShape(prototype, SEMAPHORE), [
      'signal',
      'getPermits',
    ]),
};
