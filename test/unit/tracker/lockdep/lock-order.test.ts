import { describe, expect, test } from 'vitest';
import { DOWNGRADE, WRITE_LOCK } from '../../../../src/core/how.ts';
import type { How } from '../../../../src/core/vocabulary.ts';
import type { LockdepReport } from '../../../../src/tracker/lockdep/report.ts';
import { ClassDriver } from './class-driver.ts';

const LOCKS = { A: 'mutex', B: 'mutex', C: 'mutex', D: 'mutex' };

function kinds(driver: ClassDriver): string[] {
  return driver.reports.map((report) => report.kind);
}

function run(...contexts: string[]): ClassDriver {
  return ClassDriver.run({ objects: LOCKS, contexts });
}

describe('the order of locks', () => {
  test('a report says who wants what, who holds what, and the known order between them', () => {
    const driver = run('lock A; lock B; unlock B; unlock A', 'lock B; lock C; unlock C; unlock B', 'lock C; lock A');
    const report = driver.reports[0] as LockdepReport;
    expect(report).toMatchObject({
      kind: 'circular',
      title: 'WARNING: possible circular locking dependency detected',
      contextName: 'T3',
      lock: { name: 'A', usage: '+.+.', outer: 4, inner: 4, read: 0 },
      other: { name: 'C' },
    });
    expect(report.held.map((lock) => lock.label)).toEqual(['C']);
    expect(report.chain.map(({ from, to, flavours }) => [from.name, to.name, flavours])).toEqual([
      ['A', 'B', ['EN']],
      ['B', 'C', ['EN']],
    ]);
    // The place is where the second lock was taken under the first.
    expect(report.chain.map(({ stack }) => stack?.frames[0]?.line)).toEqual([2, 6]);
  });

  test('goes by class: other instances close the circle', () => {
    const objects = { A1: 'mutex:A', A2: 'mutex:A', B1: 'mutex:B', B2: 'mutex:B' };
    const driver = ClassDriver.run({
      objects,
      contexts: ['lock A1; lock B1; unlock B1; unlock A1', 'lock B2; lock A2'],
    });
    expect(kinds(driver)).toEqual(['circular']);
    expect(driver.reports[0]?.lock?.label).toBe('A2');
  });

  test('remembers the order when a lock in the middle was released first', () => {
    expect(kinds(run('lock A; lock B; lock C; unlock B; unlock C; unlock A', 'lock C; lock A'))).toEqual(['circular']);
  });

  test('a trylock has no order before it, but everything taken under it has one', () => {
    expect(kinds(run('lock A; trylock B; unlock B; unlock A', 'lock B; lock A'))).toEqual([]);
    expect(kinds(run('trylock A; lock B; unlock B; unlock A', 'lock B; lock A'))).toEqual(['circular']);
  });

  test('a failed trylock leaves nothing behind', () => {
    expect(kinds(run('trylock A =fail; lock B; unlock B', 'lock B; lock A'))).toEqual([]);
  });

  test('goes on past a trylocked lock to the one below it', () => {
    expect(kinds(run('lock A; trylock B; lock C; unlock C; unlock B; unlock A', 'lock C; lock A'))).toEqual([
      'circular',
    ]);
  });

  test('goes on past a recursive reader: A before C is an order of its own', () => {
    const objects = { A: 'rwlock', B: 'rwlock', C: 'rwlock' };
    const contexts = ['wlock A; rlock_recursive B; wlock C; wunlock C; runlock B; wunlock A', 'wlock C; wlock A'];
    expect(kinds(ClassDriver.run({ objects, contexts }))).toEqual(['circular']);
  });

  test('goes on past a nested lock, which has no order of its own', () => {
    const objects = { ...LOCKS, X1: 'mutex:X', X2: 'mutex:X' };
    const contexts = ['lock D; lock X1; lock A; lock_nest X2 under=D; lock C', 'lock C; lock A'];
    expect(kinds(ClassDriver.run({ objects, contexts }))).toEqual(['circular']);
  });

  test('a downgraded lock is a reader for what is taken from then on', () => {
    const reportsAfter = (...hows: readonly How[]): string[] => {
      const driver = new ClassDriver();
      const a = driver.define('A', 'rwlock');
      driver.define('C', 'rwlock');
      driver.in('T1', 'nop');
      let held = driver.acquire(a, WRITE_LOCK);
      for (const how of hows) held = driver.session.modify(held, how, driver.context);
      driver.do('wlock C');
      driver.in('T2', 'wlock C; rlock_recursive A');
      return kinds(driver);
    };
    expect(reportsAfter(DOWNGRADE)).toEqual([]);
    expect(reportsAfter()).toEqual(['circular']);
  });

  test('sees no completion and no semaphore: a circle through one is left to DEPT', () => {
    const objects = { A: 'mutex', C: 'completion', S: 'semaphore' };
    const contexts = [
      'lock A; lock C; unlock C; lock S; unlock S; unlock A',
      'lock C; lock A; unlock A',
      'lock S; lock A',
    ];
    const driver = ClassDriver.run({ objects, contexts });
    expect(kinds(driver)).toEqual([]);
    expect(driver.lockdep.stats.classes).toBe(1);
  });

  test('a downgraded lock keeps its place: nothing taken above it comes before it', () => {
    const driver = new ClassDriver();
    const [a, b, c] = ['A', 'B', 'C'].map((name) => driver.define(name, 'rwsem')) as never as [never, never, never];
    driver.in('T1', 'nop');
    const heldA = driver.acquire(a, WRITE_LOCK);
    const heldB = driver.acquire(b, WRITE_LOCK);
    driver.session.modify(heldA, DOWNGRADE, driver.context);
    driver.session.exit(driver.acquire(c, WRITE_LOCK), driver.context);
    driver.session.exit(heldB, driver.context);
    // Had A moved above B, B before A would have been a circle with A before B, or A before C unknown.
    expect(kinds(driver)).toEqual([]);
    driver.in('T2', 'wlock C; wlock B');
    expect(kinds(driver)).toEqual(['circular']);
    expect(driver.reports[0]?.other?.name).toBe('C');
  });
});

describe('one class twice', () => {
  test('is recursive locking', () => {
    const driver = ClassDriver.run({ objects: { X1: 'spin:X', X2: 'spin:X' }, contexts: ['lock X1; lock X2'] });
    expect(driver.reports[0]).toMatchObject({ kind: 'recursive', lock: { label: 'X2' }, other: { label: 'X1' } });
  });

  test('is fine at another depth, and the depths have an order', () => {
    const objects = { X1: 'mutex:X', X2: 'mutex:X' };
    const nested = 'lock X1; lock_nested X2 subclass=1; unlock X2; unlock X1';
    expect(kinds(ClassDriver.run({ objects, contexts: [nested] }))).toEqual([]);
    const inverted = ClassDriver.run({ objects, contexts: [nested, 'lock_nested X1 subclass=1; lock X2'] });
    expect(inverted.reports[0]).toMatchObject({ kind: 'circular', lock: { name: 'X' }, other: { name: 'X/1' } });
  });

  test('a lock made with a sub-class is of another class', () => {
    const objects = { X1: 'mutex:X', X2: 'mutex:X/2' };
    expect(kinds(ClassDriver.run({ objects, contexts: ['lock X1; lock X2; unlock X2; unlock X1'] }))).toEqual([]);
  });

  test('there are eight sub-classes', () => {
    const objects = { X1: 'mutex:X', X2: 'mutex:X' };
    expect(kinds(ClassDriver.run({ objects, contexts: ['lock X1; lock_nested X2 subclass=7'] }))).toEqual([]);
    const driver = ClassDriver.run({ objects, contexts: ['lock X1; lock_nested X2 subclass=8'] });
    expect(driver.reports[0]).toMatchObject({ kind: 'limit', title: 'BUG: looking up invalid subclass' });
  });

  test('is fine under an outer lock that is held, and only then', () => {
    const objects = { N: 'mutex', M: 'mutex', X1: 'mutex:X', X2: 'mutex:X' };
    const under = (ops: string): string[] => kinds(ClassDriver.run({ objects, contexts: [ops] }));
    expect(under('lock N; lock X1; lock M; lock_nest X2 under=N')).toEqual([]);
    expect(under('lock X1; lock N; lock_nest X2 under=N')).toEqual(['recursive']);
    expect(under('lock X1; lock M; lock_nest X2 under=N')).toEqual(['nest-lock-not-held']);
  });

  test('two acquire contexts do not make each other safe', () => {
    const objects = { M: 'mutex', o: 'ww_mutex', o2: 'ww_mutex' };
    const take = (ctx: string): string[] => {
      const ops = `ww_ctx_init t; ww_ctx_init u; ww_acquire o ctx=t; lock M; ww_acquire o2 ctx=${ctx}`;
      return kinds(ClassDriver.run({ objects, contexts: [ops] }));
    };
    expect(take('t')).toEqual([]);
    expect(take('u')).toEqual(['recursive']);
  });

  test('a chain that an outer lock made safe is no proof for the same chain without it', () => {
    const objects = { N: 'mutex', M: 'mutex', X1: 'mutex:X', X2: 'mutex:X' };
    const contexts = [
      'lock N; lock X1; lock M; lock_nest X2 under=N; unlock X2; unlock M; unlock X1; unlock N',
      'lock N; lock X1; lock M; lock X2',
    ];
    expect(kinds(ClassDriver.run({ objects, contexts }))).toEqual(['recursive']);
  });

  test('neighbours under one outer lock take one place of the held stack', () => {
    const objects: Record<string, string> = { N: 'mutex' };
    const ops = ['lock N'];
    for (let i = 0; i < 40; i++) {
      objects[`X${i}`] = 'mutex:X';
      ops.push(`lock_nest X${i} under=N`);
    }
    const limits = { MAX_LOCK_DEPTH: 4 };
    expect(kinds(ClassDriver.run({ objects, contexts: [ops.join('; ')] }, { limits }))).toEqual([]);
  });
});
