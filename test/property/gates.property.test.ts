import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { install } from '../../instrument/install.ts';
import { Mutex } from '../../src/sync/user/mutex.ts';
import { Semaphore } from '../../src/sync/user/semaphore.ts';
import { type Code, canAnyHang, endsAlone, type LockProgram, lockPrograms } from './lock-programs.ts';

type Lock = Mutex | Semaphore;

/** What is done side by side is done one after the other here, without either knowing: so it never hangs. */
async function run(code: Code, locks: readonly Lock[]): Promise<void> {
  for (const part of code) {
    if ('hold' in part) {
      await (locks[part.hold] as Lock).runExclusive(() => run(part.body, locks));
      continue;
    }
    const [first, second] = part.side;
    let isOver = false;
    const later = async (): Promise<void> => {
      while (!isOver) await turn();
      await run(second, locks);
    };
    await Promise.all([
      run(first, locks).finally(() => {
        isOver = true;
      }),
      later(),
    ]);
  }
}

interface Look {
  readonly told: readonly string[];
  readonly filtered: readonly string[];
}

/** Runs each function three times, alone. */
async function look({ permits, functions }: LockProgram): Promise<Look> {
  const installation = install();
  try {
    const locks = permits.map((most, i) =>
      most === 1 ? new Mutex({ name: `lock ${i}` }) : new Semaphore(most, { name: `pool ${i}` }),
    );
    for (let round = 0; round < 3; round++) for (const body of functions) await run(body, locks);
    return {
      told: installation.findings.map(({ code }) => code),
      filtered: installation.tracker.filtered.map(({ reason }) => reason),
    };
  } finally {
    installation.uninstall();
  }
}

test('what is told of functions that were run one by one is what some schedule of them shows', async () => {
  const seen = { hangs: 0, filtered: new Set<string>() };
  await fc.assert(
    fc.asyncProperty(lockPrograms, async (program) => {
      fc.pre(program.functions.every((body) => endsAlone(program.permits, body)));
      const expected = canAnyHang(program);
      fc.pre(expected !== null);
      const { told, filtered } = await look(program);
      expect(told.includes('DEPT001')).toBe(expected);
      if (expected) seen.hangs++;
      else for (const reason of filtered) seen.filtered.add(reason);
    }),
    { numRuns: 60, seed: 1 },
  );
  expect(seen.hangs).toBeGreaterThan(5);
  expect([...seen.filtered].sort()).toEqual(['gate-lock', 'limited']);
}, 60_000);
