import { placeOfUse } from '../first-use.ts';
import { PromiseCache } from '../shapes/promise-cache.ts';
import type { LibraryAdapter } from './adapter.ts';

interface FetchOptions {
  readonly status?: { fetch?: string };
}

interface Cache {
  readonly fetchMethod?: unknown;
  fetch(key: unknown, options?: FetchOptions): Promise<unknown>;
}

/** Values of `status.fetch` with which the call runs `fetchMethod` itself. */
const COMPUTES: ReadonlySet<string | undefined> = new Set(['miss', 'stale', 'refresh']);

/**
 * lru-cache 10 and 11: `fetch` runs `fetchMethod` for what is missing or stale, and shares what is in flight. Which of these it
 * did it says in the status it is given.
 */
export const lruCache: LibraryAdapter = {
  name: 'lru-cache',
  versions: '>=10.0.0 <12.0.0',
  since: '7.0.0',
  patch(exports) {
    const prototype = (exports['LRUCache'] as { prototype?: Cache } | undefined)?.prototype;
    if (typeof prototype?.fetch !== 'function') return null;
    const { fetch } = prototype;
    const caches = new WeakMap<Cache, PromiseCache>();
    prototype.fetch = {
      fetch(this: Cache, key: unknown, options: FetchOptions = {}): Promise<unknown> {
        if (this.fetchMethod === undefined) return fetch.call(this, key, options);
        const cache = caches.get(this) ?? new PromiseCache(placeOfUse('LRUCache', ['fetch', 'forceFetch']));
        caches.set(this, cache);
        const { status = {} } = options;
        const call = (): Promise<unknown> => fetch.call(this, key, { ...options, status });
        return cache.shared(
          key,
          cache.computed(key, call, () => COMPUTES.has(status.fetch)),
        );
      },
    }.fetch;
    return () => Object.assign(prototype, { fetch });
  },
};
