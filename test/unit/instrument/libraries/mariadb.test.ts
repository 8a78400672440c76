import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MysqlModule, type MysqlServer, mysqlServer } from '../../../servers/mysql.ts';
import { LibraryStage, latest } from './library-stage.ts';

let server: MysqlServer;

beforeAll(async () => {
  server = await mysqlServer(latest('mysql2') as MysqlModule);
});
afterAll(() => server[Symbol.asyncDispose]());

interface Pool {
  getConnection(): Promise<{ release(): Promise<void>; destroy(): void }>;
  query(sql: string): Promise<unknown>;
  end(): Promise<void>;
}

interface CallbackPool {
  getConnection(callback: (error: Error | null, connection: { end(): void }) => void): void;
  query(sql: string, callback?: (error: Error | null) => void): void;
  end(callback: () => void): void;
}

interface Module<P> {
  readonly createPool: (options: object | string) => P;
  readonly default: Pick<Module<P>, 'createPool'>;
}

const promises = (): Module<Pool> => latest('mariadb') as Module<Pool>;
const callbacks = (): Module<CallbackPool> => latest('mariadb/callback') as Module<CallbackPool>;

/** A transaction with a query beside it, which takes a connection of its own. */
async function nested(pool: Pool): Promise<void> {
  const connection = await pool.getConnection();
  await pool.query('INSERT');
  await connection.release();
}

describe('a query of the pool under one of its connections', () => {
  test('is a circle', async () => {
    using stage = new LibraryStage();
    const pool = promises().createPool({ ...server.address, connectionLimit: 2 });
    await nested(pool);
    await pool.end();
    expect(await stage.found()).toEqual(['DEPT001 error pool']);
    expect(stage.open).toEqual([]);
  });

  test('is a warning where the program has set a time limit, also in a connection string', async () => {
    using stage = new LibraryStage();
    const { host, port, user } = server.address;
    const objects = promises().createPool({ ...server.address, connectionLimit: 2, acquireTimeout: 5000 });
    const string = promises().createPool(`mariadb://${user}@${host}:${port}/db?connectionLimit=2&acquireTimeout=5000`);
    await nested(objects);
    await nested(string);
    await Promise.all([objects.end(), string.end()]);
    expect(await stage.found()).toEqual(['DEPT001 warning objects', 'DEPT001 warning string']);
  });

  test('is one through the default export of the ES module', async () => {
    using stage = new LibraryStage();
    const { default: mariadb } = (await import('mariadb' as string)) as Module<Pool>;
    const pool = mariadb.createPool({ ...server.address, connectionLimit: 2 });
    await nested(pool);
    await pool.end();
    expect(await stage.found()).toEqual(['DEPT001 error pool']);
  });

  test('is none when the connection was destroyed before', async () => {
    using stage = new LibraryStage();
    const pool = promises().createPool({ ...server.address, connectionLimit: 2 });
    (await pool.getConnection()).destroy();
    await pool.query('INSERT');
    await pool.end();
    expect(await stage.found()).toEqual([]);
  });
});

test('a request that the pool has no time for gives up, and nobody waits any more', async () => {
  using stage = new LibraryStage();
  const pool = promises().createPool({ ...server.address, connectionLimit: 1, acquireTimeout: 300 });
  const connection = await pool.getConnection();
  await expect((async () => pool.query('INSERT'))()).rejects.toMatchObject({ code: 'ER_GET_CONNECTION_TIMEOUT' });
  await expect((async () => pool.getConnection())()).rejects.toMatchObject({ code: 'ER_GET_CONNECTION_TIMEOUT' });
  expect(stage.open).toEqual([]);
  await connection.release();
  await pool.end();
  await expect(pool.getConnection()).rejects.toMatchObject({ code: 'ER_POOL_ALREADY_CLOSED' });
  expect(stage.open).toEqual([]);
});

test('with callbacks: whoever gives none waits for nothing, and whoever does not give one to getConnection is told so', async () => {
  using stage = new LibraryStage();
  const pool = callbacks().createPool({ ...server.address, connectionLimit: 2 });
  expect(() => (pool.getConnection as () => void)()).toThrow('missing mandatory callback');
  await new Promise<void>((done) => {
    pool.getConnection((_error, connection) => {
      pool.query('INSERT');
      connection.end();
      pool.query('INSERT', () => pool.end(done));
    });
  });
  expect(await stage.found()).toEqual([]);
  expect(stage.open).toEqual([]);
});

test('what makes pools is as it was when nobody watches any more', () => {
  const makers = (): unknown[] => [promises().createPool, promises().default.createPool, callbacks().createPool];
  const before = makers();
  {
    using _stage = new LibraryStage();
    expect(makers().some((maker) => before.includes(maker))).toBe(false);
  }
  expect(makers()).toEqual(before);
});
