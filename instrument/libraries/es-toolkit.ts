import type { Semaphore } from 'es-toolkit';
import { patchClass } from '../patches/class-patch.ts';
import type { Shape } from '../shapes/shape.ts';
import { patchShape } from '../shapes/shape-patch.ts';
import type { LibraryAdapter } from './adapter.ts';

const SEMAPHORE: Shape = {
  capacity: (semaphore) => (semaphore as Semaphore).capacity,
  acquire: 'acquire',
  isFree: (semaphore) => (semaphore as Semaphore).available > 0,
  release: 'release',
};

/** es-toolkit 1: the semaphore. Its `Mutex` has one inside, and so has what `limitAsync` makes. */
export const esToolkit: LibraryAdapter = {
  name: 'es-toolkit',
  versions: '>=1.32.0 <2.0.0',
  since: '1.32.0',
  // Older CommonJS builds have their classes in `index.js`.
  modules: /dist\/promise\/(?:semaphore|index)\.m?js/,
  patch: (exports) =>
    patchClass<Semaphore>(exports['Semaphore'], 'acquire', (prototype) => patchShape(prototype, SEMAPHORE), [
      'release',
    ]),
};
