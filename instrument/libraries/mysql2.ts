import * as hooks from '../../src/sync/hooks.ts';
import { placeOfUse } from '../first-use.ts';
import { carryCallbacks } from '../patches/carried-callbacks.ts';
import { patchClass, restoreAll } from '../patches/class-patch.ts';
import { poolVerbs, refuse, type WatchedPool, watchedPool } from '../watched-pool.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

const VERBS = poolVerbs('getConnection', 'release', 'end');
const CARRYING = [
  'query',
  'execute',
  'ping',
  'beginTransaction',
  'commit',
  'rollback',
  'prepare',
  'changeUser',
] as const;

type Answer = (error: unknown, connection?: unknown) => unknown;

interface PoolPrototype {
  readonly config?: { readonly connectionLimit: number };
  getConnection(callback: Answer): unknown;
  releaseConnection(connection: unknown): unknown;
  _removeConnection(connection: unknown): void;
}

interface PooledPrototype {
  readonly _pool: PoolPrototype | null;
  release(): unknown;
  _removeFromPool(): void;
}

interface ConnectionPrototype extends Record<(typeof CARRYING)[number], Callable> {
  handlePacket(): void;
}

/** A command that a pool has made for one of its connections. */
interface Command {
  onResult?: (this: unknown, ...args: unknown[]) => unknown;
}

/** Callbacks that wait in a pool: it asks again for some of them. */
const waiting = new WeakSet<Answer>();

/**
 * mysql2 2 and 3. The promise pools ask the callback pool below them, and so does `query` of both. Each module is met by
 * itself, because `mysql2/promise` does not come through the index.
 */
export const mysql2: LibraryAdapter = {
  name: 'mysql2',
  versions: '>=2.0.0 <4.0.0',
  patch(exports) {
    const { Pool, PoolConnection, Connection } = exports;
    return restoreAll(
      [exports, Pool, PoolConnection, Connection].flatMap((made) => [
        patchClass(made, '_removeConnection', patchPool, ['getConnection', 'releaseConnection']),
        patchClass(made, '_removeFromPool', patchPooled, ['release']),
        patchClass(made, 'handlePacket', patchConnection, ['query']),
      ]),
    );
  },
};

function watched(pool: PoolPrototype): WatchedPool | null {
  // 0 is no limit: then nobody ever waits for a connection.
  const capacity = pool.config?.connectionLimit || Number.POSITIVE_INFINITY;
  return watchedPool(pool, VERBS, capacity, () => placeOfUse('Pool', ['getConnection', 'query', 'execute']));
}

/** Also the pool of mysql, from which mysql2 comes. */
export function patchPool(prototype: PoolPrototype): () => void {
  const { getConnection, releaseConnection } = prototype;
  prototype.getConnection = {
    getConnection(this: PoolPrototype, callback: Answer): unknown {
      const watch = typeof callback !== 'function' || waiting.has(callback) ? null : watched(this);
      if (watch === null) return getConnection.call(this, callback);
      const wait = watch.ask();
      const answer: Answer = (error, connection) => {
        if (connection === undefined || connection === null) refuse(wait);
        else watch.lend(wait, connection);
        return hooks.resume(wait, () => callback(error, connection));
      };
      waiting.add(answer);
      const result = getConnection.call(this, answer);
      if (wait?.pending === true) hooks.blocked(wait);
      return result;
    },
  }.getConnection;
  prototype.releaseConnection = {
    releaseConnection(this: PoolPrototype, connection: unknown): unknown {
      watched(this)?.takeBack(connection);
      return releaseConnection.call(this, connection);
    },
  }.releaseConnection;
  return () => Object.assign(prototype, { getConnection, releaseConnection });
}

/** A pool that was closed takes nothing back, but its holders are done all the same. */
export function patchPooled(prototype: PooledPrototype): () => void {
  const { release } = prototype;
  prototype.release = {
    release(this: PooledPrototype): unknown {
      if (this._pool !== null) watched(this._pool)?.takeBack(this);
      return release.call(this);
    },
  }.release;
  return () => Object.assign(prototype, { release });
}

function patchConnection(prototype: ConnectionPrototype): () => void {
  const restore = carryCallbacks(prototype, CARRYING);
  const { query } = prototype;
  prototype.query = {
    query(this: unknown, sql: Command | string, values: unknown, cb: unknown): unknown {
      if (typeof sql === 'object' && typeof sql?.onResult === 'function') sql.onResult = hooks.carry(sql.onResult);
      return Reflect.apply(query, this, [sql, values, cb]);
    },
  }.query as Callable;
  return () => {
    Object.assign(prototype, { query });
    restore();
  };
}
