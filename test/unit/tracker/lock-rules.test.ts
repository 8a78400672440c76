import { describe, expect, test } from 'vitest';
import { LOCK, READ_LOCK, READ_LOCK_RECURSIVE, TRYLOCK, WRITE_LOCK } from '../../../src/core/how.ts';
import { Stage } from './stage.ts';

const RULES = ['linux', 'dept'] as const;

describe('the same class twice (facts 3.4)', () => {
  test.each(RULES)('%s rules: the same instance is an AA deadlock', (rules) => {
    const stage = new Stage({ rules });
    const x = stage.task('X');
    const a = stage.object('A');
    stage.lock(x, a);
    stage.session.wait(a, LOCK, null, x);
    expect(stage.circles).toEqual(['A:0']);
    expect(stage.findings[0]!.severity).toBe('error');
  });

  test('linux rules: two instances of one class are the same', () => {
    const stage = new Stage({ rules: 'linux' });
    stage.nest(stage.task('X'), stage.object('A'), stage.object('A'));
    expect(stage.circles).toEqual(['A:0']);
  });

  test('dept rules: instances in one order are fine, an inversion of it is not', () => {
    const stage = new Stage({ rules: 'dept' });
    const [x, y] = [stage.task('X'), stage.task('Y')];
    const nodes = [1, 2, 3].map(() => stage.object('node'));
    stage.nest(x, nodes[0]!, nodes[1]!);
    stage.nest(y, nodes[1]!, nodes[2]!);
    stage.nest(y, nodes[0]!, nodes[2]!);
    expect(stage.codes).toEqual([]);
    stage.nest(x, nodes[2]!, nodes[0]!);
    expect(stage.circles).toEqual(['node:0 node:0']);
  });

  test('dept rules: an instance first asked for with a timeout is reported again, as hard, without one', () => {
    const stage = new Stage({ rules: 'dept' });
    const x = stage.task('X');
    const a = stage.object('A');
    stage.lock(x, a);
    stage.giveUp(stage.block(x, a, LOCK, { timeoutMs: 5 }), 'timed-out');
    expect(stage.findings.map(({ severity }) => severity)).toEqual(['warning']);
    stage.giveUp(stage.block(x, a));
    expect(stage.findings.map(({ severity }) => severity)).toEqual(['warning', 'error']);
    stage.giveUp(stage.block(x, a));
    expect(stage.findings).toHaveLength(2);
  });

  test.each(RULES)('%s rules: a declared nesting depth excuses it', (rules) => {
    const stage = new Stage({ rules });
    const x = stage.task('X');
    const [outer, inner] = [stage.object('A'), stage.object('A')];
    const first = stage.lock(x, outer);
    stage.unlock(stage.lock(x, inner, LOCK, { nest: 1 }), first);
    expect(stage.dependencies).toEqual([]);
    expect(stage.codes).toEqual([]);
  });

  test('linux rules: a depth excuses one class only, and a reader is another class than a writer', () => {
    const stage = new Stage({ rules: 'linux' });
    const x = stage.task('X');
    const [outer, inner] = [stage.object('R', 'rwlock'), stage.object('R', 'rwlock')];
    stage.lock(x, outer, READ_LOCK);
    stage.lock(x, inner, WRITE_LOCK, { nest: 1 });
    expect(stage.dependencies).toEqual(['R:8 -> R:0']);
  });

  test.each(RULES)('%s rules: a sub-class chosen at init is another class', (rules) => {
    const stage = new Stage({ rules });
    stage.nest(stage.task('X'), stage.object('A'), stage.object('A', 'mutex', { subclass: 2 }));
    expect(stage.dependencies).toEqual(['A:0 -> A:2']);
    expect(stage.codes).toEqual([]);
  });
});

describe('nest_lock (dept_ldt.h: nokeep)', () => {
  test('linux rules: neither a wait nor an event context', () => {
    const stage = new Stage({ rules: 'linux' });
    const x = stage.task('X');
    const [a, b, c] = [stage.object('A'), stage.object('B'), stage.object('C')];
    stage.lock(x, a);
    stage.lock(x, b, LOCK, { group: a });
    stage.lock(x, c);
    expect(stage.dependencies).toEqual(['A:0 -> C:0']);
  });

  test('linux rules: such a wait is not in the history either', () => {
    const stage = new Stage({ rules: 'linux' });
    const [x, y] = [stage.task('X'), stage.task('Y')];
    const [b, done] = [stage.object('B'), stage.completion('done')];
    const wait = stage.sleep(y, done);
    stage.unlock(stage.lock(x, b, LOCK, { group: done }));
    stage.fire(x, done, wait);
    expect(stage.dependencies).toEqual([]);
  });

  test('dept rules: excused within the group, not against others', () => {
    const stage = new Stage({ rules: 'dept' });
    const x = stage.task('X');
    const group = {};
    const [a, b, c] = [stage.object('A'), stage.object('A'), stage.object('C')];
    stage.lock(x, a, LOCK, { group });
    stage.lock(x, b, LOCK, { group });
    stage.lock(x, c);
    expect(stage.codes).toEqual([]);
    expect(stage.dependencies).toEqual(['A:0 -> C:0']);
  });
});

describe('trylock: an event context without a wait', () => {
  test.each(RULES)('%s rules: it adds nothing itself, but what follows depends on it', (rules) => {
    const stage = new Stage({ rules });
    const x = stage.task('X');
    const [a, b, c] = [stage.object('A'), stage.object('B'), stage.object('C')];
    stage.lock(x, a);
    stage.trylock(x, b, TRYLOCK);
    expect(stage.dependencies).toEqual([]);
    stage.lock(x, c);
    expect(stage.dependencies).toEqual(['A:0 -> C:0', 'B:0 -> C:0']);
  });
});

describe('readers (facts 3.4: a second class; only a queued reader waits for readers)', () => {
  test.each(RULES)('%s rules: a recursive reader inside a reader', (rules) => {
    const stage = new Stage({ rules });
    const x = stage.task('X');
    const r = stage.object('R', 'rwlock');
    stage.lock(x, r, READ_LOCK_RECURSIVE);
    stage.lock(x, r, READ_LOCK_RECURSIVE);
    expect(stage.codes).toEqual([]);
  });

  test.each(RULES)('%s rules: a queued reader inside a reader is AA', (rules) => {
    const stage = new Stage({ rules });
    const x = stage.task('X');
    const r = stage.object('R', 'rwlock');
    stage.lock(x, r, READ_LOCK);
    stage.session.wait(r, READ_LOCK, null, x);
    expect(stage.circles).toEqual(['R:8']);
  });

  test.each(RULES)('%s rules: a writer waits for both, a recursive reader for writers only', (rules) => {
    const stage = new Stage({ rules });
    const [x, y] = [stage.task('X'), stage.task('Y')];
    const [a, r] = [stage.object('A'), stage.object('R', 'rwlock')];
    const held = stage.lock(x, a);
    stage.unlock(stage.lock(x, r, READ_LOCK_RECURSIVE), held);
    expect(stage.dependencies).toEqual(['A:0 -> R:0']);
    stage.nest(y, a, r, WRITE_LOCK);
    expect(stage.dependencies).toEqual(['A:0 -> R:0', 'A:0 -> R:8']);
  });

  test.each([
    ['linux', ['A:0 S:0']],
    ['dept', []],
  ] as const)('%s rules: recursive readers of an rwsem in both orders with A: circles %j', (rules, circles) => {
    const stage = new Stage({ rules });
    const [x, y] = [stage.task('X'), stage.task('Y')];
    const [a, s] = [stage.object('A'), stage.object('S', 'rwsem')];
    stage.unlock(stage.lock(x, s, READ_LOCK_RECURSIVE), stage.lock(x, a));
    stage.unlock(stage.lock(y, a), stage.lock(y, s, READ_LOCK_RECURSIVE));
    expect(stage.circles).toEqual(circles);
  });

  test('linux rules: a queued reader inside a reader of an rwsem counts as a writer', () => {
    const stage = new Stage({ rules: 'linux' });
    const x = stage.task('X');
    const s = stage.object('S', 'rwsem');
    stage.lock(x, s, READ_LOCK);
    stage.session.wait(s, READ_LOCK, null, x);
    expect(stage.circles).toEqual(['S:0']);
  });
});

describe('waits with a timeout (CONFIG_DEPT_AGGRESSIVE_TIMEOUT_WAIT is off by default)', () => {
  const TIMED = { timeoutMs: 100 };

  test('linux rules: dropped whole: no dependency, no history, no request', () => {
    const stage = new Stage({ rules: 'linux' });
    const [x, y] = [stage.task('X'), stage.task('Y')];
    const [a, b, done] = [stage.object('A'), stage.object('B'), stage.completion('done')];
    stage.lock(x, a);
    stage.unlock(stage.lock(x, b, LOCK, TIMED));
    expect(stage.dependencies).toEqual([]);
    const wait = stage.sleep(y, done, TIMED);
    stage.unlock(stage.lock(x, b));
    stage.fire(x, done, wait);
    expect(stage.dependencies).toEqual(['A:0 -> B:0']);
  });

  test('linux rules: a timed sleep does not move the request of an untimed one', () => {
    const stage = new Stage({ rules: 'linux' });
    const [x, y, z] = [stage.task('X'), stage.task('Y'), stage.task('Z')];
    const [b, done] = [stage.object('B'), stage.completion('done')];
    const first = stage.sleep(y, done);
    stage.unlock(stage.lock(x, b));
    const second = stage.sleep(z, done, TIMED);
    stage.fire(x, done, first, second);
    expect(stage.dependencies).toEqual(['done:0 -> B:0']);
  });

  test.each([0, 1])(
    'dept rules: a soft report, then a hard one when seen without a timeout (pair %i first)',
    (timed) => {
      const stage = new Stage({ rules: 'dept' });
      const [x, y] = [stage.task('X'), stage.task('Y')];
      const [a, b] = [stage.object('A'), stage.object('B')];
      const nest = (pair: number, more: { timeoutMs: number } | null): void => {
        const [context, outer, inner] = pair === 0 ? ([x, a, b] as const) : ([y, b, a] as const);
        const held = stage.lock(context, outer);
        stage.unlock(stage.lock(context, inner, LOCK, more), held);
      };
      nest(timed, TIMED);
      nest(1 - timed, null);
      expect(stage.findings.map(({ severity }) => severity)).toEqual(['warning']);
      nest(timed, TIMED);
      expect(stage.findings).toHaveLength(1);
      nest(timed, null);
      expect(stage.findings.map(({ severity }) => severity)).toEqual(['warning', 'error']);
      nest(timed, null);
      nest(timed, TIMED);
      expect(stage.findings).toHaveLength(2);
      expect(stage.findings[0]!.fingerprint).toBe(stage.findings[1]!.fingerprint);
    },
  );

  test('dept rules: a short circle with a timeout does not hide a longer one without', () => {
    const stage = new Stage({ rules: 'dept' });
    const [x, y, z] = [stage.task('X'), stage.task('Y'), stage.task('Z')];
    const [a, b, c] = [stage.object('A'), stage.object('B'), stage.object('C')];
    const held = stage.lock(x, a);
    stage.unlock(stage.lock(x, b, LOCK, TIMED), held);
    stage.nest(x, a, c);
    stage.nest(y, c, b);
    expect(stage.codes).toEqual([]);
    stage.nest(z, b, a);
    expect(stage.findings.map(({ severity, circle }) => [severity, circle.length])).toEqual([
      ['warning', 2],
      ['error', 3],
    ]);
  });
});

describe('interrupts (facts 3.5)', () => {
  test.each(RULES)('%s rules: held with interrupts on, taken in the handler', (rules) => {
    for (const handlerFirst of [true, false]) {
      const stage = new Stage({ rules });
      const [task, handler] = [stage.task('task'), stage.task('handler', 'hardirq')];
      const a = stage.object('A', 'spinlock');
      const takes = [() => stage.unlock(stage.lock(handler, a)), () => stage.unlock(stage.lock(task, a))];
      for (const take of handlerFirst ? takes : takes.reverse()) {
        expect(stage.codes).toEqual([]);
        take();
      }
      expect(stage.circles).toEqual(['A:0']);
      expect(stage.findings[0]!.circle[0]!.irqs).toEqual(['hardirq']);
    }
  });

  test.each(RULES)('%s rules: held with interrupts off is fine', (rules) => {
    const stage = new Stage({ rules });
    const [task, handler] = [stage.task('task'), stage.task('handler', 'hardirq')];
    const a = stage.object('A', 'spinlock');
    stage.session.setIrq('hardirq', false, task);
    stage.unlock(stage.lock(task, a));
    stage.session.setIrq('hardirq', true, task);
    stage.unlock(stage.lock(handler, a));
    expect(stage.codes).toEqual([]);
  });

  test.each(RULES)('%s rules: interrupts switched on while it is held', (rules) => {
    const stage = new Stage({ rules });
    const [task, handler] = [stage.task('task'), stage.task('handler', 'softirq')];
    const a = stage.object('A', 'spinlock');
    stage.unlock(stage.lock(handler, a));
    stage.session.setIrq('hardirq', false, task);
    stage.lock(task, a);
    expect(stage.codes).toEqual([]);
    stage.session.setIrq('hardirq', true, task);
    expect(stage.findings[0]!.circle[0]!.irqs).toEqual(['softirq']);
  });

  test.each(RULES)(
    '%s rules: an inversion: the lock of the handler is held while waiting for one held with interrupts on',
    (rules) => {
      const stage = new Stage({ rules });
      const [task, other, handler] = [stage.task('task'), stage.task('other'), stage.task('handler', 'hardirq')];
      const [a, b] = [stage.object('A', 'spinlock'), stage.object('B', 'spinlock')];
      stage.unlock(stage.lock(handler, a));
      stage.unlock(stage.lock(task, b));
      expect(stage.codes).toEqual([]);
      stage.session.setIrq('hardirq', false, other);
      stage.nest(other, a, b);
      expect(stage.codes).toEqual(['DEPT001']);
      expect(stage.findings[0]!.circle.map(({ irqs }) => irqs.length).sort((x, y) => x - y)).toEqual([0, 1]);
    },
  );

  test.each(RULES)('%s rules: a nest_lock hold is known to interrupts only where holds are kept', (rules) => {
    const stage = new Stage({ rules });
    const [task, handler] = [stage.task('task'), stage.task('handler', 'hardirq')];
    const a = stage.object('A', 'spinlock');
    stage.unlock(stage.lock(handler, a));
    stage.unlock(stage.lock(task, a, LOCK, { group: {} }));
    expect(stage.codes).toEqual(rules === 'linux' ? [] : ['DEPT001']);
  });

  test.each(RULES)(
    '%s rules: an event whose producer an interrupt may hit depends on its handler (do_event)',
    (rules) => {
      const stage = new Stage({ rules });
      const [task, waiter, handler] = [stage.task('task'), stage.task('waiter'), stage.task('handler', 'hardirq')];
      const [a, done] = [stage.object('A', 'spinlock'), stage.completion('done')];
      stage.session.setIrq('hardirq', false, waiter);
      stage.unlock(stage.lock(handler, a));
      const held = stage.lock(waiter, a);
      const wait = stage.sleep(waiter, done);
      expect(stage.codes).toEqual([]);
      stage.fire(task, done, wait);
      stage.unlock(held);
      expect(stage.codes).toEqual(['DEPT001']);
      expect(
        stage.findings[0]!.circle.some(({ start, event }) => start.label === null && event.label === 'complete'),
      ).toBe(true);
    },
  );

  test.each(RULES)('%s rules: interrupts that were on at some time between request and event count', (rules) => {
    for (const wasOn of [true, false]) {
      const stage = new Stage({ rules });
      const [task, waiter, handler] = [stage.task('task'), stage.task('waiter'), stage.task('handler', 'hardirq')];
      const [a, done] = [stage.object('A', 'spinlock'), stage.completion('done')];
      stage.session.setIrq('hardirq', false, task);
      stage.session.setIrq('hardirq', false, waiter);
      stage.unlock(stage.lock(handler, a));
      stage.lock(waiter, a);
      const wait = stage.sleep(waiter, done);
      if (wasOn) {
        stage.session.setIrq('hardirq', true, task);
        stage.session.setIrq('hardirq', false, task);
      }
      stage.fire(task, done, wait);
      expect(stage.codes).toEqual(wasOn ? ['DEPT001'] : []);
    }
  });
});
