import { describe, expect, test } from 'vitest';
import type { LockdepReport } from '../../../../src/tracker/lockdep/report.ts';
import { enabledIn, usageName, usageString, usedIn } from '../../../../src/tracker/lockdep/usage.ts';
import { ClassDriver } from './class-driver.ts';

const LOCKS = { A: 'spin', B: 'spin', C: 'spin', R: 'rwlock', L: 'local_lock' };

function run(...contexts: string[]): LockdepReport[] {
  return ClassDriver.run({ objects: LOCKS, contexts }).reports;
}

describe('usage states', () => {
  test('four characters: hard, hard as reader, soft, soft as reader', () => {
    expect(usageString(0)).toBe('....');
    expect(usageString(enabledIn('hardirq', false) | enabledIn('softirq', false))).toBe('+.+.');
    expect(usageString(usedIn('hardirq', false) | usedIn('softirq', true))).toBe('-..-');
    expect(usageString(usedIn('hardirq', true) | enabledIn('hardirq', true))).toBe('.?..');
  });

  test('have the names the kernel prints', () => {
    expect(usageName(usedIn('hardirq', false))).toBe('IN-HARDIRQ-W');
    expect(usageName(usedIn('softirq', true))).toBe('IN-SOFTIRQ-R');
    expect(usageName(enabledIn('softirq', false))).toBe('SOFTIRQ-ON-W');
    expect(usageName(enabledIn('hardirq', true))).toBe('HARDIRQ-ON-R');
  });
});

describe('a lock taken in an interrupt', () => {
  test('must not be held with that interrupt possible', () => {
    const [report] = run('irq_enter hard; lock A; unlock A; irq_exit hard', 'lock A');
    expect(report).toMatchObject({
      kind: 'inconsistent-state',
      title: 'WARNING: inconsistent lock state',
      lock: { name: 'A', usage: '?...' },
      usage: { irq: 'hardirq', before: 'IN-HARDIRQ-W', now: 'HARDIRQ-ON-W' },
    });
  });

  test('may be held with interrupts off', () => {
    expect(run('irq_enter hard; lock A; unlock A; irq_exit hard', 'irq_disable hard; lock A; unlock A')).toEqual([]);
    expect(run('irq_enter soft; lock A; unlock A; irq_exit soft', 'irq_disable soft; lock A; unlock A')).toEqual([]);
  });

  test('soft interrupts off do not keep hard ones out', () => {
    const [report] = run('irq_enter hard; lock A; unlock A; irq_exit hard', 'irq_disable soft; lock A; unlock A');
    expect(report?.usage?.now).toBe('HARDIRQ-ON-W');
  });

  test('no soft interrupt comes while hard ones are off', () => {
    expect(run('irq_enter soft; lock A; unlock A; irq_exit soft', 'irq_disable hard; lock A; unlock A')).toEqual([]);
  });

  test('interrupts that go on under a held lock count', () => {
    const inIrq = 'irq_enter soft; lock A; unlock A; irq_exit soft';
    const [report] = run(inIrq, 'irq_disable hard; lock A; irq_enable hard; unlock A');
    expect(report).toMatchObject({ kind: 'inconsistent-state', usage: { now: 'SOFTIRQ-ON-W' } });
    expect(run(inIrq, 'irq_disable soft; irq_disable hard; lock A; irq_enable hard; unlock A')).toEqual([]);
  });

  test('a trylock there can not block', () => {
    expect(run('irq_enter hard; trylock A; unlock A; irq_exit hard', 'lock A; unlock A')).toEqual([]);
  });

  test('recursive readers do not block each other, a reader that queues may', () => {
    expect(run('irq_enter hard; rlock_recursive R; runlock R; irq_exit hard', 'rlock_recursive R; runlock R')).toEqual(
      [],
    );
    const [report] = run('irq_enter hard; rlock R; runlock R; irq_exit hard', 'rlock R; runlock R');
    expect(report?.kind).toBe('inconsistent-state');
    const [reverse] = run('rlock R; runlock R', 'irq_enter hard; rlock R; runlock R; irq_exit hard');
    expect(reverse?.kind).toBe('inconsistent-state');
  });
});

describe('an order between classes', () => {
  const safe = 'irq_enter hard; lock A; unlock A; irq_exit hard';
  const unsafe = 'lock C; unlock C';
  const ab = 'irq_disable hard; lock A; lock B; unlock B; unlock A; irq_enable hard';
  const bc = 'irq_disable hard; lock B; lock C; unlock C; unlock B; irq_enable hard';

  test('must not lead from a class taken in an interrupt to one held with it possible', () => {
    const [report] = run(safe, unsafe, ab, bc);
    expect(report).toMatchObject({
      kind: 'irq-order',
      title: 'WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected',
      lock: { name: 'C' },
      other: { name: 'B' },
      usage: { safe: { name: 'A' }, unsafe: { name: 'C' }, toHeld: [{ from: { name: 'A' }, to: { name: 'B' } }] },
    });
  });

  test('known before the interrupt came: forwards', () => {
    const [report] = run(unsafe, ab, bc, safe);
    expect(report).toMatchObject({
      kind: 'irq-inversion',
      title: 'WARNING: possible irq lock inversion dependency detected',
      lock: { name: 'A' },
      usage: { forwards: true, safe: { name: 'A' }, unsafe: { name: 'C' }, state: 'HARDIRQ' },
    });
    expect(report?.usage?.toHeld.map(({ from, to }) => `${from.name}${to.name}`)).toEqual(['AB', 'BC']);
  });

  test('known before the unsafe use: backwards', () => {
    const [report] = run(safe, ab, bc, unsafe);
    expect(report).toMatchObject({ kind: 'irq-inversion', lock: { name: 'C' }, usage: { forwards: false } });
    expect(report?.usage?.toHeld.map(({ from, to }) => `${from.name}${to.name}`)).toEqual(['AB', 'BC']);
  });

  test('of one interrupt type says nothing about the other', () => {
    expect(run(safe, ab, bc, 'irq_disable hard; lock C; unlock C')).toEqual([]);
    const soft = ['irq_enter soft; lock A; unlock A; irq_exit soft', 'irq_disable soft; lock C; unlock C'];
    expect(run(...soft, ab, bc)).toEqual([]);
  });

  test('bars a shared holder after a recursive reader', () => {
    const ar = 'irq_disable hard; lock A; rlock_recursive R; runlock R; unlock A; irq_enable hard';
    expect(run(safe, unsafe, ar, 'irq_disable hard; rlock_recursive R; lock C')).toEqual([]);
    expect(run(safe, unsafe, ar, 'irq_disable hard; wlock R; lock C')).toMatchObject([{ kind: 'irq-order' }]);
  });

  test('ends at a writer even when a recursive reader arrives there', () => {
    const ar = 'irq_disable hard; lock A; rlock_recursive R';
    expect(run(safe, 'wlock R; wunlock R', ar)).toMatchObject([{ kind: 'irq-order' }]);
    expect(run(safe, 'rlock_recursive R; runlock R', ar)).toEqual([]);
  });

  test('does not lead through a per-CPU lock', () => {
    const through = [
      'local_lock L; lock B; unlock B; local_unlock L',
      safe,
      'irq_disable hard; lock A; local_lock L; local_unlock L; unlock A',
    ];
    expect(run(...through)).toEqual([]);
    expect(run(...through.map((ops) => ops.replaceAll('local_', '').replaceAll('lock L', 'lock C')))).toHaveLength(1);
  });
});
