import { describe, expect, test } from 'vitest';
import type { ExactContext } from '../../../src/core/context.ts';
import { COMPLETION, LOCK, READ_LOCK, WRITE_LOCK } from '../../../src/core/how.ts';
import type { TrackedObject } from '../../../src/core/tracked-object.ts';
import type { How } from '../../../src/core/vocabulary.ts';
import { Stage } from './stage.ts';

interface Two {
  readonly stage: Stage;
  readonly x: ExactContext;
  readonly y: ExactContext;
  readonly a: TrackedObject;
  readonly b: TrackedObject;
}

function two(stage: Stage = new Stage()): Two {
  return { stage, x: stage.task('X'), y: stage.task('Y'), a: stage.object('A'), b: stage.object('B') };
}

/** X nests B in A, Y nests A in B, each under its own way of holding the gate (null: without it). */
function inversion({ stage, x, y, a, b }: Two, gate: TrackedObject, byX: How | null, byY: How | null): void {
  const outer = byX === null ? null : stage.lock(x, gate, byX);
  stage.nest(x, a, b);
  if (outer !== null) stage.unlock(outer);
  const other = byY === null ? null : stage.lock(y, gate, byY);
  stage.nest(y, b, a);
  if (other !== null) stage.unlock(other);
}

/** Has one and asks for another one, under the gate. */
function twice(stage: Stage, context: ExactContext, object: TrackedObject, gate: TrackedObject, by: How = LOCK): void {
  const outer = stage.lock(context, gate, by);
  stage.nest(context, object, object);
  stage.unlock(outer);
}

describe('gate lock', () => {
  test.each([
    ['both exclusive', WRITE_LOCK, WRITE_LOCK, true],
    ['one shared', READ_LOCK, WRITE_LOCK, true],
    ['both shared', READ_LOCK, READ_LOCK, false],
    ['one side only', WRITE_LOCK, null, false],
  ] as const)('%s', (_name, byX, byY, isExcluded) => {
    const set = two();
    inversion(set, set.stage.object('gate', 'rwlock'), byX, byY);
    expect(set.stage.circles).toEqual(isExcluded ? [] : ['B:0 A:0']);
    expect(set.stage.tracker.filtered.map(({ reason, because }) => [reason, because])).toEqual(
      isExcluded ? [['gate-lock', 'gate']] : [],
    );
  });

  test('a pool lets several in, so it is no gate', () => {
    const set = two();
    inversion(set, set.stage.object('pool', 'pool', { capacity: 2 }), LOCK, LOCK);
    expect(set.stage.circles).toEqual(['B:0 A:0']);
  });

  describe('a limit around a ring of three locks', () => {
    const [one, two] = [null, { permits: 2 }];

    test.each([
      ['lets in two', 2, [one, one, one], false],
      ['lets in three', 3, [one, one, one], true],
      ['lets in two who want two permits each', 5, [two, two, two], false],
      ['lets in two, one of whom wants both permits', 2, [one, two, one], false],
      ['lets in three where one of them wants less', 5, [two, one, two], true],
      ['is not around one of them', 2, [one, 'free', one], true],
    ] as const)('that %s', (_name, capacity, seats, isFound) => {
      const stage = new Stage();
      const gate = stage.object('gate', 'pool', { capacity });
      const ring = ['A', 'B', 'C'].map((name) => stage.object(name));
      seats.forEach((more, i) => {
        const task = stage.task(`task ${i}`);
        const seat = more === 'free' ? [] : [stage.lock(task, gate, LOCK, more)];
        stage.nest(task, ring[i]!, ring[(i + 1) % 3]!);
        stage.unlock(...seat);
      });
      expect(stage.circles).toHaveLength(isFound ? 1 : 0);
      expect(stage.tracker.filtered.map(({ reason, because }) => [reason, because])).toEqual(
        isFound ? [] : [['limited', 'gate']],
      );
    });
  });

  test('two contexts may owe the same event, so that is no gate', () => {
    const set = two();
    const { stage, x, y, a, b } = set;
    const done = stage.completion('done');
    const byX = stage.session.enter(done, COMPLETION, null, x);
    stage.nest(x, a, b);
    const byY = stage.session.enter(done, COMPLETION, null, y);
    stage.nest(y, b, a);
    stage.unlock(byX, byY);
    expect(stage.circles).toEqual(['B:0 A:0']);
  });

  test('a pool asked for a second one under one lock is none, until somebody asks without it', () => {
    const { stage, x, y } = two();
    const [gate, pool] = [stage.object('gate'), stage.object('pool', 'pool', { capacity: 2 })];
    twice(stage, x, pool, gate);
    twice(stage, y, pool, gate);
    expect(stage.circles).toEqual([]);
    expect(stage.tracker.filtered.map(({ reason, because }) => [reason, because])).toEqual([['gate-lock', 'gate']]);
    stage.nest(y, pool, pool);
    expect(stage.circles).toEqual(['pool:0']);
  });

  test.each([
    ['a lock', 1, LOCK, LOCK],
    ['a pool under a lock that is shared', 2, READ_LOCK, READ_LOCK],
  ] as const)('%s asked for by who has it is a deadlock under a gate, too', (_name, capacity, byX, byY) => {
    const { stage, x, y } = two();
    const gate = stage.object('gate', 'rwlock');
    const kind = capacity === 1 ? 'mutex' : 'pool';
    const again = stage.object('again', kind, { capacity });
    twice(stage, x, again, gate, byX);
    twice(stage, y, again, gate, byY);
    expect(stage.circles).toEqual(['again:0']);
  });

  test('another instance of the gate-s class is another gate', () => {
    const { stage, x, y, a, b } = two();
    const gates = [stage.object('gate'), stage.object('gate')];
    const first = stage.lock(x, gates[0]!);
    stage.nest(x, a, b);
    stage.unlock(first);
    stage.lock(y, gates[1]!);
    stage.nest(y, b, a);
    expect(stage.circles).toEqual(['B:0 A:0']);
  });

  test('a gate taken between the two is itself in the circle that is reported', () => {
    const { stage, x, y, a, b } = two();
    const gate = stage.object('gate');
    const outer = stage.lock(x, a);
    stage.nest(x, gate, b);
    stage.unlock(outer);
    const other = stage.lock(y, b);
    stage.nest(y, gate, a);
    stage.unlock(other);
    expect(stage.circles).toContain('B:0 gate:0');
  });

  test.each(['X', 'Y'])('a later sighting without the gate by %s releases the circle set aside, once', (who) => {
    const set = two();
    const { stage, x, y, a, b } = set;
    inversion(set, stage.object('gate'), LOCK, LOCK);
    expect(stage.circles).toEqual([]);
    for (let i = 0; i < 3; i++) {
      if (who === 'X') stage.nest(x, a, b);
      else stage.nest(y, b, a);
    }
    expect(stage.circles).toHaveLength(1);
    expect(stage.tracker.filtered).toEqual([]);
  });

  test('linux rules know no gates', () => {
    const set = two(new Stage({ rules: 'linux' }));
    inversion(set, set.stage.object('gate'), LOCK, LOCK);
    expect(set.stage.circles).toEqual(['B:0 A:0']);
  });
});

describe('happens-before through tracked events', () => {
  test('Y waits until X is done with it', () => {
    const { stage, x, y, a, b } = two();
    const done = stage.completion('done');
    const wait = stage.sleep(y, done);
    stage.nest(x, a, b);
    stage.fire(x, done, wait);
    stage.nest(y, b, a);
    expect(stage.circles).toEqual([]);
    expect(stage.tracker.filtered.map(({ reason, because }) => [reason, because])).toEqual([
      ['happens-before', 'X before Y'],
    ]);
  });

  test('through a third context', () => {
    const { stage, x, y, a, b } = two();
    const z = stage.task('Z');
    const [first, second] = [stage.completion('first'), stage.completion('second')];
    const [waitZ, waitY] = [stage.sleep(z, first), stage.sleep(y, second)];
    stage.nest(x, a, b);
    stage.fire(x, first, waitZ);
    stage.fire(z, second, waitY);
    stage.nest(y, b, a);
    expect(stage.circles).toEqual([]);
  });

  test('fired too early, it orders nothing', () => {
    const { stage, x, y, a, b } = two();
    const done = stage.completion('done');
    stage.fire(x, done, stage.sleep(y, done));
    stage.nest(x, a, b);
    stage.nest(y, b, a);
    expect(stage.circles).toEqual(['B:0 A:0']);
  });

  test('a wait that gave up orders nothing', () => {
    const { stage, x, y, a, b } = two();
    const wait = stage.sleep(y, stage.completion('done'));
    stage.nest(x, a, b);
    stage.giveUp(wait, 'timed-out');
    stage.nest(y, b, a);
    expect(stage.circles).toEqual(['B:0 A:0']);
  });

  test('the order in which locks were taken in this run orders nothing', () => {
    const { stage, x, y, a, b } = two();
    const c = stage.object('C');
    const held = stage.lock(x, c);
    const wait = stage.block(y, c);
    stage.nest(x, a, b);
    stage.unlock(held);
    stage.unlock(stage.grant(wait));
    stage.nest(y, b, a);
    expect(stage.circles).toEqual(['B:0 A:0']);
  });

  test('once X does it again after Y may go on, the circle set aside counts', () => {
    const { stage, x, y, a, b } = two();
    const done = stage.completion('done');
    const wait = stage.sleep(y, done);
    stage.nest(x, a, b);
    stage.fire(x, done, wait);
    stage.nest(y, b, a);
    expect(stage.circles).toEqual([]);
    stage.nest(x, a, b);
    expect(stage.circles).toHaveLength(1);
  });
});

describe('single context', () => {
  test('one context alone takes them in both orders; a second of its name may run beside it', () => {
    const { stage, x, a, b } = two();
    stage.nest(x, a, b);
    stage.nest(x, b, a);
    expect(stage.circles).toEqual([]);
    expect(stage.tracker.filtered.map(({ reason, because }) => [reason, because])).toEqual([['single-context', 'X']]);
    stage.task('other');
    expect(stage.circles).toEqual([]);
    stage.task('X');
    expect(stage.circles).toEqual(['B:0 A:0']);
    expect(stage.tracker.filtered).toEqual([]);
  });

  test('three pairs of which only two are by the same context: those two are never under way together', () => {
    const { stage, x, y, a, b } = two();
    const c = stage.object('C');
    stage.nest(x, a, b);
    stage.nest(x, b, c);
    stage.nest(y, c, a);
    expect(stage.circles).toEqual([]);
    stage.nest(y, b, c);
    stage.nest(stage.task('Z'), b, c);
    expect(stage.circles).toHaveLength(1);
  });

  test('a circle that can hang is found behind a shorter one that cannot', () => {
    const { stage, x, y, a, b } = two();
    const z = stage.task('Z');
    const c = stage.object('C');
    stage.nest(x, a, b);
    stage.nest(y, a, c);
    stage.nest(z, c, b);
    stage.nest(x, b, a);
    expect(stage.tracker.filtered).toHaveLength(1);
    expect(stage.circles).toEqual(['B:0 C:0 A:0']);
  });
});
