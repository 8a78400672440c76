import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { currentInstallation, install } from '../../../../instrument/install.ts';
import { withTracker } from '../../../../instrument/with-tracker.ts';
import { className } from '../../../../src/core/classes.ts';
import type { Finding } from '../../../../src/core/finding.ts';
import { type PostgresServer, postgresServer } from '../../../servers/postgres.ts';

const require = createRequire(import.meta.url);
let server: PostgresServer;

beforeAll(async () => {
  install();
  server = await postgresServer();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  currentInstallation()?.uninstall();
});

function found(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ code, circle }) => [code, ...circle.map(({ from }) => className(from))].join(' '));
}

describe('postgres.js', () => {
  interface Sql {
    (strings: TemplateStringsArray): Promise<readonly object[]>;
    begin<T>(task: (sql: Sql) => Promise<T>): Promise<T>;
    end(): Promise<void>;
  }
  const connect = (max: number): Sql => {
    const sql = (require('postgres') as (options: object) => Sql)({ ...server.address, max });
    return sql;
  };

  test('a query beside the transaction it is made in waits for a connection of its own', async () => {
    const { findings, value } = await withTracker(async () => {
      const sql = connect(2);
      const rows = await sql.begin(async () => [...(await sql`SELECT 1`)]);
      await sql.end();
      return rows;
    });
    expect(value).toEqual([{ v: '1' }]);
    expect(found(findings)).toEqual(['DEPT001 sql:0']);
    // Where the query was made, though it is postgres.js that asks for the connection later.
    expect(findings[0]?.circle[0]?.wait.stack?.frames[0]?.file).toMatch(/inner-connections\.test\.ts$/);
  });

  test('the error of a query ends with the line of the program that made it', async () => {
    const { value } = await withTracker(async () => {
      const sql = (require('postgres') as (options: object) => Sql)({ host: '127.0.0.1', port: 1, max: 1 });
      const refused = async (): Promise<string> => sql`SELECT 1`.then(String, ({ stack }: Error) => String(stack));
      const stacks = [await refused(), await refused()];
      await sql.end();
      return stacks;
    });
    for (const stack of value ?? []) {
      expect(stack).toContain('ECONNREFUSED');
      expect(stack.split('\n').at(-1)).toMatch(/ refused .*inner-connections\.test\.ts:\d+:\d+\)$/);
    }
    expect(value).toHaveLength(2);
  });

  test('and hangs when there is none', async () => {
    const { findings, settled } = await withTracker(
      async () => {
        const sql = connect(1);
        await sql.begin(async () => sql`SELECT 1`);
      },
      { confirmAfterMs: 20 },
    );
    expect(settled).toBe(false);
    expect(found(findings)).toEqual(['DEPT002 sql:0']);
  });

  test('a query of the transaction is nothing', async () => {
    const { findings } = await withTracker(async () => {
      const sql = connect(1);
      await Promise.all([sql.begin(async (tx) => tx`SELECT 1`), sql`SELECT 2`, sql.begin(async (tx) => tx`SELECT 3`)]);
      await sql.end();
    });
    expect(findings).toEqual([]);
  });
});

describe('PGlite', () => {
  interface Database {
    readonly waitReady: Promise<void>;
    query(sql: string): Promise<{ readonly rows: readonly object[] }>;
    transaction<T>(task: (tx: Database) => Promise<T>): Promise<T>;
  }
  let database: Database;
  beforeAll(async () => {
    const { PGlite } = require('@electric-sql/pglite') as { PGlite: new () => Database };
    database = new PGlite();
    await database.waitReady;
    // A whole database is compiled.
  }, 180_000);

  test('queries of a transaction, and queries after it, are nothing', async () => {
    const { findings, value } = await withTracker(async () => {
      const between = database.query('SELECT 1 AS v').then(({ rows }) => rows);
      const count = (tx: Database): Promise<unknown> => tx.query('SELECT 1 AS v').then(({ rows }) => rows);
      return Promise.all([database.transaction(count), between, database.transaction(count)]);
    });
    expect(value).toEqual([[{ v: 1 }], [{ v: 1 }], [{ v: 1 }]]);
    expect(findings).toEqual([]);
  });

  test('a query of the database in a transaction waits for its end', async () => {
    const { findings, settled } = await withTracker(
      async () => {
        await database.transaction(async () => database.query('SELECT 1'));
      },
      { confirmAfterMs: 20 },
    );
    expect(settled).toBe(false);
    // Named by whatever was first seen to use it.
    expect(found(findings)).toEqual([expect.stringMatching(/^DEPT002 (?:database|tx) \(transaction\):0$/)]);
  });
});
