import { placeOfUse } from '../first-use.ts';
import { applied } from '../patches/applied.ts';
import { patchClass } from '../patches/class-patch.ts';
import { replaced } from '../patches/replaced.ts';
import { standIn } from '../patches/stand-in.ts';
import { instanceNotes } from '../shapes/instance-notes.ts';
import { PromiseCache } from '../shapes/promise-cache.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

interface Cacheable {
  getOrSet(key: unknown, compute: Callable, ...options: unknown[]): Promise<unknown>;
}

/** cacheable 1.10 and 2: `getOrSet` calls its function for what is missing; calls for the same key share that. */
export const cacheable: LibraryAdapter = {
  name: 'cacheable',
  versions: '>=1.10.0 <3.0.0',
  patch: (exports) =>
    patchClass<Cacheable>(exports['Cacheable'], 'getOrSet', (prototype) => {
      const caches = instanceNotes<PromiseCache>();
      return replaced(prototype, 'getOrSet', (getOrSet) =>
        standIn(getOrSet, (self, args) => {
          const place = caches.of(self as object) === null ? placeOfUse('cacheable', ['getOrSet']) : null;
          if (place !== null) caches.set(self as object, new PromiseCache(place));
          const cache = caches.of(self as object);
          const [asked, compute, ...options] = args;
          if (cache === null || typeof compute !== 'function') return applied(getOrSet as Callable, self, args);
          let key = asked;
          // It is asked for the key before anything else.
          const keyOf = (...about: unknown[]): unknown => {
            key = undefined;
            key = applied(asked as Callable, undefined, about);
            return key;
          };
          const owing = (): unknown => cache.computed(key, compute as () => unknown);
          const asking = typeof asked === 'function' ? keyOf : asked;
          const result = applied(getOrSet as Callable, self, [asking, owing, ...options]);
          return cache.shared(key, result);
        }),
      );
    }),
};
