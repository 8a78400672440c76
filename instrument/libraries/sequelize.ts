import { type NamedPlace, placeOfCreation } from '../first-use.ts';
import { patchClass, restoreAll } from '../patches/class-patch.ts';
import { watchedPool } from '../watched-pool.ts';
import type { LibraryAdapter } from './adapter.ts';
import { SEQUELIZE_VERBS } from './sequelize-pool.ts';

interface Pool {
  readonly maxSize: number;
}

interface ConnectionManager {
  /** One pool, or what delegates to one for reading and one for writing. */
  readonly pool?: Pool | { readonly read: Pool; readonly write: Pool };
  initPools(): void;
}

/** Sequelize 6: a pool is called what the Sequelize instance is. What is asked of the pool is sequelize-pool's. */
export const sequelize: LibraryAdapter = {
  name: 'sequelize',
  versions: '>=6.0.0 <7.0.0',
  // Loaded with the first dialect: a program that only imports the package has nothing to be watched.
  modules: /lib\/dialects\/abstract\/connection-manager\.js/,
  patch(exports) {
    return restoreAll(
      [exports, exports['ConnectionManager']].map((made) => patchClass(made, 'initPools', patchManager)),
    );
  },
};

function patchManager(prototype: ConnectionManager): () => void {
  const { initPools } = prototype;
  prototype.initPools = {
    initPools(this: ConnectionManager): void {
      initPools.call(this);
      const { pool } = this;
      if (pool === undefined) return;
      if ('maxSize' in pool) name(pool, placeOfCreation('sequelize'));
      else {
        name(pool.read, placeOfCreation('sequelize'), '.read');
        name(pool.write, placeOfCreation('sequelize'), '.write');
      }
    },
  }.initPools;
  return () => Object.assign(prototype, { initPools });
}

function name(pool: Pool, place: NamedPlace | null, part = ''): void {
  const named = place === null ? null : { ...place, name: `${place.name}${part}` };
  watchedPool(pool, SEQUELIZE_VERBS, pool.maxSize, () => named);
}
