import { placeOfCreation } from '../first-use.ts';
import { numberOf, optionOf } from '../patches/passed-options.ts';
import { standIn } from '../patches/stand-in.ts';
import { keyOfArguments } from '../shapes/argument-key.ts';
import { AskedKey } from '../shapes/asked-key.ts';
import { PromiseCache } from '../shapes/promise-cache.ts';
import type { LibraryAdapter } from './adapter.ts';

type Func = (this: unknown, ...args: unknown[]) => unknown;
type Memoize = (fn: Func, options?: object) => Func;

/** memoizee 0.4 with `promise`: a call that finds no promise computes one, all others share it. */
export const memoizee: LibraryAdapter = {
  name: 'memoizee',
  versions: '>=0.4.0 <0.5.0',
  rebinds: ['default'],
  patch(_exports, rebind, file) {
    // Its other modules are functions as well.
    if (file !== 'index.js' && file !== '') return null;
    const watchedMemoize = (make: Memoize): Memoize =>
      standIn(make, (_self, args) => {
        const [fn, options] = args as Parameters<Memoize>;
        const isWatched = typeof fn === 'function' && Boolean(optionOf(options, 'promise'));
        const memoized = isWatched ? watched(make, fn, options as object) : null;
        return memoized ?? make(...(args as Parameters<Memoize>));
      });
    return rebind<Memoize>('default', watchedMemoize) ? () => undefined : null;
  },
};

/** @returns null for what is memoized already, and where nobody listens */
function watched(make: Memoize, fn: Func, options: object): Func | null {
  const place = Object.hasOwn(fn, '__memoized__') ? null : placeOfCreation('memoizee');
  if (place === null) return null;
  const normalizer = optionOf(options, 'normalizer');
  const asked = typeof normalizer === 'function' ? new AskedKey(normalizer as never) : null;
  const original = make(fn, asked === null ? options : { ...options, normalizer: asked.known });
  if (typeof original !== 'function') return original;
  const count = optionOf(options, 'length') === false ? Infinity : (numberOf(options, 'length') ?? fn.length);
  const cache = new PromiseCache({ ...place, name: fn.name || place.name });
  return standIn(original, (self, args) => {
    const key = asked === null ? keyOfArguments(args.slice(0, count)) : asked.ask(args);
    const result = cache.computed(key, () => Reflect.apply(original, self, args));
    return cache.shared(key, result);
  });
}
