import * as hooks from '../../src/sync/hooks.ts';
import { carryCallbacks } from '../patches/carried-callbacks.ts';
import { patchClass, restoreAll } from '../patches/class-patch.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';
import { patchPool, patchPooled } from './mysql2.ts';

const CARRYING = ['connect', 'query', 'ping', 'beginTransaction', 'commit', 'rollback', 'changeUser', 'end'] as const;

interface ConnectionPrototype extends Record<(typeof CARRYING)[number], Callable> {
  _implyConnect(): void;
}

/** A query that a pool has made for one of its connections. */
interface Query {
  _callback?: (this: unknown, ...args: unknown[]) => unknown;
}

/** mysql 2: callbacks only. */
export const mysql: LibraryAdapter = {
  name: 'mysql',
  versions: '>=2.11.0 <3.0.0',
  modules: /lib\/(?:Pool|PoolConnection|Connection)\.js/,
  patch(exports) {
    return restoreAll([
      patchClass(exports, '_removeConnection', patchPool, ['getConnection', 'releaseConnection']),
      patchClass(exports, '_removeFromPool', patchPooled, ['release']),
      patchClass(exports, '_implyConnect', patchConnection, ['query']),
    ]);
  },
};

function patchConnection(prototype: ConnectionPrototype): () => void {
  const restore = carryCallbacks(prototype, CARRYING);
  const { query } = prototype;
  prototype.query = {
    query(this: unknown, sql: Query | string, values: unknown, cb: unknown): unknown {
      if (typeof sql === 'object' && typeof sql?._callback === 'function') sql._callback = hooks.carry(sql._callback);
      return Reflect.apply(query, this, [sql, values, cb]);
    },
  }.query as Callable;
  return () => {
    Object.assign(prototype, { query });
    restore();
  };
}
