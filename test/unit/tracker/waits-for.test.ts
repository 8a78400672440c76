import { describe, expect, test } from 'vitest';
import { className } from '../../../src/core/classes.ts';
import type { EventContext } from '../../../src/core/event-context.ts';
import { COMPLETION, LOCK, READ_LOCK, WRITE_LOCK } from '../../../src/core/how.ts';
import { Session } from '../../../src/core/session.ts';
import { WaitsFor } from '../../../src/tracker/waits-for.ts';
import { Stage } from './stage.ts';

function contextsOf(stage: Stage): string[] {
  return stage.deadlocks.map(({ circle }) =>
    circle
      .map(({ context }) => context.name)
      .sort()
      .join(' '),
  );
}

describe('a circle of contexts blocked now', () => {
  test('two contexts in opposite order: at the very block that closes it, and not before', () => {
    const stage = new Stage();
    const [x, y] = [stage.task('X'), stage.task('Y')];
    const [a, b] = [stage.object('A'), stage.object('B')];
    stage.lock(x, a);
    stage.lock(y, b);
    stage.block(x, b);
    expect(stage.deadlocks).toEqual([]);
    stage.block(y, a);
    expect(stage.codes).toEqual(['DEPT001', 'DEPT002']);
    expect(contextsOf(stage)).toEqual(['X Y']);
    expect(stage.deadlocks[0]?.predictedBy).toBe(stage.findings[0]?.fingerprint);
    const [first, second] = stage.deadlocks[0]?.circle ?? [];
    expect(first?.to).toBe(second?.from);
    expect(second?.to).toBe(first?.from);
  });

  test('a context that waits for itself', () => {
    const stage = new Stage();
    const x = stage.task('X');
    const a = stage.object('A');
    stage.lock(x, a);
    stage.block(x, a);
    expect(contextsOf(stage)).toEqual(['X']);
  });

  test('three contexts: each waits for what the next one holds', () => {
    const stage = new Stage();
    const tasks = ['X', 'Y', 'Z'].map((name) => stage.task(name));
    const locks = ['A', 'B', 'C'].map((name) => stage.object(name));
    tasks.forEach((task, i) => {
      stage.lock(task, locks[i]!);
    });
    stage.block(tasks[0]!, locks[1]!);
    stage.block(tasks[1]!, locks[2]!);
    expect(stage.deadlocks).toEqual([]);
    stage.block(tasks[2]!, locks[0]!);
    expect(contextsOf(stage)).toEqual(['X Y Z']);
    for (const [i, { to }] of stage.deadlocks[0]!.circle.entries()) {
      const before = stage.deadlocks[0]!.circle.at(i - 1)!;
      expect(className(to)).toBe(className(before.from));
    }
  });

  test('a context that runs into an old circle from outside is no second deadlock of its own making', () => {
    const stage = new Stage();
    const [x, y, z] = [stage.task('X'), stage.task('Y'), stage.task('Z')];
    const [a, b, c] = [stage.object('A'), stage.object('B'), stage.object('C')];
    stage.lock(x, a);
    stage.lock(y, b);
    stage.lock(z, c);
    stage.block(x, b);
    stage.block(y, a);
    stage.block(z, a);
    expect(contextsOf(stage)).toEqual(['X Y']);
  });

  test('a holder that runs is none, however long the queue', () => {
    const stage = new Stage();
    const [x, y, z] = [stage.task('X'), stage.task('Y'), stage.task('Z')];
    const [a, b] = [stage.object('A'), stage.object('B')];
    stage.lock(x, a);
    stage.lock(y, b);
    stage.block(y, a);
    stage.block(z, b);
    expect(stage.deadlocks).toEqual([]);
    expect(stage.live.hasSuspects).toBe(false);
  });

  test('a timed wait anywhere in the ring', () => {
    for (const timed of [0, 1]) {
      const stage = new Stage();
      const [x, y] = [stage.task('X'), stage.task('Y')];
      const [a, b] = [stage.object('A'), stage.object('B')];
      stage.lock(x, a);
      stage.lock(y, b);
      stage.block(x, b, LOCK, timed === 0 ? { timeoutMs: 10 } : null);
      stage.block(y, a, LOCK, timed === 1 ? { timeoutMs: 10 } : null);
      expect(stage.deadlocks).toEqual([]);
    }
  });

  test('everything completes afterwards: nothing is left suspected or open', () => {
    const stage = new Stage();
    const [x, y] = [stage.task('X'), stage.task('Y')];
    const [a, b] = [stage.object('A'), stage.object('B')];
    const heldA = stage.lock(x, a);
    const heldB = stage.lock(y, b);
    const first = stage.block(x, b);
    const second = stage.block(y, a);
    stage.giveUp(second);
    stage.unlock(heldB);
    stage.unlock(stage.grant(first), heldA);
    expect(stage.live.hasSuspects).toBe(false);
    expect(stage.live.open).toEqual([]);
    stage.live.confirm(true);
    stage.live.reportStalled();
    expect(stage.deadlocks).toHaveLength(1);
  });
});

describe('readers', () => {
  test('a writer waits for any reader that is stuck', () => {
    const stage = new Stage();
    const [x, y] = [stage.task('X'), stage.task('Y')];
    const [r, b] = [stage.object('R', 'rwsem'), stage.object('B')];
    stage.lock(x, r, READ_LOCK);
    stage.lock(y, r, READ_LOCK);
    const heldB = stage.lock(x, b);
    stage.block(y, b);
    expect(stage.deadlocks).toEqual([]);
    stage.block(x, r, WRITE_LOCK);
    expect(contextsOf(stage)).toEqual(['X']);
    expect(heldB.open).toBe(true);
  });

  test('a reader passes readers when it need not queue', () => {
    const recursive = { ...READ_LOCK, recursive: true, queued: false };
    const stage = new Stage();
    const [x, y] = [stage.task('X'), stage.task('Y')];
    const [r, b] = [stage.object('R', 'rwlock'), stage.object('B')];
    stage.lock(x, r, recursive);
    stage.lock(y, b);
    stage.block(x, b);
    stage.block(y, r, recursive);
    expect(stage.deadlocks).toEqual([]);
  });
});

describe('permits', () => {
  test('a pool of n: only when all n holders are stuck', () => {
    for (const n of [2, 3, 5]) {
      const stage = new Stage();
      const pool = stage.object('pool', 'pool', { capacity: n });
      const tasks = Array.from({ length: n }, (_, i) => stage.task(`T${i}`));
      for (const task of tasks) stage.lock(task, pool);
      for (const [i, task] of tasks.entries()) {
        expect(stage.deadlocks).toEqual([]);
        stage.block(task, pool);
        expect(stage.deadlocks).toHaveLength(i === n - 1 ? 1 : 0);
      }
    }
  });

  test('a pool that still has a permit for this demand is none', () => {
    const stage = new Stage();
    const [x, y] = [stage.task('X'), stage.task('Y')];
    const pool = stage.object('pool', 'pool', { capacity: 3 });
    const b = stage.object('B');
    stage.lock(x, pool);
    stage.lock(y, b);
    stage.block(x, b);
    stage.block(y, pool, LOCK, { permits: 2 });
    expect(stage.deadlocks).toEqual([]);
  });

  test('one holder of all permits blocks the pool alone, and one of too many blocks a large demand', () => {
    for (const [holds, asks, hangs] of [
      [3, 1, true],
      [2, 1, false],
      [2, 2, true],
    ] as const) {
      const stage = new Stage();
      const [x, y] = [stage.task('X'), stage.task('Y')];
      const pool = stage.object('pool', 'pool', { capacity: 3 });
      const b = stage.object('B');
      stage.lock(x, pool, LOCK, { permits: holds });
      stage.lock(y, b);
      stage.block(x, b);
      stage.block(y, pool, LOCK, { permits: asks });
      expect([holds, asks, stage.deadlocks.length]).toEqual([holds, asks, hangs ? 1 : 0]);
    }
  });

  test('a holder that looked stuck only through a pool that goes on is not stuck', () => {
    const stage = new Stage();
    const [p, q, r, s, runs] = ['P', 'Q', 'R', 'S', 'runs'].map((name) => stage.task(name)) as [
      ReturnType<Stage['task']>,
      ReturnType<Stage['task']>,
      ReturnType<Stage['task']>,
      ReturnType<Stage['task']>,
      ReturnType<Stage['task']>,
    ];
    const pool = stage.object('pool', 'pool', { capacity: 2 });
    const shared = stage.object('shared', 'rwsem');
    const a = stage.object('A');
    // Q holds a permit and waits for A, which P holds; P waits for a permit; the other permit's holder runs.
    stage.lock(q, pool);
    stage.lock(runs, pool);
    stage.lock(p, a);
    stage.lock(p, shared, READ_LOCK);
    stage.lock(q, shared, READ_LOCK);
    stage.block(q, a);
    stage.block(p, pool);
    stage.block(r, shared, WRITE_LOCK);
    stage.lock(s, stage.object('C'));
    expect(stage.deadlocks).toEqual([]);
  });
});

describe('who waits behind a deadlock that was told', () => {
  function circleOfTwo(stage: Stage) {
    const [x, y] = [stage.task('X'), stage.task('Y')];
    const [a, b] = [stage.object('A'), stage.object('B')];
    stage.lock(x, a);
    stage.lock(y, b);
    return { x, y, a, b };
  }

  test('before it closes, directly or in a row, is listed under it and is no stall of its own', () => {
    const stage = new Stage();
    const { x, y, a, b } = circleOfTwo(stage);
    const [z, q] = [stage.task('Z'), stage.task('Q')];
    const c = stage.object('C');
    stage.lock(z, c);
    stage.block(q, c);
    stage.block(z, a);
    stage.block(x, b);
    stage.block(y, a);
    expect(stage.deadlocks.map(({ code }) => code)).toEqual(['DEPT002']);
    const behind = stage.deadlocks[0]?.openWaits ?? [];
    expect(behind.map(({ contextName }) => contextName)).toEqual(['Q', 'Z']);
    expect(behind[0]?.owners).toMatchObject([{ contextName: 'Z', stoppedBy: [1] }]);
    stage.live.reportStalled();
    expect(stage.deadlocks).toHaveLength(1);
  });

  test('after it has closed is no stall of its own either', () => {
    const stage = new Stage();
    const { x, y, a, b } = circleOfTwo(stage);
    stage.block(x, b);
    stage.block(y, a);
    stage.block(stage.task('Z'), a);
    expect(stage.deadlocks[0]?.openWaits).toEqual([]);
    stage.live.reportStalled();
    expect(stage.deadlocks).toHaveLength(1);
  });

  test('is told apart from who waits for another reason', () => {
    const stage = new Stage();
    const { x, y, a, b } = circleOfTwo(stage);
    const kept = stage.object('K');
    stage.lock(stage.task('keeper'), kept);
    stage.block(stage.task('Z'), kept);
    stage.block(x, b);
    stage.block(y, a);
    stage.block(stage.task('Q'), a);
    stage.live.reportStalled();
    expect(stage.deadlocks.map(({ code }) => code)).toEqual(['DEPT002', 'DEPT003']);
    expect(stage.deadlocks[1]?.openWaits.map(({ contextName }) => contextName)).toEqual(['Z']);
  });

  test('for a permit that a holder outside of the circle could give back as well waits for another reason', () => {
    const stage = new Stage();
    const { x, y, a, b } = circleOfTwo(stage);
    const pool = stage.object('pool', 'pool', { capacity: 2 });
    stage.lock(x, pool);
    stage.lock(stage.task('keeper'), pool);
    stage.block(x, b);
    stage.block(y, a);
    stage.block(stage.task('Z'), pool);
    stage.live.reportStalled();
    expect(stage.deadlocks[1]?.openWaits.map(({ contextName }) => contextName)).toEqual(['Z']);
  });

  test('is a stall again when the circle has come apart', () => {
    const stage = new Stage();
    const { x, y, a, b } = circleOfTwo(stage);
    const first = stage.block(x, b);
    const second = stage.block(y, a);
    stage.giveUp(first);
    stage.giveUp(second);
    stage.block(stage.task('Z'), a);
    stage.live.reportStalled();
    expect(stage.deadlocks.map(({ code }) => code)).toEqual(['DEPT002', 'DEPT003']);
  });

  test('as another holder of the same full pool is a part of one deadlock', () => {
    const stage = new Stage();
    const pool = stage.object('pool', 'pool', { capacity: 2 });
    const tasks = ['X', 'Y'].map((name) => stage.task(name));
    for (const task of tasks) stage.lock(task, pool);
    for (const task of tasks) stage.block(task, pool);
    expect(stage.deadlocks[0]?.openWaits.map(({ contextName }) => contextName)).toEqual(['X']);
    stage.live.reportStalled();
    expect(stage.deadlocks).toHaveLength(1);
  });
});

describe('an explicit start (event context without a wait)', () => {
  test('closes the circle at the block of the context that owes the event', () => {
    const stage = new Stage();
    const [x, y] = [stage.task('X'), stage.task('Y')];
    const [a, b] = [stage.object('A'), stage.completion('B')];
    stage.session.enter(b, COMPLETION, null, x);
    stage.lock(y, a);
    stage.sleep(y, b);
    expect(stage.deadlocks).toEqual([]);
    stage.block(x, a);
    expect(contextsOf(stage)).toEqual(['X Y']);
  });

  test('closes it when it begins after the block', () => {
    const stage = new Stage();
    const [x, y] = [stage.task('X'), stage.task('Y')];
    const [a, b] = [stage.object('A'), stage.completion('B')];
    stage.lock(y, a);
    stage.block(x, a);
    stage.sleep(y, b);
    expect(stage.deadlocks).toEqual([]);
    stage.session.enter(b, COMPLETION, null, x);
    expect(contextsOf(stage)).toEqual(['X Y']);
  });

  test('of a completion that a second, running context owes as well is none', () => {
    const stage = new Stage();
    const [x, y, z] = [stage.task('X'), stage.task('Y'), stage.task('Z')];
    const [a, b] = [stage.object('A'), stage.completion('B')];
    stage.session.enter(b, COMPLETION, null, x);
    stage.session.enter(b, COMPLETION, null, z);
    stage.lock(y, a);
    stage.sleep(y, b);
    stage.block(x, a);
    expect(stage.deadlocks).toEqual([]);
    stage.block(z, a);
    expect(stage.deadlocks).toHaveLength(1);
  });

  test('what is handed over to a blocked context is stuck there', () => {
    const stage = new Stage();
    const [x, y, z] = [stage.task('X'), stage.task('Y'), stage.task('Z')];
    const [a, b] = [stage.object('A'), stage.completion('B')];
    const owed = stage.session.enter(b, COMPLETION, null, z);
    stage.lock(y, a);
    stage.sleep(y, b);
    stage.block(x, a);
    expect(stage.deadlocks).toEqual([]);
    stage.session.handover(owed, x);
    expect(contextsOf(stage)).toEqual(['X Y']);
  });
});

describe('work per block', () => {
  /** Counts how often the graph asks who holds an object. */
  class CountingSession extends Session {
    asked = 0;
    override holders(...args: Parameters<Session['holders']>): readonly EventContext[] {
      this.asked++;
      return super.holders(...args);
    }
  }

  function counting(): { session: CountingSession; found: string[] } {
    const session = new CountingSession();
    const found: string[] = [];
    session.addObserver(new WaitsFor(session, { onFinding: ({ code }) => found.push(code) }));
    return { session, found };
  }

  test('a thousand waiters queued on one lock whose holder runs: O(1) each', () => {
    const { session, found } = counting();
    const lock = session.object({ kind: 'mutex', name: 'hot' });
    session.granted(session.wait(lock, LOCK, null, session.exactContext('holder')));
    for (let i = 0; i < 1000; i++) {
      const context = session.exactContext(`waiter ${i}`);
      session.granted(session.wait(session.object({ kind: 'mutex', name: 'own' }), LOCK, null, context));
      const before = session.asked;
      session.blocked(session.wait(lock, LOCK, null, context));
      expect(session.asked - before).toBeLessThanOrEqual(2);
    }
    expect(found).toEqual([]);
  });

  test('layers of readers that all lead to one running context: each blocked wait is looked at once', () => {
    const { session, found } = counting();
    const layers = 24;
    const locks = Array.from({ length: layers + 1 }, (_, i) => session.object({ kind: 'rwsem', name: `L${i}` }));
    session.granted(session.wait(locks[layers]!, READ_LOCK, null, session.exactContext('runs')));
    for (let i = layers - 1; i >= 0; i--) {
      const readers = ['left', 'right'].map((side) => session.exactContext(`${side} ${i}`));
      for (const reader of readers) session.granted(session.wait(locks[i]!, READ_LOCK, null, reader));
      const before = session.asked;
      for (const reader of readers) session.blocked(session.wait(locks[i + 1]!, WRITE_LOCK, null, reader));
      expect(session.asked - before).toBeLessThanOrEqual(2 * 2 * (2 * layers + 2));
    }
    expect(found).toEqual([]);
  });
});

describe('open waits in words', () => {
  function twoThatMeet(): Stage {
    const stage = new Stage();
    const main = stage.task('main', 'main');
    const other = stage.task('X');
    const [a, b] = [stage.object('A'), stage.object('B')];
    stage.place = 'refund';
    stage.lock(main, a);
    stage.lock(other, b);
    stage.place = '<anonymous>';
    stage.block(main, b);
    stage.block(other, a);
    return stage;
  }

  test('a wait in a function without a name is called after where its holds were taken', () => {
    const { live } = twoThatMeet();
    expect(live.describeOpen().map(({ contextName }) => contextName)).toEqual(['refund', 'X']);
  });

  test('those that a finding has told of are told apart', () => {
    const stage = twoThatMeet();
    const another = stage.object('C');
    stage.lock(stage.task('Y'), another);
    stage.block(stage.task('Z'), another);
    expect(stage.deadlocks).toHaveLength(1);
    expect(stage.live.describeOpen()).toHaveLength(3);
    expect(stage.live.describeUntold().map(({ contextName }) => contextName)).toEqual(['Z']);
  });
});
