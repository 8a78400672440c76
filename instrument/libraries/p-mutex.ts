import { patchClass } from '../patches/class-patch.ts';
import type { Shape } from '../shapes/shape.ts';
import { patchShape } from '../shapes/shape-patch.ts';
import type { LibraryAdapter } from './adapter.ts';

interface Mutex {
  readonly isLocked: boolean;
  lock(): Promise<void>;
  unlock(): void;
}

const MUTEX: Shape = {
  acquire: 'lock',
  isFree: (mutex) => !(mutex as Mutex).isLocked,
  release: 'unlock',
};

/** p-mutex 1. `withLock` goes through `lock` and `unlock`. */
export const pMutex: LibraryAdapter = {
  name: 'p-mutex',
  versions: '>=1.0.0 <2.0.0',
  patch: (exports) =>
    patchClass<Mutex>(exports['default'], 'lock', (prototype) => patchShape(prototype, MUTEX), ['unlock']),
};
