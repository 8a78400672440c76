import { placeOfCreation } from '../first-use.ts';
import { type Func, KeptPromises } from '../shapes/kept-promises.ts';
import type { LibraryAdapter, Rebind } from './adapter.ts';

type Memoize = (fn: Func, resolver?: Func | null) => Func;

/** lodash 4: `memoize` keeps what a function gives. Where that is a promise, all who ask share it. */
export const lodash: LibraryAdapter = {
  name: 'lodash',
  versions: '>=4.0.0 <5.0.0',
  rebinds: ['memoize', 'default'],
  modules: /(?:lodash(?:\.min)?|memoize)\.js/,
  patch: (exports, rebind) => patch(rebind, 'memoize' in exports ? 'memoize' : 'default'),
};

export const lodashEs: LibraryAdapter = {
  name: 'lodash-es',
  versions: '>=4.0.0 <5.0.0',
  rebinds: ['default'],
  modules: /memoize\.js/,
  patch: (_exports, rebind) => patch(rebind, 'default'),
};

export const lodashMemoize: LibraryAdapter = {
  name: 'lodash.memoize',
  versions: '>=4.0.0 <5.0.0',
  rebinds: ['default'],
  patch: (_exports, rebind) => patch(rebind, 'default'),
};

function patch(rebind: Rebind, name: string): (() => void) | null {
  // A program may set the `Cache` of the function, which only the function itself looks at.
  const watched = (make: Memoize): Memoize =>
    new Proxy(make, { apply: (_make, self, args) => Reflect.apply(make, self, watchedArguments(args)) });
  return rebind<Memoize>(name, watched) ? () => undefined : null;
}

function watchedArguments(args: unknown[]): [Func, Func?] {
  const [fn, resolver, ...rest] = args;
  const isKeyed = resolver !== undefined && resolver !== null;
  const isRefused = typeof fn !== 'function' || (isKeyed && typeof resolver !== 'function');
  const place = isRefused ? null : placeOfCreation('memoize');
  if (place === null) return args as [Func, Func?];
  if (!isKeyed) return [new KeptPromises(fn as Func, place, ([first]) => first).calling];
  // The resolver is asked right before the function is called.
  let key: unknown;
  const resolving: Func = function resolving(...given) {
    key = Reflect.apply(resolver as Func, this, given);
    return key;
  };
  return [new KeptPromises(fn as Func, place, () => key).calling, resolving, ...rest] as [Func, Func];
}
