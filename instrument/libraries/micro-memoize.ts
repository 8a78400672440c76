import { isObject } from '../../src/core/thenable.ts';
import { placeOfCreation } from '../first-use.ts';
import { standIn } from '../patches/stand-in.ts';
import { keyOfArguments } from '../shapes/argument-key.ts';
import { type Func, KeptPromises } from '../shapes/kept-promises.ts';
import type { LibraryAdapter } from './adapter.ts';

interface Memoized extends Func {
  fn: Func;
  readonly isMemoized: boolean;
  readonly cache: AsyncCache & AsyncCache4;
}

/** With `async` the cache keeps what `then` makes of a promise. */
interface AsyncCache {
  w?(node: { readonly v: unknown }): unknown;
}

/** The same in 4, for the first of its values. */
interface AsyncCache4 {
  readonly values?: readonly unknown[];
  updateAsyncCache?(memoized: Memoized): unknown;
}

type Memoize = (fn: Func | Memoized, ...options: unknown[]) => Memoized;

/** micro-memoize 4 and 5, also below moize: what a function gives is kept. Where that is a promise, all who ask share it. */
export const microMemoize: LibraryAdapter = {
  name: 'micro-memoize',
  versions: '>=4.0.0 <6.0.0',
  rebinds: ['default', 'memoize'],
  patch(exports, rebind) {
    const watched = (make: Memoize): Memoize =>
      standIn(make, (self, args) => {
        const [given, ...options] = args;
        if (typeof given !== 'function') return Reflect.apply(make, self, args as Parameters<Memoize>);
        return memoized(given as Func, (fn) => Reflect.apply(make, self, [fn, ...options]));
      });
    return rebind<Memoize>('memoize' in exports ? 'memoize' : 'default', watched) ? () => undefined : null;
  },
};

function memoized(given: Func | Memoized, make: (fn: Func | Memoized) => Memoized): Memoized {
  const again = isMemoized(given) ? given : null;
  const fn = again?.fn ?? given;
  const place = placeOfCreation('memoize');
  if (place === null) return make(given);
  const kept = new KeptPromises(fn, place, keyOfArguments);
  const made = again === null ? make(kept.calling) : memoizedAgain(again, kept.calling, make);
  if (!isObject(made) || !isObject(made.cache)) return made;
  // It is there for the program to read; what is called is another variable.
  made.fn = fn;
  watchKept(made.cache, kept);
  return made;
}

function isMemoized(fn: Func | Memoized): fn is Memoized {
  return 'isMemoized' in fn && fn.isMemoized && typeof fn.fn === 'function';
}

/** The package takes the function out of what it has made of it. */
function memoizedAgain(again: Memoized, calling: Func, make: (fn: Memoized) => Memoized): Memoized {
  const { fn } = again;
  again.fn = calling;
  try {
    return make(again);
  } finally {
    again.fn = fn;
  }
}

function watchKept(cache: AsyncCache & AsyncCache4, kept: KeptPromises): void {
  const { w: keep, updateAsyncCache } = cache;
  if (typeof keep === 'function') {
    own(cache, 'w', keep, (node: { readonly v: unknown }) => {
      const other = keep.call(cache, node);
      kept.keptAs(other, node.v);
      return other;
    });
  }
  if (typeof updateAsyncCache === 'function') {
    own(cache, 'updateAsyncCache', updateAsyncCache, (memoized: Memoized) => {
      const result = cache.values?.[0];
      const value = updateAsyncCache.call(cache, memoized);
      kept.keptAs(cache.values?.[0], result);
      return value;
    });
  }
}

function own(cache: object, name: string, original: object, value: (first: never) => unknown): void {
  const watched = standIn(original, (_self, [first]) => value(first as never));
  Object.defineProperty(cache, name, { value: watched, writable: true, configurable: true, enumerable: false });
}
