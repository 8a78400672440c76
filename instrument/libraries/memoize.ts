import { placeOfCreation } from '../first-use.ts';
import { optionOf } from '../patches/passed-options.ts';
import { standIn } from '../patches/stand-in.ts';
import { AskedKey } from '../shapes/asked-key.ts';
import { PromiseCache } from '../shapes/promise-cache.ts';
import type { LibraryAdapter, Rebind } from './adapter.ts';

type Func = (this: unknown, ...args: unknown[]) => unknown;
type CacheKey = (args: unknown[]) => unknown;
type Memoize = (fn: Func, options?: object) => Func;
/** What looks up the cache of a memoized function. */
type LookUp = (memoized: Func, ...args: unknown[]) => unknown;

const LOOK_UPS = ['memoizeClear', 'memoizeIsCached', 'memClear'];
const REBINDS = ['default', ...LOOK_UPS];

/** What the packages know each memoized function as: they look up their caches by that. */
const originals = new WeakMap<Func, Func>();

/** memoize 10 and 11: what a function gives is kept. Where that is a promise, all who ask share it. */
export const memoize: LibraryAdapter = {
  name: 'memoize',
  versions: '>=10.0.0 <12.0.0',
  rebinds: REBINDS,
  patch: (_exports, rebind) => patch(rebind, 'memoize'),
};

/** mem 9 and 10, as memoize was called. */
export const mem: LibraryAdapter = {
  name: 'mem',
  versions: '>=9.0.0 <11.0.0',
  rebinds: REBINDS,
  patch: (_exports, rebind) => patch(rebind, 'mem'),
};

function patch(rebind: Rebind, name: string): (() => void) | null {
  const watchedMemoize = (make: Memoize): Memoize =>
    standIn(make, (_self, args) => {
      const [fn, options] = args as [Func, object | undefined];
      const watched = typeof fn === 'function' ? memoized(make, fn, options, name) : null;
      if (watched === null) return make(...(args as Parameters<Memoize>));
      if (watched.memoized !== watched.original) originals.set(watched.memoized, watched.original);
      return watched.memoized;
    });
  if (!rebind<Memoize>('default', watchedMemoize)) return null;
  for (const lookUp of LOOK_UPS) {
    rebind<LookUp>(lookUp, (original) =>
      standIn(original, (_self, [of, ...args]) => original(originals.get(of as Func) ?? (of as Func), ...args)),
    );
  }
  return () => undefined;
}

/** @returns null where the function is not kept in the usual way, or nobody listens */
function memoized(make: Memoize, fn: Func, options: object | undefined, name: string) {
  const cacheKey = optionOf(options, 'cacheKey') as CacheKey | undefined;
  const place = cacheKey === undefined || typeof cacheKey === 'function' ? placeOfCreation(name) : null;
  if (place === null) return null;
  const asked = cacheKey === undefined ? null : new AskedKey(cacheKey);
  const original = make(fn, asked === null ? options : { ...options, cacheKey: asked.known });
  // What is kept for no time is not kept.
  if (original === fn || typeof original !== 'function') return { memoized: original, original };
  const cache = new PromiseCache({ ...place, name: fn.name || place.name });
  /** Most functions give no promises. */
  let isPlain = false;
  const call = standIn(original, (self, args) => {
    if (isPlain) return Reflect.apply(original, self, args);
    const key = asked === null ? args[0] : asked.ask(args);
    const result = cache.computed(key, () => Reflect.apply(original, self, args));
    isPlain = !(result instanceof Promise);
    return cache.shared(key, result);
  });
  return { memoized: call, original };
}
