import { patchClass } from '../patches/class-patch.ts';
import type { Shape } from '../shapes/shape.ts';
import { patchShape } from '../shapes/shape-patch.ts';
import type { LibraryAdapter } from './adapter.ts';

/** Its class with what its type calls private. */
interface Semaphore {
  readonly availablePermits: number;
  acquire(): Promise<object>;
}

const SEMAPHORE: Shape = {
  // Asked before the first permit is taken.
  capacity: (semaphore) => (semaphore as Semaphore).availablePermits,
  acquire: 'acquire',
  releaser: 'release',
};

/** @shopify/semaphore 3. The permit that `acquire` gives releases itself. */
export const shopifySemaphore: LibraryAdapter = {
  name: '@shopify/semaphore',
  versions: '>=3.0.0 <4.0.0',
  patch: (exports) =>
    patchClass<Semaphore>(exports['Semaphore'], 'acquire', (prototype) => patchShape(prototype, SEMAPHORE)),
};
