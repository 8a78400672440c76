import { describe, expect, test } from 'vitest';
import { ClassDriver } from './class-driver.ts';

const LOCKS = { raw: 'raw_spin', spin: 'spin', local: 'local_lock', rw: 'rwlock', mutex: 'mutex', rt: 'rtmutex' };

/** Sleeping last: what stands left may be taken inside what stands right, not the other way round. */
const LEVELS = [['raw'], ['spin', 'local', 'rw'], ['mutex', 'rt']];

const levelOf = (name: string): number => LEVELS.findIndex((level) => level.includes(name));

function inside(outer: string, inner: string): string[] {
  const objects = { ...LOCKS };
  const driver = ClassDriver.run({ objects, contexts: [`lock ${outer}; lock ${inner}`] });
  return driver.reports.map((report) => report.kind);
}

describe('what may be taken inside what', () => {
  for (const outer of LEVELS.flat()) {
    for (const inner of LEVELS.flat().filter((name) => name !== outer)) {
      const valid = levelOf(inner) <= levelOf(outer);
      test(`${inner} inside ${outer} is ${valid ? 'fine' : 'an invalid wait context'}`, () => {
        expect(inside(outer, inner)).toEqual(valid ? [] : ['wait-context']);
      });
    }
  }

  test('the strictest lock counts, not the last', () => {
    const driver = ClassDriver.run({ objects: LOCKS, contexts: ['lock raw; trylock mutex; lock spin'] });
    expect(driver.reports[0]).toMatchObject({ kind: 'wait-context', lock: { name: 'spin' }, detail: 'context-{5:5}' });
  });

  test('a trylock never waits', () => {
    expect(ClassDriver.run({ objects: LOCKS, contexts: ['lock raw; trylock mutex'] }).reports).toEqual([]);
  });
});

describe('contexts and sections', () => {
  const allowed: readonly (readonly [string, readonly string[], string])[] = [
    ['irq_enter hard', ['raw', 'spin'], 'context-{3:3}'],
    ['irq_enter hard_nothread', ['raw'], 'context-{2:2}'],
    ['irq_enter soft', ['raw', 'spin'], 'context-{3:3}'],
    ['rcu_enter rcu', ['raw', 'spin'], 'context-{5:5}'],
    ['rcu_enter bh', ['raw', 'spin'], 'context-{5:5}'],
    ['rcu_enter sched', ['raw'], 'context-{5:5}'],
    ['rcu_enter srcu', ['raw', 'spin', 'mutex'], ''],
  ];
  for (const [begin, names, detail] of allowed) {
    for (const name of ['raw', 'spin', 'mutex']) {
      const valid = names.includes(name);
      test(`${name} after ${begin} is ${valid ? 'fine' : 'an invalid wait context'}`, () => {
        const { reports } = ClassDriver.run({ objects: LOCKS, contexts: [`${begin}; lock ${name}`] });
        expect(reports.map((report) => report.detail)).toEqual(valid ? [] : [detail]);
      });
    }
  }

  test('an RCU section has no usage states', () => {
    const ops = 'irq_disable hard; rcu_enter rcu; irq_enable hard; lock mutex';
    const { reports } = ClassDriver.run({ objects: LOCKS, contexts: [ops] });
    expect(reports[0]?.held).toMatchObject([{ name: 'rcu', usage: '....', outer: 1, inner: 3 }]);
  });

  test('an RCU section may begin anywhere, and makes no order', () => {
    const contexts = ['lock raw; rcu_enter rcu; rcu_exit rcu; unlock raw', 'rcu_enter rcu; lock raw'];
    const driver = ClassDriver.run({ objects: LOCKS, contexts });
    expect(driver.reports).toEqual([]);
    expect(driver.lockdep.stats.entries).toBe(0);
  });
});
