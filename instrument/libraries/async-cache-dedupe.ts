import { isObject } from '../../src/core/thenable.ts';
import { placeOfCreation } from '../first-use.ts';
import { applied } from '../patches/applied.ts';
import { patchClass } from '../patches/class-patch.ts';
import { replaced } from '../patches/replaced.ts';
import { standIn } from '../patches/stand-in.ts';
import { hasMethods } from '../shapes/has-methods.ts';
import { PromiseCache } from '../shapes/promise-cache.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

/** Each function that it is given becomes a method of its own. */
interface Cache {
  define(name: string, ...rest: unknown[]): unknown;
}

/** What a cache keeps of such a function. */
interface Wrapper {
  getKey(args: unknown): string;
}

/** async-cache-dedupe 1 to 3: a call whose key nobody computes now begins to, all others share its promise. */
export const asyncCacheDedupe: LibraryAdapter = {
  name: 'async-cache-dedupe',
  versions: '>=1.0.0 <4.0.0',
  patch: (exports) =>
    patchClass<Cache>(exports['Cache'], 'define', (prototype) =>
      replaced(prototype, 'define', (define) =>
        standIn(define, (self, args) => {
          const result = applied(define as Callable, self, args);
          watch(self as Cache, args[0] as string);
          return result;
        }),
      ),
    ),
};

function watch(cache: Cache, name: string): void {
  const methods = cache as unknown as Record<string, unknown>;
  const get = methods[name];
  const wrapper = wrapperIn(cache, name);
  const place = wrapper === null ? null : placeOfCreation(name);
  if (wrapper === null || place === null || typeof get !== 'function') return;
  const values = new PromiseCache({ ...place, name });
  const { getKey } = wrapper;
  methods[name] = standIn(get, (self, args) => {
    const call = (asked: () => string): unknown => {
      // The program's function has made the key already. It makes other keys while this one is computed.
      wrapper.getKey = () => {
        delete (wrapper as Partial<Wrapper>).getKey;
        return asked();
      };
      return applied(get as Callable, self, args);
    };
    let key: string;
    try {
      key = getKey.call(wrapper, args[0]);
    } catch (error) {
      return call(() => {
        throw error;
      });
    }
    return values.shared(
      key,
      values.computed(key, () => call(() => key)),
    );
  });
}

function wrapperIn(cache: Cache, name: string): Wrapper | null {
  for (const symbol of Object.getOwnPropertySymbols(cache)) {
    const kept: unknown = Reflect.get(cache, symbol);
    const wrapper: unknown = isObject(kept) ? (kept as Record<string, unknown>)[name] : null;
    if (hasMethods(wrapper, ['add', 'getKey'])) return wrapper as Wrapper;
  }
  return null;
}
