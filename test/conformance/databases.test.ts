import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { type PostgresServer, postgresServer } from '../servers/postgres.ts';
import { poolOfTasks, poolSuite } from './pool-suite.ts';

const current = createRequire(import.meta.url);
const previous = createRequire(new URL('../previous-majors/package.json', import.meta.url));
const next = createRequire(new URL('../next-majors/package.json', import.meta.url));

let server: PostgresServer;

beforeAll(async () => {
  server = await postgresServer();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

interface Sql {
  begin(task: () => Promise<void>): Promise<unknown>;
  reserve(): Promise<{ release(): void }>;
  end(): Promise<void>;
}

for (const [form, load] of [
  ['CommonJS', async () => current('postgres') as unknown],
  ['an ES module', async () => ((await import('postgres')) as { default: unknown }).default],
] as const) {
  const make = async (max: number): Promise<Sql> => {
    const postgres = (await load()) as (options: object) => Sql;
    const sql = postgres({ ...server.address, max });
    return sql;
  };
  const className = /^sql(?:#\d)?:0$/;

  poolSuite({
    name: `transactions of postgres.js, ${form}`,
    className,
    tasks: true,
    make: async (max) => {
      const sql = await make(max);
      return { ...poolOfTasks((task) => sql.begin(task)), end: () => sql.end() };
    },
  });

  poolSuite({
    name: `reserved connections of postgres.js, ${form}`,
    className,
    make: async (max) => {
      const sql = await make(max);
      return {
        acquire: () => sql.reserve(),
        release: (reserved) => (reserved as { release(): void }).release(),
        end: () => sql.end(),
      };
    },
  });
}

/** As much of better-sqlite3 as kysely needs for an empty database. */
const sqlite = {
  prepare: () => ({ reader: false, all: () => [], run: () => ({ changes: 0, lastInsertRowid: 0 }) }),
  close: () => undefined,
};

type KyselyModule = typeof import('kysely');

for (const [minor, load] of [
  ['0.29', () => import(pathToFileURL(next.resolve('kysely')).href) as Promise<KyselyModule>],
  ['0.28', async () => current('kysely') as KyselyModule],
  ['0.27', async () => previous('kysely') as KyselyModule],
] as const) {
  poolSuite({
    name: `SQLite of kysely ${minor}`,
    className: /^database(?:#\d)?:0$/,
    most: 1,
    tasks: true,
    make: async () => {
      const { Kysely, SqliteDialect } = await load();
      const database = new Kysely({ dialect: new SqliteDialect({ database: sqlite as never }) });
      return poolOfTasks((task) => database.transaction().execute(task));
    },
  });
}

/** Vitest asks for the form of packages that is meant for bundlers, which Node cannot load of this one. */
function loadable(name: string): void {
  const [folder = ''] = current.resolve(name).split('/build/');
  current.cache[current.resolve(name)] = { exports: current(`${folder}/build/src/index.js`) } as NodeJS.Module;
}

interface SlonikPool {
  connect(task: () => Promise<void>): Promise<unknown>;
}

poolSuite({
  name: 'slonik',
  className: /^pool(?:#\d)?:0$/,
  tasks: true,
  make: async (maximumPoolSize) => {
    loadable('@opentelemetry/api');
    const { createPool } = current('slonik') as {
      readonly createPool: (uri: string, options: object) => Promise<SlonikPool>;
    };
    const { user, password, host, port, database } = server.address;
    const pool = await createPool(`postgres://${user}:${password}@${host}:${port}/${database}?sslmode=disable`, {
      maximumPoolSize,
      idleTimeout: 'DISABLE_TIMEOUT',
      typeParsers: [],
    });
    return poolOfTasks((task) => pool.connect(task));
  },
});
