import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Installation, install } from '../../../instrument/install.ts';
import { Mutex } from '../../../src/sync/user/mutex.ts';
import { Semaphore } from '../../../src/sync/user/semaphore.ts';

let installation: Installation;

beforeEach(() => {
  installation = install();
});

afterEach(() => installation.uninstall());

/** Often enough that nothing more is remembered of a dependency by itself. */
const OFTEN = 100;

const nested = (outer: Mutex, inner: Mutex): Promise<void> => outer.runExclusive(() => inner.runExclusive(turn));

function locks(): Mutex[] {
  return ['gate', 'stock', 'ledger'].map((name) => new Mutex({ name }));
}

function codes(): string[] {
  return installation.findings.map(({ code }) => code);
}

function setAside(): string[] {
  return installation.tracker.filtered.map(({ reason, because }) => `${reason}, ${because}`);
}

/** Has one permit and asks for another one. */
async function refill(pool: Semaphore): Promise<void> {
  const first = await pool.acquire();
  const second = await pool.acquire();
  await turn();
  second.release();
  first.release();
}

test('two orders under one lock are none, however often, until one comes without it', async () => {
  const [gate, stock, ledger] = locks() as [Mutex, Mutex, Mutex];
  for (let round = 0; round < OFTEN; round++) {
    await gate.runExclusive(() => nested(stock, ledger));
    await gate.runExclusive(() => nested(ledger, stock));
  }
  expect([codes(), setAside()]).toEqual([[], ['gate-lock, gate']]);
  await nested(ledger, stock);
  expect([codes(), setAside()]).toEqual([['DEPT001'], []]);
});

test('an order seen often under a lock, and then once without it, is not forgotten while it is part of a circle', async () => {
  const [gate, stock, ledger] = locks() as [Mutex, Mutex, Mutex];
  for (let round = 0; round < OFTEN; round++) await gate.runExclusive(() => nested(stock, ledger));
  await gate.runExclusive(() => nested(ledger, stock));
  expect(codes()).toEqual([]);
  await nested(stock, ledger);
  expect(codes()).toEqual(['DEPT001']);
});

test('under a hundred locks, each of its own, they are one', async () => {
  const [, stock, ledger] = locks() as [Mutex, Mutex, Mutex];
  for (let round = 0; round < OFTEN; round++) {
    const gate = new Mutex({ name: 'one of many' });
    await gate.runExclusive(() => (round % 2 === 0 ? nested(stock, ledger) : nested(ledger, stock)));
  }
  expect(codes()).toEqual(['DEPT001']);
});

test('one holder of a lock who does both side by side is not kept apart by it', async () => {
  const [gate, stock, ledger] = locks() as [Mutex, Mutex, Mutex];
  await gate.runExclusive(() => {
    const order = nested(stock, ledger);
    const refund = turn()
      .then(() => turn())
      .then(() => nested(ledger, stock));
    return Promise.all([order, refund]);
  });
  expect(codes()).toEqual(['DEPT001']);
});

test('one who does them one after the other is', async () => {
  const [gate, stock, ledger] = locks() as [Mutex, Mutex, Mutex];
  for (let round = 0; round < OFTEN; round++) {
    await gate.runExclusive(async () => {
      await nested(stock, ledger);
      await Promise.all([turn(), turn()]);
      await nested(ledger, stock);
    });
  }
  expect([codes(), setAside()]).toEqual([[], ['gate-lock, gate']]);
});

test('a pool asked for more under one lock does not run dry', async () => {
  const [gate] = locks() as [Mutex];
  const pool = new Semaphore(3, { name: 'pool' });
  const user = (): Promise<void> => pool.acquire().then((permit) => permit.release());
  for (let round = 0; round < OFTEN; round++) {
    await Promise.all([gate.runExclusive(() => refill(pool)), gate.runExclusive(() => refill(pool)), user()]);
  }
  expect([codes(), setAside()]).toEqual([[], ['gate-lock, gate']]);
  await refill(pool);
  expect(codes()).toEqual(['DEPT001']);
});

test.each([
  [1, 2, []],
  [2, 2, ['DEPT001']],
  [2, 3, []],
  [3, 4, []],
  [3, 3, ['DEPT001']],
])('%i at a time with a pool of %i', async (most, permits, expected) => {
  const limit = new Semaphore(most, { name: 'limit' });
  const pool = new Semaphore(permits, { name: 'pool' });
  const task = async (): Promise<void> => {
    const turnOfMine = await limit.acquire();
    await refill(pool);
    turnOfMine.release();
  };
  for (let round = 0; round < OFTEN; round++) await task();
  expect(codes()).toEqual(expected);
  if (expected.length === 0) expect(setAside()).toEqual([most === 1 ? 'gate-lock, limit' : 'limited, limit']);
});

test('a task under a limit that asks for more several times at once runs it dry all the same', async () => {
  const limit = new Semaphore(2, { name: 'limit' });
  const pool = new Semaphore(4, { name: 'pool' });
  const turnOfMine = await limit.acquire();
  await Promise.all([refill(pool), turn().then(() => refill(pool))]);
  turnOfMine.release();
  expect(codes()).toEqual(['DEPT001']);
});
