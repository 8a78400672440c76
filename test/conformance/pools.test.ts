import { createRequire } from 'node:module';
import { afterAll, beforeAll } from 'vitest';
import { type MysqlModule, type MysqlServer, mysqlServer } from '../servers/mysql.ts';
import { type PostgresServer, postgresServer } from '../servers/postgres.ts';
import { type PoolUnderTest, poolSuite } from './pool-suite.ts';

const current = createRequire(import.meta.url);
const previous = createRequire(new URL('../previous-majors/package.json', import.meta.url));

let postgres: PostgresServer;
let mysql: MysqlServer;

beforeAll(async () => {
  postgres = await postgresServer();
  mysql = await mysqlServer(current('mysql2') as MysqlModule);
});
afterAll(async () => {
  await postgres[Symbol.asyncDispose]();
  await mysql[Symbol.asyncDispose]();
});

const ignore = (): void => undefined;

interface Emitter {
  on(event: string, listener: (emitter: Emitter) => void): unknown;
}

/** Connections that a test has left open die with their server. */
function survivesItsServer<E extends Emitter>(pool: E): E {
  pool.on('error', ignore);
  pool.on('connect', (client) => client.on('error', ignore));
  pool.on('connection', (connection) => connection.on('error', ignore));
  return pool;
}

interface PgClient {
  release(): void;
}

interface PgPool extends Emitter {
  connect(): Promise<PgClient>;
  connect(answer: (error: Error | null, client: PgClient, release: () => void) => void): void;
  end(): Promise<void>;
  end(done: () => void): void;
}

function pgPool(max: number): PgPool {
  const { Pool } = current('pg') as { Pool: new (options: object) => PgPool };
  return survivesItsServer(new Pool({ ...postgres.address, max }));
}

poolSuite({
  name: 'pg-pool',
  className: /^pool(?:#\d)?:0$/,
  make: (max) => {
    const pool = pgPool(max);
    return {
      acquire: () => pool.connect(),
      release: (client) => (client as PgClient).release(),
      end: () => pool.end(),
    };
  },
});

poolSuite({
  name: 'pg-pool with callbacks',
  promises: false,
  className: /^pool(?:#\d)?:0$/,
  make: (max) => {
    const pool = pgPool(max);
    return {
      acquire: () =>
        new Promise<() => void>((done, fail) => {
          pool.connect((error, _client, release) =>
            error === null || error === undefined ? done(release) : fail(error),
          );
        }),
      release: (release) => (release as () => void)(),
      end: () => new Promise<void>((done) => pool.end(done)),
    };
  },
});

interface MysqlConnection {
  release(): void;
}

interface MysqlPool extends Emitter {
  getConnection(answer: (error: Error | null, connection: MysqlConnection) => void): void;
  promise(): { getConnection(): Promise<MysqlConnection> };
}

for (const [name, major, load] of [
  ['mysql2', '3', current],
  ['mysql2', '2', previous],
  ['mysql', '2', current],
] as const) {
  const make = (max: number): MysqlPool => {
    const { createPool } = load(name) as { readonly createPool: (options: object) => MysqlPool };
    return survivesItsServer(createPool({ ...mysql.address, connectionLimit: max }));
  };
  const release = (connection: unknown): void => (connection as MysqlConnection).release();

  if (name === 'mysql2') {
    poolSuite({
      name: `mysql2 ${major}`,
      // Its promises are made of callbacks.
      promises: false,
      className: /^promises(?:#\d)?:0$/,
      make: (max) => {
        const promises = make(max).promise();
        return { acquire: () => promises.getConnection(), release };
      },
    });
  }

  poolSuite({
    name: `${name} ${major} with callbacks`,
    promises: false,
    className: /^pool(?:#\d)?:0$/,
    make: (max) => {
      const pool = make(max);
      return {
        acquire: () =>
          new Promise((done, fail) => {
            pool.getConnection((error, connection) => (error === null ? done(connection) : fail(error)));
          }),
        release,
      };
    },
  });
}

interface MariadbPool {
  getConnection(answer: (error: Error | null, connection: MysqlConnection) => void): void;
}

interface MariadbPromisePool {
  getConnection(): Promise<{ release(): Promise<void> }>;
}

for (const [major, load] of [
  ['3.5', current],
  ['3.2', previous],
] as const) {
  poolSuite({
    name: `mariadb ${major}`,
    className: /^pool(?:#\d)?:0$/,
    make: (max) => {
      const { createPool } = load('mariadb') as { readonly createPool: (options: object) => MariadbPromisePool };
      const pool = createPool({ ...mysql.address, connectionLimit: max });
      return {
        acquire: () => pool.getConnection(),
        release: (connection) => (connection as { release(): Promise<void> }).release(),
      };
    },
  });

  poolSuite({
    name: `mariadb ${major} with callbacks`,
    promises: false,
    className: /^pool(?:#\d)?:0$/,
    make: (max) => {
      const { createPool } = load('mariadb/callback') as { readonly createPool: (options: object) => MariadbPool };
      const pool = createPool({ ...mysql.address, connectionLimit: max });
      return {
        acquire: () =>
          new Promise((done, fail) => {
            pool.getConnection((error, connection) => (error === null ? done(connection) : fail(error)));
          }),
        release: (connection) => (connection as MysqlConnection).release(),
      };
    },
  });
}

const factory = { create: async () => ({}), destroy: async () => undefined };

poolSuite({
  name: 'generic-pool',
  className: /^pool(?:#\d)?:0$/,
  make: (max) => {
    const { createPool } = current('generic-pool') as typeof import('generic-pool');
    const pool = createPool(factory, { max });
    return {
      acquire: () => pool.acquire(),
      release: (resource) => pool.release(resource as object),
      end: () => pool.drain(),
    };
  },
});

/** What tarn and sequelize-pool have in common. */
interface ResourcePool {
  acquire(): Promise<object> & { readonly promise?: Promise<object> };
  release(resource: object): void;
  /** tarn's. */
  destroy(): Promise<unknown>;
  /** sequelize-pool's. */
  drain?: () => Promise<unknown>;
}

for (const [name, module, load] of [
  ['tarn 3', 'tarn', current],
  ['tarn 2', 'tarn', previous],
  ['sequelize-pool 8', 'sequelize-pool', current],
  ['sequelize-pool 7', 'sequelize-pool', previous],
] as const) {
  poolSuite({
    name,
    className: /^pool(?:#\d)?:0$/,
    make: (max): PoolUnderTest => {
      const { Pool } = load(module) as { Pool: new (options: object) => ResourcePool };
      const pool = new Pool({ ...factory, validate: () => true, min: 0, max });
      return {
        acquire: () => {
          const pending = pool.acquire();
          return pending.promise ?? pending;
        },
        release: (resource) => pool.release(resource as object),
        end: () => pool.drain?.() ?? pool.destroy(),
      };
    },
  });
}

interface File {
  close(): void;
}

const lightning = async (max: number): Promise<import('lightning-pool').Pool<File>> => {
  const { Pool } = await import('lightning-pool');
  return new Pool<File>({ create: async () => ({ close: () => undefined }), destroy: (file) => file.close() }, { max });
};

poolSuite({
  name: 'lightning-pool',
  className: /^pool(?:#\d)?:0$/,
  make: async (max) => {
    const pool = await lightning(max);
    return {
      acquire: () => pool.acquire(),
      release: (file) => pool.release(file as File),
      end: async () => pool.close(),
    };
  },
});

poolSuite({
  name: 'lightning-pool with callbacks',
  promises: false,
  className: /^pool(?:#\d)?:0$/,
  make: async (max) => {
    const pool = await lightning(max);
    return {
      acquire: () =>
        new Promise<File>((done, fail) => {
          pool.acquire((error, file) => (file === undefined ? fail(error as Error) : done(file)));
        }),
      release: (file) => pool.destroyAsync(file as File),
      end: () => pool.closeAsync(),
    };
  },
});
