import { placeOfCreation } from '../first-use.ts';
import { standIn } from '../patches/stand-in.ts';
import { AskedKey } from '../shapes/asked-key.ts';
import { PromiseCache } from '../shapes/promise-cache.ts';
import type { LibraryAdapter } from './adapter.ts';

type Memoized = (this: unknown, ...args: unknown[]) => Promise<unknown>;

interface Options {
  readonly cacheKey?: (args: unknown[]) => unknown;
}

type Memoize = (fn: Memoized, options?: object) => Memoized;
type Clear = (memoized: Memoized) => void;

/**
 * p-memoize 7 to 9: a call that finds no promise computes one, all others share it. The key is asked for once, before the
 * call, so that it is known who computes what.
 */
export const pMemoize: LibraryAdapter = {
  name: 'p-memoize',
  versions: '>=7.0.0 <10.0.0',
  rebinds: ['default', 'pMemoizeClear'],
  patch(_exports, rebind) {
    const originals = new WeakMap<Memoized, Memoized>();
    const watchedMemoize = (memoize: Memoize): Memoize => {
      return (fn, options) => {
        const place = placeOfCreation('p-memoize');
        if (place === null || typeof fn !== 'function') return memoize(fn, options);
        const cache = new PromiseCache({ ...place, name: fn.name || place.name });
        const { cacheKey = (args: unknown[]) => args[0] }: Options = options ?? {};
        const asked = new AskedKey(cacheKey);
        const memoized = memoize(fn, { ...options, cacheKey: asked.known });
        if (typeof memoized !== 'function') return memoized;
        const watched = standIn(memoized, (self, args) => {
          const key = asked.ask(args);
          return cache.shared(
            key,
            cache.computed(key, () => Reflect.apply(memoized, self, args)),
          );
        });
        originals.set(watched, memoized);
        return watched;
      };
    };
    if (!rebind<Memoize>('default', watchedMemoize)) return null;
    rebind<Clear>('pMemoizeClear', (clear) => (memoized) => clear(originals.get(memoized) ?? memoized));
    return () => undefined;
  },
};
