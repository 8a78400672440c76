import { describe, expect, test } from 'vitest';
import { lockdepText } from '../../../../reports/text/lockdep.ts';
import { LOCK } from '../../../../src/core/how.ts';
import type { LockdepReport } from '../../../../src/tracker/lockdep/report.ts';
import { expectGolden } from '../../reports/golden.ts';
import { type CaseText, ClassDriver } from './class-driver.ts';

function reportOf(text: CaseText): LockdepReport {
  const { reports } = ClassDriver.run(text);
  expect(reports).toHaveLength(1);
  return reports[0] as LockdepReport;
}

const CASES: Readonly<Record<string, CaseText>> = {
  circular: {
    objects: { A: 'mutex', B: 'mutex' },
    contexts: ['lock A; lock B; unlock B; unlock A', 'lock B; lock A; unlock A; unlock B'],
  },
  'circular-chain': {
    objects: { A: 'mutex', C: 'mutex', B: 'rwsem', 'B.1': 'rwsem:B' },
    contexts: ['lock A; wlock B; wunlock B; unlock A', 'rlock B.1; lock C; unlock C; runlock B.1', 'lock C; lock A'],
  },
  recursive: { objects: { X1: 'spin:X', X2: 'spin:X' }, contexts: ['lock X1; lock X2'] },
  inconsistent: {
    objects: { A: 'spin' },
    contexts: ['irq_enter hard; lock A; unlock A; irq_exit hard', 'lock A; unlock A'],
  },
  'irq-order': {
    objects: { M: 'spin', A: 'spin', B: 'spin', C: 'spin' },
    contexts: [
      'lock M; irq_disable hard; lock C; unlock C; irq_enable hard; unlock M',
      'lock C; unlock C',
      'irq_enter hard; lock A; unlock A; irq_exit hard',
      'irq_disable hard; lock A; lock B; unlock B; unlock A; irq_enable hard',
      'irq_disable hard; lock B; lock C; unlock C; unlock B; irq_enable hard',
    ],
  },
  'irq-inversion': {
    objects: { A: 'rwlock', B: 'spin' },
    contexts: [
      'irq_disable soft; wlock A; lock B; unlock B; wunlock A; irq_enable soft',
      'lock B; unlock B',
      'irq_enter soft; rlock_recursive A; runlock A; irq_exit soft',
    ],
  },
  'wait-context': { objects: { A: 'spin', B: 'mutex' }, contexts: ['rcu_enter rcu; lock A; lock B'] },
  'bad-unlock': { objects: { A: 'mutex', B: 'mutex' }, contexts: ['lock B; lock A; unlock A; unlock A'] },
  'held-lock-freed': { objects: { A: 'mutex' }, contexts: ['lock A; destroy A'] },
  'exit-with-held': { objects: { A: 'mutex', B: 'rwsem' }, contexts: ['lock A; rlock B; exit'] },
  'nest-lock': { objects: { A: 'spin', X: 'spin' }, contexts: ['lock_nest A under=X'] },
  'debug-locks': {
    objects: { o: 'ww_mutex' },
    contexts: ['ww_ctx_init t; ww_ctx_done t; ww_acquire o ctx=t'],
  },
};

describe('the text of a report', () => {
  for (const [name, text] of Object.entries(CASES)) {
    test(name, () => {
      expectGolden(`lockdep/${name}.txt`, lockdepText(reportOf(text)));
    });
  }

  test('names that hold line breaks or escapes stay on their line', () => {
    const driver = new ClassDriver();
    const name = 'A\n -> #9 (forged)\u001b[31m';
    const [first, second] = [1, 2].map((n) => driver.session.object({ kind: 'mutex', name, label: `${name}${n}` }));
    driver.in('T1\nT2', 'nop');
    if (first === undefined || second === undefined) throw new Error('no objects');
    driver.acquire(first, LOCK);
    driver.acquire(second, LOCK);
    const text = lockdepText(driver.reports[0] as LockdepReport);
    expect(text).toContain('A\\x0a -> #9 (forged)\\x1b[31m2 (A');
    expect(text).toContain('T1\\x0aT2/');
    expect(text.split('\n').filter((line) => line.startsWith(' -> #9'))).toEqual([]);
  });
});
