import { placeOfCreation } from '../first-use.ts';
import { applied } from '../patches/applied.ts';
import { replaced } from '../patches/replaced.ts';
import { standIn } from '../patches/stand-in.ts';
import { hasMethods } from '../shapes/has-methods.ts';
import { PromiseCache } from '../shapes/promise-cache.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

interface Debounce {
  promise(fn: Callable, ...options: unknown[]): Callable;
}

/**
 * p-debounce 4 and 5: `pDebounce.promise` gives all who call while the function runs what that run will give, or what a run after it
 * will. What waits for time to pass waits for nobody.
 */
export const pDebounce: LibraryAdapter = {
  name: 'p-debounce',
  versions: '>=4.0.0 <6.0.0',
  patch: ({ default: debounce }) =>
    hasMethods(debounce, ['promise'])
      ? replaced(debounce as Debounce, 'promise', (make) =>
          standIn(make, (self, args) => {
            const [fn, ...options] = args;
            return watched(fn, (given) => applied(make as Callable, self, [given, ...options]));
          }),
        )
      : null,
};

function watched(fn: unknown, make: (fn: unknown) => unknown): unknown {
  const place = typeof fn === 'function' ? placeOfCreation('p-debounce') : null;
  if (place === null) return make(fn);
  const cache = new PromiseCache(place);
  let runs = false;
  const run = function run(this: unknown, ...args: never[]): unknown {
    runs = true;
    return Reflect.apply(fn as Callable, this, args);
  };
  const debounced = make(run);
  if (typeof debounced !== 'function') return debounced;
  return standIn(debounced, (self, args) => {
    runs = false;
    const call = (): unknown => applied(debounced as Callable, self, args);
    return cache.shared(
      undefined,
      cache.computed(undefined, call, () => runs),
    );
  });
}
