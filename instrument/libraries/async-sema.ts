import { patchShape } from '../shapes/shape-patch.ts';
import type { LibraryAdapter } from './adapter.ts';

/** async-sema 2 and 3. `drain` and `RateLimit` go through `acquire`. */
export const asyncSema: LibraryAdapter = {
  name: 'async-sema',
  versions: '>=2.0.0 <4.0.0',
  patch(exports) {
    const sema = (exports['Sema'] ?? exports) as (new (...args: never[]) => object) | undefined;
    const prototype = sema?.prototype as Record<string, unknown> | undefined;
    if (typeof prototype?.['acquire'] !== 'function') return null;
    return patchShape(prototype, {
      capacity: (semaphore) => (semaphore as { nrTokens?: number }).nrTokens ?? 1,
      acquire: 'acquire',
      tryAcquire: 'tryAcquire',
      release: 'release',
    });
  },
};
