import { patchClass, restoreAll } from '../class-patch.ts';
import { placeOfCreation } from '../first-use.ts';
import { watchedPool } from '../watched-pool.ts';
import type { LibraryAdapter } from './adapter.ts';
import { TARN_VERBS } from './tarn.ts';

interface ClientPrototype {
  readonly pool?: { readonly max: number };
  initializePool(...args: unknown[]): void;
}

/** knex 2 and 3: a pool is called what the knex instance is. What is asked of the pool is tarn's. */
export const knex: LibraryAdapter = {
  name: 'knex',
  versions: '>=2.0.0 <4.0.0',
  patch(exports) {
    return restoreAll([exports, exports['Client']].map((made) => patchClass(made, 'initializePool', patchClient)));
  },
};

function patchClient(prototype: ClientPrototype): () => void {
  const { initializePool } = prototype;
  const { initializePool: naming } = {
    initializePool(this: ClientPrototype, ...args: unknown[]): void {
      initializePool.apply(this, args);
      if (typeof this.pool?.max === 'number') {
        watchedPool(this.pool, TARN_VERBS, this.pool.max, () => placeOfCreation('knex'));
      }
    },
  };
  prototype.initializePool = Object.defineProperty(naming, 'length', { value: initializePool.length });
  return () => Object.assign(prototype, { initializePool });
}
