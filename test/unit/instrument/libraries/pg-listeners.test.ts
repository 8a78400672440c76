import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { currentInstallation, install } from '../../../../instrument/install.ts';
import { abandonTracker, withTracker } from '../../../../instrument/with-tracker.ts';
import type { Finding } from '../../../../src/core/finding.ts';
import { type PostgresServer, postgresServer } from '../../../servers/postgres.ts';

interface Pool {
  connect(): Promise<{ query(query: Query): Promise<unknown>; release(): void }>;
  query(query: Query): Promise<unknown>;
  end(): Promise<void>;
}
type Query = string | { readonly text: string };

const { Pool } = createRequire(import.meta.url)('pg') as { Pool: new (options: object) => Pool };
let server: PostgresServer;

beforeAll(async () => {
  install();
  server = await postgresServer();
});
afterEach(() => void abandonTracker());
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  currentInstallation()?.uninstall();
});

function codes(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ code }) => code);
}

/** A service that listens with a client of its pool, uses the pool beside it, and gives the client back at its end. */
async function service(max: number, query: Query, run: (pool: Pool) => Promise<unknown>) {
  const pool = new Pool({ ...server.address, max });
  const listener = await pool.connect();
  await listener.query(query);
  await run(pool);
  listener.release();
  await pool.end();
}

const once = (pool: Pool): Promise<unknown> => pool.query('SELECT 1');

describe('a client of pg that listens', () => {
  test.each([
    ['as text', 'LISTEN jobs'],
    ['in small letters', '\n  listen "Jobs"'],
    ['as an object', { text: 'LISTEN jobs' }],
  ])('is out of the pool, asked %s', async (_how, query) => {
    const { findings } = await withTracker(() => service(2, query, once));
    expect(codes(findings)).toEqual([]);
  });

  test('leaves the rest of the pool to deadlock as ever', async () => {
    const nested = async (pool: Pool): Promise<void> => {
      const client = await pool.connect();
      await once(pool);
      client.release();
    };
    const { findings } = await withTracker(() => service(3, 'LISTEN jobs', nested));
    expect(codes(findings)).toEqual(['DEPT001']);
  });

  test('that is all the pool has is missed by whoever asks for another one', async () => {
    const { findings } = await withTracker(() => service(1, 'LISTEN jobs', once));
    expect(codes(findings)).toContain('DEPT002');
  });

  test('listens for nobody else when the word is somewhere in its query', async () => {
    const { findings } = await withTracker(() => service(2, 'SELECT 1 AS listen', once));
    expect(codes(findings)).toEqual(['DEPT001']);
  });
});
