import { describe, expect, test } from 'vitest';
import { LOCK } from '../../../../src/core/how.ts';
import { ClassDriver } from './class-driver.ts';

const LOCKS = { A: 'mutex', B: 'mutex', C: 'mutex', D: 'mutex' };
const ABBA = ['lock A; lock B; unlock B; unlock A', 'lock B; lock A; unlock A; unlock B'];
const CDDC = ['lock C; lock D; unlock D; unlock C', 'lock D; lock C; unlock C; unlock D'];

function kinds(driver: ClassDriver): string[] {
  return driver.reports.map((report) => report.kind);
}

describe('the off switch', () => {
  test('the first report turns lockdep off', () => {
    const driver = ClassDriver.run({ objects: LOCKS, contexts: [...ABBA, ...CDDC] });
    expect(kinds(driver)).toEqual(['circular']);
    expect(driver.lockdep.on).toBe(false);
  });

  test('with keepGoing it goes on, and reports each circle once', () => {
    const contexts = [...ABBA, ...CDDC, ...ABBA, 'lock D; lock B; lock A'];
    const driver = ClassDriver.run({ objects: LOCKS, contexts }, { keepGoing: true });
    expect(driver.reports.map((report) => report.lock?.name)).toEqual(['A', 'C']);
    expect(driver.lockdep.on).toBe(true);
  });

  test('with keepGoing an order that closes a circle is not kept', () => {
    const contexts = [...ABBA, 'lock B; unlock B', 'lock A; lock C; unlock C; unlock A', 'lock C; lock B'];
    const driver = ClassDriver.run({ objects: LOCKS, contexts }, { keepGoing: true });
    expect(kinds(driver)).toEqual(['circular']);
  });
});

describe('the chain cache', () => {
  test('a chain seen before is accepted without a search', () => {
    const again = Array.from({ length: 10 }, () => 'lock A; lock B; lock C; unlock C; unlock B; unlock A');
    const { stats } = ClassDriver.run({ objects: LOCKS, contexts: again }).lockdep;
    expect(stats).toEqual({ classes: 3, entries: 4, chains: 3, chainHits: 27, chainMisses: 3, chainHlocks: 6 });
  });

  test('a reader in the chain makes it another chain', () => {
    const contexts = ['lock Y; rlock_recursive X; runlock X; unlock Y', 'lock Y; wlock X; wunlock X; unlock Y'];
    const driver = ClassDriver.run({ objects: { X: 'rwlock', Y: 'spin' }, contexts });
    expect(driver.lockdep.stats).toMatchObject({ chains: 3, entries: 2 });
  });

  test('two chains with one key are a collision, not a pass', () => {
    const driver = ClassDriver.run({ objects: LOCKS, contexts: ['lock A; unlock A; lock B'] }, { chainMix: () => 7 });
    expect(driver.reports[0]).toMatchObject({ kind: 'chain-collision', title: 'WARNING: chain_key collision' });
  });
});

describe('limits', () => {
  const cases: readonly (readonly [string, number, string])[] = [
    ['MAX_LOCKDEP_KEYS', 2, 'lock A; lock B; lock C'],
    ['MAX_LOCKDEP_ENTRIES', 2, 'lock A; lock B; lock C'],
    ['MAX_LOCKDEP_CHAINS', 2, 'lock A; lock B; lock C'],
    ['MAX_LOCKDEP_CHAIN_HLOCKS', 5, 'lock A; lock B; lock C'],
    ['MAX_LOCK_DEPTH', 3, 'lock A; lock B; lock C'],
  ];
  for (const [name, limit, ops] of cases) {
    test(`${name} too low turns lockdep off with a notice`, () => {
      const text = { objects: LOCKS, contexts: [ops] };
      const driver = ClassDriver.run(text, { limits: { [name]: limit } });
      expect(driver.reports.map((report) => report.title)).toEqual([`BUG: ${name} too low!`]);
      expect(driver.reports[0]?.detail).toBe(`${name} is ${limit}`);
      expect(driver.lockdep.on).toBe(false);
      expect(kinds(ClassDriver.run(text, { limits: { [name]: limit * 2 } }))).toEqual([]);
    });
  }
});

describe('misuse', () => {
  test('an unlock without a lock', () => {
    const driver = ClassDriver.run({ objects: LOCKS, contexts: ['lock B; unlock A'] });
    expect(driver.reports[0]).toMatchObject({ kind: 'bad-unlock', lock: { name: 'A' }, held: [{ name: 'B' }] });
  });

  test('an unlock by a context that does not hold the lock', () => {
    const driver = new ClassDriver();
    const lock = driver.define('A', 'mutex');
    driver.in('T1', 'nop');
    const held = driver.acquire(lock, LOCK);
    driver.in('T2', 'nop');
    driver.session.exit(held, driver.context);
    expect(driver.reports[0]).toMatchObject({ kind: 'bad-unlock', contextName: 'T2', held: [] });
  });

  test('a lock handed over belongs to the context it went to', () => {
    const driver = new ClassDriver();
    const [a, b] = [driver.define('A', 'mutex'), driver.define('B', 'mutex')];
    driver.in('T1', 'nop');
    const held = driver.acquire(a, LOCK);
    driver.in('T2', 'nop');
    driver.session.handover(held, driver.context);
    driver.session.exit(driver.acquire(b, LOCK), driver.context);
    driver.session.exit(held, driver.context);
    expect(driver.reports).toEqual([]);
    driver.in('T3', 'lock B; lock A');
    expect(kinds(driver)).toEqual(['circular']);
  });

  test('a held lock that is freed, initialised again, or still held at the end', () => {
    const kindsOf = (ops: string): string[] => kinds(ClassDriver.run({ objects: LOCKS, contexts: [ops] }));
    expect(kindsOf('lock A; destroy A')).toEqual(['held-lock-freed']);
    expect(kindsOf('lock A; init A')).toEqual(['held-lock-freed']);
    expect(kindsOf('lock A; unlock A; init A; destroy A')).toEqual([]);
    expect(kindsOf('lock A; lock B; exit')).toEqual(['exit-with-held']);
  });

  test('misuse of what lockdep can not see is not its business', () => {
    const objects = { C: 'completion', S: 'semaphore' };
    expect(kinds(ClassDriver.run({ objects, contexts: ['unlock C; lock S; destroy S'] }))).toEqual([]);
  });
});

describe('a context seen late', () => {
  test('holds what it took before lockdep listened', () => {
    const driver = new ClassDriver();
    const { session } = driver;
    const [a, b] = [driver.define('A', 'mutex'), driver.define('B', 'mutex')];
    session.removeObserver(driver.lockdep);
    driver.in('T1', 'nop');
    const held = driver.acquire(a, LOCK);
    session.addObserver(driver.lockdep);
    session.exit(driver.acquire(b, LOCK), driver.context);
    session.exit(held, driver.context);
    driver.in('T2', 'lock B; lock A');
    expect(kinds(driver)).toEqual(['circular']);
  });
});

describe('asynchronous code', () => {
  test('holds come from the causal history, without interrupt states', () => {
    const driver = new ClassDriver();
    const { session } = driver;
    const [a, b] = [driver.define('A', 'mutex'), driver.define('B', 'mutex')];
    const c = driver.define('C', 'mutex');
    const main = session.main;
    const hold = (object: typeof a): ReturnType<typeof session.granted> => {
      const held = session.granted(session.wait(object, LOCK, null, main));
      session.slice.history = session.histories.join(session.slice.history, held.wait?.node ?? null);
      return held;
    };
    const first = [hold(a), hold(b)];
    for (const held of first.reverse()) session.exit(held, main);
    hold(b);
    hold(c);
    hold(a);
    expect(driver.reports[0]?.held.map((lock) => lock.label)).toEqual(['B', 'C']);
    expect(driver.reports[0]?.other?.label).toBe('C');
    expect(driver.reports[0]).toMatchObject({ kind: 'circular', irqState: null, lock: { name: 'A', usage: '....' } });
  });
});
