import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { currentInstallation, install } from '../../../../instrument/install.ts';
import { withTracker } from '../../../../instrument/with-tracker.ts';
import { className } from '../../../../src/core/classes.ts';
import type { Finding } from '../../../../src/core/finding.ts';
import { Mutex } from '../../../../src/sync/user/mutex.ts';
import { type RedisServer, redisServer } from '../../../servers/redis.ts';
import { latest, next, previous } from './library-stage.ts';

/** What the tests use of all majors. */
interface Client {
  connect(): Promise<Client>;
  disconnect(): Promise<void>;
  on(event: 'error', listener: () => void): this;
  blPop(key: string | readonly string[], timeout: number): Promise<{ readonly element: string } | null>;
  rPush(key: string, value: string): Promise<number>;
  set(key: string, value: string): Promise<string>;
  multi(): Multi;
  executeIsolated?<T>(task: (client: Client) => Promise<T>): Promise<T>;
}

interface Multi {
  blPop(key: string, timeout: number): Multi;
  rPush(key: string, value: string): Multi;
  exec(): Promise<readonly unknown[]>;
  execAsPipeline(): Promise<readonly unknown[]>;
}

interface Pool {
  connect(): Promise<unknown>;
  destroy(): void;
  execute<T>(task: (client: Client) => Promise<T>): Promise<T>;
  set(key: string, value: string): Promise<string>;
}

interface Redis {
  readonly createClient: (options: object) => Client;
  readonly createClientPool: (options: object, pool: { maximum?: number; acquireTimeout?: number }) => Pool;
}

let server: RedisServer;
const clients: Client[] = [];
const pools: Pool[] = [];

beforeAll(async () => {
  install();
  server = await redisServer();
});
afterAll(async () => {
  await Promise.allSettled(clients.map(async (client) => client.disconnect()));
  for (const pool of pools) pool.destroy();
  await server[Symbol.asyncDispose]();
  currentInstallation()?.uninstall();
});

async function connected(load: NodeJS.Require, options: object = {}): Promise<Client> {
  const { createClient } = load('@redis/client') as Redis;
  const client = createClient({ socket: { ...server.address, reconnectStrategy: false }, ...options });
  client.on('error', () => undefined);
  clients.push(client);
  await client.connect();
  return client;
}

async function pooled(load: NodeJS.Require, maximum: number, acquireTimeout: number): Promise<Pool> {
  const { createClientPool } = load('@redis/client') as Redis;
  const pool = createClientPool({ socket: server.address }, { maximum, acquireTimeout });
  pools.push(pool);
  await pool.connect();
  return pool;
}

function classesOf(findings: readonly Finding[]): readonly string[] {
  return findings.flatMap(({ circle }) => circle.map(({ from }) => className(from))).toSorted();
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

describe.each([
  ['4', previous],
  ['5', latest],
  ['6', next],
])('redis %s', (major, load) => {
  /** Keys of their own: what is pushed stays in the server. */
  const key = (name: string): string => `${name}-${major}`;

  test('a blocking command that its producer stands behind is a deadlock', async () => {
    const { findings, settled } = await withTracker(
      async () => {
        const redis = await connected(load);
        const popped = redis.blPop(key('jobs'), 0);
        await Promise.all([popped, redis.rPush(key('jobs'), 'one')]);
      },
      { confirmAfterMs: 20 },
    );
    expect(settled).toBe(false);
    expect(findings.map(({ code }) => code)).toEqual(['DEPT002']);
    expect(classesOf(findings)).toEqual([`list:${key('jobs')}:0`, 'redis:0']);
  });

  test('so is one whose producer stands behind it in a transaction', async () => {
    const { findings } = await withTracker(
      async () => {
        const redis = await connected(load);
        const popped = redis.blPop(key('orders'), 0);
        await Promise.all([popped, redis.multi().rPush(key('orders'), 'one').exec()]);
      },
      { confirmAfterMs: 20 },
    );
    expect(findings.map(({ code }) => code)).toEqual(['DEPT002']);
  });

  test('one on a connection of its own is nothing, nor one whose producer was sent first', async () => {
    const { findings, value } = await withTracker(async () => {
      const [consumer, producer] = [await connected(load), await connected(load)];
      const popped = consumer.blPop(key('mails'), 0);
      await producer.rPush(key('mails'), 'one');
      const first = (await popped)?.element;
      await consumer.rPush(key('mails'), 'two');
      return [first, (await consumer.blPop(key('mails'), 0))?.element];
    });
    expect(value).toEqual(['one', 'two']);
    expect(findings).toEqual([]);
  });

  test('blocking commands of a transaction do not block', async () => {
    const { findings, value } = await withTracker(async () => {
      const redis = await connected(load);
      const lock = new Mutex({ name: 'lock' });
      const popped = lock.runExclusive(() => redis.multi().blPop(key('none'), 0).exec());
      const pushed = lock.runExclusive(() => redis.set('key', 'value'));
      return [await popped, await pushed];
    });
    expect(value).toEqual([[null], 'OK']);
    expect(findings).toEqual([]);
  });

  test('replies and errors are those of the server, and of a connection that closes', async () => {
    const { value } = await withTracker(async () => {
      const redis = await connected(load);
      const set = await redis.set('key', 'value');
      const message = (error: Error): string => error.constructor.name;
      const popped = redis.blPop(key('never'), 0).then(undefined, message);
      const queued = redis.set('key', 'other').then(undefined, message);
      await sleep(5);
      await redis.disconnect();
      return [set, await popped, await queued];
    });
    expect(value).toEqual(['OK', 'DisconnectsClientError', 'DisconnectsClientError']);
  });
});

describe.each([
  ['5', latest],
  ['6', next],
])('redis %s', (major, load) => {
  test('a lock around a blocking command that its producer needs can wait for ever', async () => {
    const orders = `locked-${major}`;
    const { findings } = await withTracker(async () => {
      const [consumer, producer] = [await connected(load), await connected(load)];
      const lock = new Mutex({ name: 'lock' });
      const popped = lock.runExclusive(() => consumer.blPop(orders, 0));
      await sleep(5);
      await producer.rPush(orders, 'one');
      await popped;
      const again = consumer.blPop(orders, 0);
      await lock.runExclusive(() => undefined);
      await producer.rPush(orders, 'two');
      await again;
    });
    expect(findings.map(({ code }) => code)).toEqual(['DEPT001']);
    expect(classesOf(findings)).toEqual([`list:${orders}:0`, 'lock:0']);
  });

  test('a task of a pool that asks it for another client can hang', async () => {
    const { findings, value } = await withTracker(async () => {
      const pool = await pooled(load, 2, 0);
      return pool.execute(() => pool.set('inner', 'value'));
    });
    expect(value).toBe('OK');
    expect(findings.map(({ code }) => code)).toEqual(['DEPT001']);
    expect(findings[0]?.help.join(' ')).toContain('as soon as 2 holders');
  });

  test('and does where there is no other', async () => {
    const { findings, settled } = await withTracker(
      async () => {
        const pool = await pooled(load, 1, 0);
        return pool.execute(() => pool.set('inner', 'value'));
      },
      { confirmAfterMs: 20 },
    );
    expect(settled).toBe(false);
    expect(findings.map(({ code }) => code)).toEqual(['DEPT002']);
  });

  test('who waits for a client for some time only gets the error of the pool', async () => {
    const { findings, value } = await withTracker(async () => {
      const patient = await pooled(load, 1, 20);
      return patient.execute(async (client) => {
        const refused = await patient.set('inner', 'value').catch((error: Error) => error.constructor.name);
        return [refused, await client.set('own', 'value')];
      });
    });
    expect(value).toEqual(['TimeoutError', 'OK']);
    expect(findings.map(({ code, severity }) => `${code} ${severity}`)).toEqual(['DEPT001 warning']);
  });
});

test('redis 4: an isolated task that asks for another client can hang', async () => {
  const { findings } = await withTracker(async () => {
    const client = await connected(previous, { isolationPoolOptions: { max: 2 } });
    await client.executeIsolated?.(async (outer) => {
      await outer.set('outer', 'value');
      await client.executeIsolated?.((inner) => inner.set('inner', 'value'));
    });
  });
  expect(findings.map(({ code }) => code)).toEqual(['DEPT001']);
});
