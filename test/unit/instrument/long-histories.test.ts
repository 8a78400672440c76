import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Installation, install } from '../../../instrument/install.ts';
import type { History } from '../../../src/core/history.ts';
import { Mutex } from '../../../src/sync/user/mutex.ts';

let installation: Installation;

beforeEach(() => {
  installation = install();
});

afterEach(() => installation.uninstall());

/** Steps that a history keeps alive, with what was behind the waits in it. */
function reachable(from: History | null): number {
  const seen = new Set<unknown>([null]);
  const open: (History | null)[] = [from];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === null || seen.has(next)) continue;
    seen.add(next);
    open.push(next.left, next.right, next.wait?.history ?? null, next.held?.wait?.history ?? null);
  }
  return seen.size;
}

test('what a loop under a lock has behind it does not grow', async () => {
  const [outer, inner, other] = [
    new Mutex({ name: 'outer' }),
    new Mutex({ name: 'inner' }),
    new Mutex({ name: 'other' }),
  ];
  await outer.runExclusive(async () => {
    for (let round = 0; round < 2000; round++) {
      await inner.runExclusive(() => other.runExclusive(async () => undefined));
      // Somebody has to wait.
      const both = [inner.runExclusive(async () => undefined), inner.runExclusive(async () => undefined)];
      await Promise.all(both);
    }
    expect(reachable(installation.session.main.history)).toBeLessThan(1000);
  });
  expect(installation.findings).toEqual([]);
});

test('which lock was held around a wait is known after a long time', async () => {
  const [stock, ledger, gate, log] = ['stock', 'ledger', 'gate', 'log'].map((name) => new Mutex({ name })) as [
    Mutex,
    Mutex,
    Mutex,
    Mutex,
  ];
  await gate.runExclusive(() =>
    stock.runExclusive(async () => {
      await ledger.runExclusive(async () => undefined);
      for (let round = 0; round < 500; round++) await log.runExclusive(async () => undefined);
    }),
  );
  await gate.runExclusive(() => ledger.runExclusive(() => stock.runExclusive(async () => undefined)));
  expect(installation.findings).toEqual([]);
  expect(installation.tracker.filtered.map(({ reason, because }) => `${reason} ${because}`)).toEqual([
    'gate-lock gate',
  ]);
});

test('one that was held for a part of that time, too', async () => {
  const [stock, ledger, gate, log] = ['stock', 'ledger', 'gate', 'log'].map((name) => new Mutex({ name })) as [
    Mutex,
    Mutex,
    Mutex,
    Mutex,
  ];
  await stock.runExclusive(async () => {
    await gate.runExclusive(() => ledger.runExclusive(async () => undefined));
    for (let round = 0; round < 500; round++) await log.runExclusive(async () => undefined);
  });
  await gate.runExclusive(() => ledger.runExclusive(() => stock.runExclusive(async () => undefined)));
  expect(installation.tracker.filtered.map(({ reason, because }) => `${reason} ${because}`)).toContain(
    'gate-lock gate',
  );
});

test('what is taken in a loop and never given back is remembered once', async () => {
  for (let round = 0; round < 500; round++) await new Mutex({ name: 'lock' }).lock();
  const steps = new Set<History>();
  let held = 0;
  installation.session.main.forEachHeld(({ wait }) => {
    held++;
    for (let step = wait?.history ?? null; step !== null; step = step.left) steps.add(step);
  });
  expect(held).toBe(500);
  expect(steps.size).toBeLessThan(5000);
});
