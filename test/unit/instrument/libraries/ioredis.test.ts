import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { currentInstallation, install } from '../../../../instrument/install.ts';
import { withTracker } from '../../../../instrument/with-tracker.ts';
import { className } from '../../../../src/core/classes.ts';
import type { Finding } from '../../../../src/core/finding.ts';
import { Mutex } from '../../../../src/sync/user/mutex.ts';
import { type RedisServer, redisServer } from '../../../servers/redis.ts';

const latest = createRequire(import.meta.url);
const next = createRequire(latest.resolve('../../../next-majors/package.json'));

let server: RedisServer;
const clients: import('ioredis').Redis[] = [];

beforeAll(async () => {
  install();
  server = await redisServer();
});
afterAll(async () => {
  for (const client of clients) client.disconnect();
  await server[Symbol.asyncDispose]();
  currentInstallation()?.uninstall();
});

function connected(load: NodeJS.Require): import('ioredis').Redis {
  const { Redis } = load('ioredis') as typeof import('ioredis');
  const client = new Redis({ ...server.address, maxRetriesPerRequest: null, retryStrategy: () => null });
  client.on('error', () => undefined);
  clients.push(client);
  return client;
}

function classesOf(findings: readonly Finding[]): readonly string[] {
  return findings.flatMap(({ circle }) => circle.map(({ from }) => className(from))).toSorted();
}

describe.each([
  ['5', latest],
  ['6', next],
])('ioredis %s', (_major, load) => {
  const connection = (): import('ioredis').Redis => connected(load);

  describe('a blocking command', () => {
    test('that its producer stands behind is a deadlock', async () => {
      const { findings, settled } = await withTracker(
        async () => {
          const redis = connection();
          const popped = redis.blpop('jobs', 0);
          await Promise.all([popped, redis.rpush('jobs', 'one')]).catch(() => undefined);
        },
        { confirmAfterMs: 20 },
      );
      expect(settled).toBe(false);
      expect(findings.map(({ code }) => code)).toEqual(['DEPT002']);
      expect(classesOf(findings)).toEqual(['list:jobs:0', 'redis:0']);
    });

    test('on a connection of its own is nothing', async () => {
      const { findings, value } = await withTracker(async () => {
        const [consumer, producer] = [connection(), connection()];
        const popped = consumer.blpop('mails', 0);
        await producer.rpush('mails', 'one');
        return popped;
      });
      expect(value).toEqual(['mails', 'one']);
      expect(findings).toEqual([]);
    });

    test('whose producer was sent first is nothing', async () => {
      const { findings, value } = await withTracker(async () => {
        const redis = connection();
        await redis.rpush('ready', 'one');
        return redis.blpop('ready', 0);
      });
      expect(value).toEqual(['ready', 'one']);
      expect(findings).toEqual([]);
    });

    test('under a lock that the producer needs can wait for ever', async () => {
      const { findings } = await withTracker(async () => {
        const [consumer, producer] = [connection(), connection()];
        const lock = new Mutex({ name: 'lock' });
        const popped = lock.runExclusive(() => consumer.blpop('orders', 0));
        await new Promise((done) => setTimeout(done, 5));
        await producer.rpush('orders', 'one');
        await popped;
        const again = consumer.blpop('orders', 0);
        await lock.runExclusive(() => undefined);
        await producer.rpush('orders', 'two');
        await again;
      });
      expect(findings.map(({ code }) => code)).toEqual(['DEPT001']);
      expect(classesOf(findings)).toEqual(['list:orders:0', 'lock:0']);
    });

    test('of two connections made by one helper is one connection each', async () => {
      const { findings } = await withTracker(async () => {
        const pop = (redis: import('ioredis').Redis, key: string): Promise<unknown> => redis.blpop(key, 0);
        const [left, right, producer] = [connection(), connection(), connection()];
        const popped = [pop(left, 'left'), pop(right, 'right')];
        await producer.rpush('left', 'one');
        await producer.rpush('right', 'one');
        await Promise.all(popped);
      });
      expect(findings).toEqual([]);
    });
  });

  test('replies and errors are those of the server, and of a connection that closes', async () => {
    const { value } = await withTracker(async () => {
      const redis = connection();
      const set = await redis.set('key', 'value');
      const popped = redis.blpop('never', 0).then(undefined, (error: Error) => error.message);
      const queued = redis.get('key').then(undefined, (error: Error) => error.message);
      await new Promise((done) => setTimeout(done, 5));
      redis.disconnect();
      return [set, await popped, await queued];
    });
    expect(value).toEqual(['OK', 'Connection is closed.', 'Connection is closed.']);
  });

  test('a cluster hands all that it is given on to its nodes', async () => {
    const { findings, value } = await withTracker(async () => {
      const { Cluster } = load('ioredis') as typeof import('ioredis');
      const cluster = new Cluster([server.address], { enableReadyCheck: false, enableAutoPipelining: true });
      const pipelined = await cluster.pipeline().rpush('queue', 'one').set('queue', 'two').exec();
      const together = await Promise.all([cluster.set('a', '1'), cluster.set('b', '2')]);
      const popped = cluster.blpop('queue:done', 0);
      await connection().rpush('queue:done', 'three');
      const values = [pipelined, together, await popped];
      cluster.disconnect();
      return values;
    });
    const pipelined = [
      [null, 1],
      [null, 'OK'],
    ];
    expect(value).toEqual([pipelined, ['OK', 'OK'], ['queue:done', 'three']]);
    expect(findings).toEqual([]);
  });
});
