import { patchShape } from '../shapes/shape-patch.ts';
import type { LibraryAdapter } from './adapter.ts';

/** await-lock 2 and 3. */
export const awaitLock: LibraryAdapter = {
  name: 'await-lock',
  versions: '>=2.0.0 <4.0.0',
  patch(exports) {
    const prototype = (exports['default'] as { prototype?: Record<string, unknown> } | undefined)?.prototype;
    if (typeof prototype?.['acquireAsync'] !== 'function' || typeof prototype['release'] !== 'function') return null;
    return patchShape(prototype, {
      acquire: 'acquireAsync',
      tryAcquire: 'tryAcquire',
      isFree: (lock) => (lock as { readonly acquired?: boolean }).acquired === false,
      release: 'release',
      timeoutMs: (options?: { readonly timeout?: number }) => options?.timeout ?? undefined,
    });
  },
};
