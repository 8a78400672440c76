import * as hooks from '../../src/sync/hooks.ts';
import { placeOfCreation } from '../first-use.ts';
import { applied } from '../patches/applied.ts';
import { patchClass, restoreAll } from '../patches/class-patch.ts';
import { standIn } from '../patches/stand-in.ts';
import { watchedPool } from '../watched-pool.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';
import { TARN_VERBS } from './tarn.ts';

interface ClientPrototype {
  readonly pool?: { readonly max: number };
  initializePool(...args: unknown[]): void;
}

type Container = (this: unknown, ...args: unknown[]) => unknown;

interface TransactionPrototype {
  _onAcquire(container: Container, connection: unknown): unknown;
}

/**
 * knex 2 and 3: a pool is called what the knex instance is. What is asked of the pool is tarn's. Who has begun a transaction keeps
 * its connection until the promise that his function returns is settled, on which knex calls `then`.
 */
export const knex: LibraryAdapter = {
  name: 'knex',
  versions: '>=2.0.0 <4.0.0',
  patch(exports) {
    return restoreAll([
      ...[exports, exports['Client']].map((made) => patchClass(made, 'initializePool', patchClient)),
      patchClass(exports, '_onAcquire', patchTransaction),
    ]);
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

function patchTransaction(prototype: TransactionPrototype): () => void {
  const { _onAcquire } = prototype;
  prototype._onAcquire = {
    _onAcquire(this: TransactionPrototype, container: Container, connection: unknown): unknown {
      if (typeof container !== 'function') return _onAcquire.call(this, container, connection);
      const awaited = standIn(container, (self, args) => {
        const result = applied(container as Callable, self, args);
        hooks.restOn(result);
        return result;
      });
      return _onAcquire.call(this, awaited, connection);
    },
  }._onAcquire;
  return () => Object.assign(prototype, { _onAcquire });
}
