import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Installation, install } from '../../../instrument/install.ts';
import { LongHolds } from '../../../instrument/long-holds.ts';
import type { Finding } from '../../../src/core/finding.ts';
import { Mutex } from '../../../src/sync/user/mutex.ts';
import { Semaphore } from '../../../src/sync/user/semaphore.ts';

let installation: Installation;

beforeEach(() => {
  installation = install();
});

afterEach(() => installation.uninstall());

/** So many that a class has spent its stacks on them. */
const OFTEN = 100;

/** Whoever comes before it asks for nothing else. */
async function often(...mutexes: readonly Mutex[]): Promise<void> {
  for (let round = 0; round < OFTEN; round++) {
    for (const mutex of mutexes) await mutex.runExclusive(async () => undefined);
  }
}

function waiters({ circle }: Finding): ReadonlySet<string | null | undefined> {
  return new Set(circle.map(({ wait }) => wait.stack?.frames[0]?.functionName));
}

test('the waits of a circle have their places after a hundred others', async () => {
  const [stock, ledger] = [new Mutex({ name: 'stock' }), new Mutex({ name: 'ledger' })];
  await often(stock, ledger);
  await stock.runExclusive(async function sell() {
    await ledger.runExclusive(async () => undefined);
  });
  await ledger.runExclusive(async function close() {
    await stock.runExclusive(async () => undefined);
  });
  expect(installation.findings).toHaveLength(1);
  expect(waiters(installation.findings[0] as Finding)).toEqual(new Set(['close', 'sell']));
});

test('so has who asks a pool again that was asked a hundred times', async () => {
  const connections = new Semaphore(4, { name: 'connections' });
  for (let round = 0; round < OFTEN; round++) await query();
  async function query(): Promise<void> {
    using _connection = await connections.acquire();
  }
  async function audit(): Promise<void> {
    await query();
  }
  {
    using _transaction = await connections.acquire();
    await audit();
  }
  expect(installation.findings).toHaveLength(1);
  const [finding] = installation.findings as [Finding];
  expect(finding.circle[0]?.wait.stack?.frames.map(({ functionName }) => functionName)).toContain('audit');
});

test('so has whoever takes one while another one is held for long', async () => {
  const connections = new Semaphore(2, { name: 'connections' });
  for (let round = 0; round < OFTEN; round++) (await connections.acquire()).release();
  await connections.acquire();
  const longHolds = new LongHolds(installation.session);
  for (let look = 0; look < 40; look++) longHolds.look();
  await (async function forgets() {
    await connections.acquire();
  })();
  void (async function waits() {
    await connections.acquire();
  })();
  await Promise.resolve();
  const [open] = installation.waitsFor.describeOpen();
  const names = [open, ...(open?.owners ?? [])].map((each) => each?.stack?.frames[0]?.functionName);
  expect(names).toEqual(['waits', undefined, 'forgets']);
});

test('what teaches nothing new gets none', async () => {
  const [stock, ledger] = [new Mutex({ name: 'stock' }), new Mutex({ name: 'ledger' })];
  const sell = (): Promise<void> => stock.runExclusive(() => ledger.runExclusive(async () => undefined));
  for (let round = 0; round < OFTEN; round++) await sell();
  const stacks: unknown[] = [];
  const observer = { onEnter: (_context: unknown, { stack }: { stack: unknown }) => void stacks.push(stack) };
  installation.session.addObserver(observer as never);
  await sell();
  expect(stacks).toEqual([null, null]);
  installation.session.removeObserver(observer as never);
});
