import { setImmediate as turn } from 'node:timers/promises';
import { Sema } from 'async-sema';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Installation, install } from '../../../instrument/install.ts';
import type { Guard } from '../../../src/sync/user/guard.ts';
import { Semaphore } from '../../../src/sync/user/semaphore.ts';

let installation: Installation;

beforeEach(() => {
  installation = install();
});

afterEach(() => installation.uninstall());

function codes(): string[] {
  return installation.findings.map(({ code }) => code);
}

async function task(pool: Semaphore): Promise<void> {
  using _permit = await pool.acquire();
  await turn();
}

/** Takes as many as it is told, one after the other. */
async function take(pool: Semaphore, permits: number): Promise<Guard[]> {
  const all: Guard[] = [];
  for (let i = 0; i < permits; i++) all.push(await pool.acquire());
  return all;
}

async function drain(pool: Semaphore, permits: number, order: (all: Guard[]) => Guard[]): Promise<void> {
  const all = await take(pool, permits);
  await turn();
  for (const each of order(all)) each.release();
}

const firstFirst = (all: Guard[]): Guard[] => all;
const lastFirst = (all: Guard[]): Guard[] => all.toReversed();

describe.each([
  ['the first one first', firstFirst],
  ['the last one first', lastFirst],
])('permits that are given back, %s', (_name, order) => {
  test.each([3, 8])('who waits for all %i of them to be free by taking them is in nobody’s way', async (permits) => {
    const pool = new Semaphore(permits, { name: 'pool' });
    for (let round = 0; round < 50; round++) {
      const tasks = Array.from({ length: 12 }, () => task(pool));
      await drain(pool, permits, order);
      await Promise.all(tasks);
    }
    expect(codes()).toEqual([]);
  });

  test('two who do so at the same time can have a part each', async () => {
    const pool = new Semaphore(4, { name: 'pool' });
    await Promise.all([drain(pool, 4, order), turn().then(() => drain(pool, 4, order))]);
    expect(codes()).toEqual(['DEPT001']);
  });

  test('who takes some of them can be in the way of another one', async () => {
    await drain(new Semaphore(4, { name: 'pool' }), 3, order);
    expect(codes()).toEqual(['DEPT001']);
  });
});

test('of two permits, the second one may be asked for by code that does not know of the first', async () => {
  const pool = new Semaphore(2, { name: 'pool' });
  const outer = await pool.acquire();
  const inner = await pool.acquire();
  inner.release();
  outer.release();
  expect(codes()).toEqual(['DEPT001']);
});

const later = async (pool: Semaphore, run: () => Promise<void>): Promise<void> => {
  await turn();
  using _permit = await pool.acquire();
  await run();
};
const atOnce = async (pool: Semaphore, run: () => Promise<void>): Promise<void> => {
  using _permit = await pool.acquire();
  await run();
};

test.each([
  ['after something else', later],
  ['at once', atOnce],
  ['for a function', (pool: Semaphore, run: () => Promise<void>) => pool.runExclusive(run)],
])('a recursion that just gets to the bottom of a pool, asking %s, is told', async (_name, ask) => {
  const pool = new Semaphore(3, { name: 'pool' });
  const visit = (depth: number): Promise<void> =>
    ask(pool, async () => {
      if (depth > 1) await visit(depth - 1);
    });
  for (let round = 0; round < 20; round++) await task(pool);
  await visit(3);
  expect(codes()).toEqual(['DEPT001']);
});

test('`drain` of async-sema', async () => {
  const pool = new Sema(3, { capacity: 20 });
  const work = async (): Promise<void> => {
    await pool.acquire();
    await turn();
    pool.release();
  };
  for (let round = 0; round < 50; round++) {
    const tasks = Array.from({ length: 9 }, work);
    await pool.drain();
    for (let i = 0; i < 3; i++) pool.release();
    await Promise.all(tasks);
  }
  expect(codes()).toEqual([]);
});
