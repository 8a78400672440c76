import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { currentInstallation, install } from '../../../../instrument/install.ts';
import { abandonTracker, withTracker } from '../../../../instrument/with-tracker.ts';
import { className } from '../../../../src/core/classes.ts';
import type { Finding } from '../../../../src/core/finding.ts';
import { Mutex } from '../../../../src/sync/user/mutex.ts';
import { type MysqlModule, type MysqlServer, mysqlServer } from '../../../servers/mysql.ts';
import { type PostgresServer, postgresServer } from '../../../servers/postgres.ts';

const current = createRequire(import.meta.url);
const previous = createRequire(new URL('../../../previous-majors/package.json', import.meta.url));
let postgres: PostgresServer;
let mysql: MysqlServer;

beforeAll(async () => {
  install();
  postgres = await postgresServer();
  mysql = await mysqlServer(current('mysql2') as MysqlModule);
});
afterEach(() => void abandonTracker());
afterAll(async () => {
  await postgres[Symbol.asyncDispose]();
  await mysql[Symbol.asyncDispose]();
  currentInstallation()?.uninstall();
});

function found(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ code, circle }) => [code, ...circle.map(({ from }) => className(from)).toSorted()].join(' '));
}

/** A client whose transaction runs a task, beside a query that takes a connection of its own. */
interface Client {
  transaction(task: () => Promise<unknown>): Promise<unknown>;
  query(): Promise<unknown>;
  end(): Promise<unknown>;
}

interface Knex {
  transaction(task: () => Promise<unknown>): Promise<unknown>;
  raw(sql: string): Promise<unknown>;
  destroy(): Promise<void>;
}

function knexOf(load: NodeJS.Require): (max: number) => Client {
  return (max) => {
    const make = load('knex') as (options: object) => Knex;
    const knex = make({ client: 'pg', connection: postgres.address, pool: { min: 0, max } });
    return {
      transaction: (task) => knex.transaction(task),
      query: async () => knex.raw('SELECT 1'),
      end: () => knex.destroy(),
    };
  };
}

interface SequelizeModule {
  readonly Sequelize: new (
    ...options: unknown[]
  ) => {
    transaction(task: () => Promise<unknown>): Promise<unknown>;
    query(sql: string): Promise<unknown>;
    close(): Promise<void>;
  };
}

function sequelize(max: number): Client {
  const { Sequelize } = current('sequelize') as SequelizeModule;
  const { host, port, user, password, database } = postgres.address;
  const db = new Sequelize(database, user, password, {
    host,
    port,
    dialect: 'postgres',
    logging: false,
    pool: { max },
  });
  return {
    transaction: (task) => db.transaction(task),
    query: () => db.query('SELECT 1'),
    end: () => db.close(),
  };
}

interface TypeormModule {
  readonly DataSource: new (
    options: object,
  ) => {
    initialize(): Promise<unknown>;
    transaction(task: () => Promise<unknown>): Promise<unknown>;
    query(sql: string): Promise<unknown>;
    destroy(): Promise<void>;
  };
}

function typeorm(load: NodeJS.Require): (max: number) => Promise<Client> {
  return async (max) => {
    const { DataSource } = load('typeorm') as TypeormModule;
    const { user, ...address } = postgres.address;
    const source = new DataSource({ type: 'postgres', username: user, ...address, poolSize: max });
    await source.initialize();
    return {
      transaction: (task) => source.transaction(task),
      query: () => source.query('SELECT 1'),
      end: () => source.destroy(),
    };
  };
}

function kysely(load: NodeJS.Require): (max: number) => Client {
  return (max) => {
    const { Kysely, PostgresDialect, sql } = load('kysely') as typeof import('kysely');
    const { Pool } = current('pg') as { Pool: new (options: object) => never };
    const db = new Kysely({ dialect: new PostgresDialect({ pool: new Pool({ ...postgres.address, max }) }) });
    return {
      transaction: (task) => db.transaction().execute(task),
      query: () => sql`SELECT 1`.execute(db),
      end: () => db.destroy(),
    };
  };
}

async function audit(client: Client): Promise<void> {
  await client.query();
}

/** The functions of this file in which the first wait of a finding is, innermost first. */
function waitIsIn([finding]: readonly Finding[]): readonly (string | null)[] {
  const { frames = [] } = finding?.circle[0]?.wait.stack ?? {};
  return frames.flatMap(({ file, functionName }) => (file?.endsWith('database-clients.test.ts') ? [functionName] : []));
}

describe.each<[string, (max: number) => Client | Promise<Client>, RegExp]>([
  ['knex 3', knexOf(current), /^knex/],
  ['knex 2', knexOf(previous), /^knex/],
  ['Sequelize 6', sequelize, /^db/],
  ['TypeORM 1', typeorm(current), /./],
  ['TypeORM 0.3', typeorm(previous), /./],
  ['kysely 0.28', kysely(current), /./],
  ['kysely 0.27', kysely(previous), /./],
])('%s', (_name, connect, name) => {
  test('a query beside the transaction it is made in is a second connection', async () => {
    const { findings, settled } = await withTracker(async () => {
      const client = await connect(2);
      await client.transaction(() => audit(client));
      await client.end();
    });
    expect(settled).toBe(true);
    expect(waitIsIn(findings)).toContain('audit');
    expect(found(findings)).toEqual([expect.stringMatching(/^DEPT001 /)]);
    expect(findings[0]?.circle[0]?.from.key.name).toMatch(name);
    expect(findings[0]?.circle[0]?.from.key.capacity).toBe(2);
  });

  test('and hangs when there is none', async () => {
    const { findings, settled } = await withTracker(
      async () => {
        const client = await connect(1);
        await client.transaction(() => audit(client));
      },
      { confirmAfterMs: 20 },
    );
    expect(settled).toBe(false);
    expect(waitIsIn(findings)).toContain('audit');
    expect(found(findings)).toEqual([expect.stringMatching(/^DEPT002 /)]);
  });

  test('and says where it is asked for, also when a connection is free', async () => {
    const { findings } = await withTracker(async () => {
      const client = await connect(3);
      await Promise.all([client.query(), client.query(), client.query()]);
      await client.transaction(() => audit(client));
      await client.end();
    });
    expect(waitIsIn(findings)).toContain('audit');
  });

  test('queries after a transaction, and transactions one after the other, are nothing', async () => {
    const { findings } = await withTracker(async () => {
      const client = await connect(1);
      await client.transaction(async () => undefined);
      await Promise.all([client.query(), client.transaction(async () => undefined), client.query()]);
      await client.end();
    });
    expect(findings).toEqual([]);
  });

  test('a query under a lock, and the lock in a transaction, can wait for each other', async () => {
    const { findings } = await withTracker(async () => {
      const client = await connect(1);
      const lock = new Mutex({ name: 'lock' });
      await lock.runExclusive(() => client.query());
      await client.transaction(() => lock.runExclusive(() => undefined));
      await client.end();
    });
    expect(found(findings)).toEqual([expect.stringMatching(/^DEPT001 .*lock:0/)]);
  });
});

describe('callbacks', () => {
  type Callback = (error: Error | null | undefined, value?: never, release?: () => void) => void;
  interface Pool {
    connect(callback: (error: Error | undefined, client: Connection, release: () => void) => void): void;
    query(sql: string, callback: Callback): void;
    end(callback: () => void): void;
  }
  interface Connection {
    query(sql: string, callback: Callback): void;
    release(): void;
  }

  test('of pg go on as the code that asked', async () => {
    const { findings } = await withTracker(
      () =>
        new Promise<void>((done) => {
          const { Pool } = current('pg') as { Pool: new (options: object) => Pool };
          const pool = new Pool({ ...postgres.address, max: 2 });
          pool.connect((_error, client, release) => {
            client.query('BEGIN', () => {
              pool.query('SELECT 1', () => {
                client.query('COMMIT', () => {
                  release();
                  pool.end(done);
                });
              });
            });
          });
        }),
    );
    expect(found(findings)).toEqual(['DEPT001 pool:0']);
  });

  interface MysqlPool {
    getConnection(callback: (error: Error | null, connection: Connection) => void): void;
    query(sql: string, callback: Callback): void;
    end(callback: () => void): void;
  }

  test.each([
    ['mysql2', '3', current],
    ['mysql2', '2', previous],
    ['mysql', '2', current],
    ['mariadb/callback', '3.5', current],
    ['mariadb/callback', '3.2', previous],
  ] as const)('of %s %s go on as the code that asked', async (name, _major, load) => {
    const { findings } = await withTracker(
      () =>
        new Promise<void>((done) => {
          const { createPool } = load(name) as { readonly createPool: (options: object) => MysqlPool };
          const pool = createPool({ ...mysql.address, connectionLimit: 2 });
          pool.getConnection((_error, connection) => {
            connection.query('START TRANSACTION', () => {
              pool.query('INSERT INTO log VALUES (1)', () => {
                connection.query('COMMIT', () => {
                  connection.release();
                  pool.end(done);
                });
              });
            });
          });
        }),
    );
    expect(found(findings)).toEqual(['DEPT001 pool:0']);
  });
});
