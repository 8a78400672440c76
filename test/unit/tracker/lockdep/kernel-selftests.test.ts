import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type CaseText, ClassDriver } from './class-driver.ts';

interface Selftest extends CaseText {
  readonly name: string;
  readonly expect: string;
  readonly kind?: string;
}

const CASES: readonly Selftest[] = JSON.parse(
  readFileSync(new URL('./kernel-selftests.json', import.meta.url), 'utf8'),
);

/** What lib/locking-selftest.c expects, and the report kinds that may answer it. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  circular: ['circular'],
  recursive: ['recursive'],
  // The kernel's test only asks for a report. Which of the three it is depends on the order of the contexts.
  'inconsistent-state': ['inconsistent-state', 'irq-order', 'irq-inversion'],
  'irq-inversion': ['inconsistent-state', 'irq-order', 'irq-inversion'],
  'misuse:bad-unlock': ['bad-unlock'],
  'misuse:init-held': ['held-lock-freed'],
  'misuse:wait-context': ['wait-context'],
  'misuse:nest-lock-not-held': ['nest-lock-not-held'],
};

/** ww cases without a kind: ww_mutex inside a spinlock is an invalid wait context before it is a circle. */
const WW_DEADLOCKS: Readonly<Record<string, string>> = {
  ww_spin_block: 'wait-context',
  ww_try_context: 'recursive',
  ww_block_context: 'recursive',
  ww_try_block: 'recursive',
};

describe('the class-mode cases of lib/locking-selftest.c', () => {
  test('are all there', () => {
    expect(CASES).toHaveLength(241);
  });

  for (const one of CASES) {
    test(`${one.name}: ${one.kind ?? one.expect}`, () => {
      const driver = ClassDriver.run(one);
      const kinds = driver.reports.map((report) => report.kind);
      if (one.expect === 'ok') {
        expect(kinds).toEqual([]);
        expect(driver.lockdep.on).toBe(true);
        return;
      }
      expect(driver.lockdep.on).toBe(false);
      expect(kinds).toHaveLength(1);
      if (one.expect.startsWith('misuse:ww-')) expect(kinds).toEqual(['debug-locks']);
      else expect(KINDS[one.kind ?? one.expect] ?? [WW_DEADLOCKS[one.name]]).toContain(kinds[0]);
    });
  }
});
