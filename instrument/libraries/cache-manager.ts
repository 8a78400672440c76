import { placeOfCreation } from '../first-use.ts';
import { standIn } from '../patches/stand-in.ts';
import { hasMethods } from '../shapes/has-methods.ts';
import { PromiseCache } from '../shapes/promise-cache.ts';
import type { LibraryAdapter } from './adapter.ts';

type Wrap = (key: string, compute: () => unknown, ...rest: unknown[]) => Promise<unknown>;
type CreateCache = (options?: unknown) => { wrap: Wrap };

/** cache-manager 6 and 7: `wrap` calls its function for what is missing or stale; calls for the same key share that. */
export const cacheManager: LibraryAdapter = {
  name: 'cache-manager',
  versions: '>=6.0.0 <8.0.0',
  rebinds: ['createCache'],
  patch(_exports, rebind) {
    const watchedCreation = (create: CreateCache): CreateCache => {
      return (options) => {
        const created = create(options);
        if (!hasMethods(created, ['wrap'])) return created;
        const cache = new PromiseCache(placeOfCreation('cache'));
        const { wrap } = created;
        created.wrap = standIn(wrap, (self, [key, compute, ...rest]) => {
          const call = compute as () => unknown;
          const owing = typeof call === 'function' ? () => cache.computed(key, call) : call;
          return cache.shared(key, Reflect.apply(wrap, self, [key as string, owing, ...rest]));
        });
        return created;
      };
    };
    return rebind<CreateCache>('createCache', watchedCreation) ? () => undefined : null;
  },
};
