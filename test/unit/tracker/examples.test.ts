import { describe, expect, test } from 'vitest';
import { COMPLETION } from '../../../src/core/how.ts';
import { circleText, Stage } from './stage.ts';

const RULES = ['linux', 'dept'] as const;

/**
 * Example 1 of Documentation/dev-tools/dept.rst: a mutex A and a folio lock B. The folio is owned by whoever set the
 * bit, which DEPT sees as a request (set) and an event (clear); its wait is a lock's, counted before it blocks.
 */
describe('example 1: mutex A, folio lock B', () => {
  function upToTheHang(rules: (typeof RULES)[number]) {
    const stage = new Stage({ rules });
    const [x, y, z] = [stage.task('X'), stage.task('Y'), stage.task('Z')];
    const [a, b] = [stage.object('A'), stage.object('B', 'folio_lock')];
    const heldA = stage.lock(y, a);
    stage.session.waited(stage.session.wait(b, COMPLETION_POINT, null, x));
    stage.request(x, b);
    const waitB = stage.block(y, b, COMPLETION_POINT);
    const waitA = stage.block(z, a);
    return { stage, y, z, a, b, heldA, waitA, waitB };
  }
  const COMPLETION_POINT = { ...COMPLETION, sleeps: false };

  test.each(RULES)('%s rules: the hung run gives A -> B and no report', (rules) => {
    const { stage } = upToTheHang(rules);
    expect(stage.dependencies).toEqual(['A:0 -> B:0']);
    expect(stage.codes).toEqual([]);
  });

  test.each(RULES)('%s rules: a run in which Z goes on is reported at folio_unlock', (rules) => {
    const { stage, z, a, b, waitA, waitB } = upToTheHang(rules);
    stage.grant(waitA);
    stage.session.event(b, COMPLETION_POINT, z);
    stage.session.waited(waitB);
    expect(stage.dependencies).toEqual(['A:0 -> B:0', 'B:0 -> A:0']);
    expect(stage.circles).toEqual(['B:0 A:0']);
    const [first, second] = stage.findings[0]!.circle;
    expect([first!.start.label, first!.wait.label, first!.event.label]).toEqual([null, 'lock', 'complete']);
    expect([second!.start.label, second!.wait.label, second!.event.label]).toEqual([
      'lock',
      'wait_for_completion',
      'unlock',
    ]);
    expect(first!.wait.class).toBe(second!.event.class);
    expect(a.requestedAt).toBe(0);
    // Y's own folio_unlock later has a stamp after its own wait: nothing new.
    stage.session.event(b, COMPLETION_POINT, z);
    expect(stage.findings).toHaveLength(1);
  });
});

/** Example 2: a mutex A and a completion B, in the timeline the question on the list was about. */
describe('example 2: mutex A, completion B', () => {
  function upToTheHang(rules: (typeof RULES)[number]) {
    const stage = new Stage({ rules });
    const [x, y] = [stage.task('X'), stage.task('Y')];
    const [a, b] = [stage.object('A'), stage.completion('B')];
    const heldA = stage.lock(y, a);
    const waitA = stage.block(x, a);
    const waitB = stage.sleep(y, b);
    return { stage, x, y, a, b, heldA, waitA, waitB };
  }

  test.each(RULES)('%s rules: the hung run itself reports nothing, its producer is unknown', (rules) => {
    const { stage } = upToTheHang(rules);
    expect(stage.dependencies).toEqual(['A:0 -> B:0']);
    expect(stage.codes).toEqual([]);
  });

  test.each([
    ['linux', []],
    ['dept', ['B:0 A:0']],
  ] as const)('%s rules: Y gives up, X gets A and completes B late: circles %j', (rules, circles) => {
    const { stage, x, b, heldA, waitA, waitB } = upToTheHang(rules);
    stage.giveUp(waitB);
    stage.unlock(heldA);
    const heldByX = stage.grant(waitA);
    stage.fire(x, b);
    stage.unlock(heldByX);
    expect(stage.circles).toEqual(circles);
    expect(stage.deadlocks).toEqual([]);
    if (rules === 'linux') expect(stage.dependencies).toEqual(['A:0 -> B:0']);
    else expect(stage.findings[0]!.circle[0]!.rule).toBe('overlap');
  });

  test.each(RULES)(
    '%s rules: with an explicit [S] in X before its mutex_lock it is reported live, at Y-s sleep',
    (rules) => {
      const stage = new Stage({ rules });
      const [x, y] = [stage.task('X'), stage.task('Y')];
      const [a, b] = [stage.object('A'), stage.completion('B')];
      stage.lock(y, a);
      stage.session.enter(b, COMPLETION, null, x);
      stage.block(x, a);
      expect(stage.dependencies).toEqual(['B:0 -> A:0']);
      expect(stage.codes).toEqual([]);
      stage.sleep(y, b);
      expect(stage.codes).toEqual(['DEPT001', 'DEPT002']);
      expect(stage.circles).toEqual(['A:0 B:0']);
      expect(stage.deadlocks[0]!.predictedBy).toBe(stage.findings[0]!.fingerprint);
    },
  );

  test.each(RULES)('%s rules: order swapped (Y sleeps first), X gets A later: reported at the event', (rules) => {
    const stage = new Stage({ rules });
    const [x, y] = [stage.task('X'), stage.task('Y')];
    const [a, b] = [stage.object('A'), stage.completion('B')];
    const heldA = stage.lock(y, a);
    const waitB = stage.sleep(y, b);
    const waitA = stage.block(x, a);
    stage.giveUp(waitB);
    stage.unlock(heldA);
    stage.grant(waitA);
    stage.fire(x, b);
    expect(stage.circles).toEqual(['B:0 A:0']);
    expect(stage.findings[0]!.circle[0]!.rule).toBe('event');
  });

  test('dept rules: an answered request is no circle: the wait ended when its event fired, before the next request', () => {
    const stage = new Stage({ rules: 'dept' });
    const [worker, client] = [stage.task('worker'), stage.task('client')];
    const [work, done] = [stage.completion('work'), stage.completion('done')];
    for (let round = 0; round < 3; round++) {
      const waitWork = stage.sleep(worker, work);
      stage.fire(client, work, waitWork);
      const waitDone = stage.sleep(client, done);
      stage.fire(worker, done, waitDone);
    }
    expect(stage.circles).toEqual([]);
  });
});

/** Facts 8.3: X waits A and fires C, Y waits C and fires B, Z waits B and fires A. */
describe('a ring of three contexts and events', () => {
  class Ring {
    readonly stage: Stage;
    readonly tasks;
    readonly events;
    constructor(rules: (typeof RULES)[number]) {
      this.stage = new Stage({ rules });
      this.tasks = ['X', 'Y', 'Z'].map((name) => this.stage.task(name));
      this.events = ['A', 'C', 'B'].map((name) => this.stage.completion(name));
    }
    /** All sleep in this order, then give up and fire what they owe. */
    round(order: readonly number[], owes: readonly number[] = [1, 2, 0]): void {
      const waits = order.map((i) => this.stage.sleep(this.tasks[i]!, this.events[i]!));
      for (const wait of waits) this.stage.giveUp(wait);
      for (const i of order) this.stage.fire(this.tasks[i]!, this.events[owes[i]!]!);
    }
  }

  test.each(RULES)('%s rules: the hung round has no dependency at all', (rules) => {
    const ring = new Ring(rules);
    for (const i of [0, 1, 2]) ring.stage.sleep(ring.tasks[i]!, ring.events[i]!);
    expect(ring.stage.dependencies).toEqual([]);
    expect(ring.stage.codes).toEqual([]);
  });

  test('linux rules: the documented order teaches one of the three, and no round more than two', () => {
    const ring = new Ring('linux');
    ring.round([0, 1, 2]);
    expect(ring.stage.dependencies).toEqual(['A:0 -> B:0']);
    for (const order of [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]) {
      const one = new Ring('linux');
      one.round(order);
      expect(one.stage.dependencies.length).toBeLessThanOrEqual(2);
      expect(one.stage.codes).toEqual([]);
    }
  });

  test('linux rules: rounds in two orders teach all three, reported in the second', () => {
    const ring = new Ring('linux');
    ring.round([0, 1, 2]);
    ring.round([2, 1, 0]);
    expect(ring.stage.dependencies).toEqual(['A:0 -> B:0', 'B:0 -> C:0', 'C:0 -> A:0']);
    expect(ring.stage.findings).toHaveLength(1);
    expect(ring.stage.findings[0]!.circle).toHaveLength(3);
  });

  test('dept rules: one completed round is enough', () => {
    const ring = new Ring('dept');
    ring.round([0, 1, 2]);
    expect(ring.stage.dependencies).toEqual(['A:0 -> B:0', 'B:0 -> C:0', 'C:0 -> A:0']);
    expect(ring.stage.findings.map(circleText)).toHaveLength(1);
    const circle = ring.stage.findings[0]!.circle;
    for (const [i, { wait }] of circle.entries()) expect(wait.class).toBe(circle.at(i - 1)!.event.class);
  });

  test.each(RULES)('%s rules: with explicit starts the hung round itself reports', (rules) => {
    const { stage, tasks, events } = new Ring(rules);
    for (const [i, owed] of [1, 2, 0].entries()) stage.session.enter(events[owed]!, COMPLETION, null, tasks[i]!);
    for (const i of [0, 1, 2]) stage.sleep(tasks[i]!, events[i]!);
    expect(stage.codes).toEqual(['DEPT001', 'DEPT002']);
  });
});

/** Facts 8.4. */
describe('W waits for D, then fires B', () => {
  test.each(RULES)('%s rules: B requested before the wait gives B -> D', (rules) => {
    const stage = new Stage({ rules });
    const [v, w, d2] = [stage.task('V'), stage.task('W'), stage.task('D')];
    const [b, d] = [stage.completion('B'), stage.completion('D')];
    const waitB = stage.sleep(v, b);
    stage.fire(d2, d, stage.sleep(w, d));
    stage.fire(w, b, waitB);
    expect(stage.dependencies).toEqual(['B:0 -> D:0']);
    expect(stage.codes).toEqual([]);
  });

  test.each([
    ['linux', false],
    ['linux', true],
    ['dept', false],
    ['dept', true],
  ] as const)('%s rules: B requested after the wait began (while it lasts: %j)', (rules, whileItLasts) => {
    const stage = new Stage({ rules });
    const [v, w, d2] = [stage.task('V'), stage.task('W'), stage.task('D')];
    const [b, d] = [stage.completion('B'), stage.completion('D')];
    const waitD = stage.sleep(w, d);
    if (!whileItLasts) stage.fire(d2, d, waitD);
    const waitB = stage.sleep(v, b);
    if (whileItLasts) stage.fire(d2, d, waitD);
    stage.fire(w, b, waitB);
    expect(stage.dependencies).toEqual(rules === 'dept' && whileItLasts ? ['B:0 -> D:0'] : []);
  });
});

/** Facts 8.5: ni_lock held, PG_locked awaited; elsewhere the folio's owner takes ni_lock before it unlocks the folio. */
test.each(RULES)('%s rules: the ntfs3 case, closed at wait time', (rules) => {
  const stage = new Stage({ rules });
  const [reader, writer] = [stage.task('reader'), stage.task('writer')];
  const [lock, folio] = [stage.object('ni_lock'), stage.completion('PG_locked')];
  stage.request(writer, folio);
  const held = stage.lock(writer, lock);
  stage.unlock(held);
  stage.fire(writer, folio);
  expect(stage.dependencies).toEqual(['PG_locked:0 -> ni_lock:0']);
  stage.lock(reader, lock);
  stage.sleep(reader, folio);
  expect(stage.circles).toEqual(['ni_lock:0 PG_locked:0']);
  expect(stage.findings[0]!.circle.map(({ rule }) => rule)).toEqual(['wait', 'event']);
});

/** kernel/dependency/dept_unit_test.c: one thread, no real deadlock; a circle is printed. */
describe('the kernel-s own unit tests', () => {
  test.each([
    ['spin lock', 'spinlock', 'linux'],
    ['mutex lock', 'mutex', 'linux'],
  ] as const)('%s deadlock test', (_name, kind, rules) => {
    const stage = new Stage({ rules });
    const init = stage.task('init');
    const [s1, s2] = [stage.object('s1', kind), stage.object('s2', kind)];
    stage.nest(init, s1, s2);
    expect(stage.codes).toEqual([]);
    stage.nest(init, s2, s1);
    expect(stage.codes).toEqual(['DEPT001']);
  });

  test('wait event deadlock test', () => {
    const stage = new Stage({ rules: 'linux' });
    const init = stage.task('init');
    const [m1, m2] = [stage.object('m1', 'event'), stage.object('m2', 'event')];
    const point = { ...COMPLETION, sleeps: false };
    for (const [requested, awaited] of [
      [m1, m2],
      [m2, m1],
    ] as const) {
      expect(stage.codes).toEqual([]);
      stage.request(init, requested);
      // sdt_wait() is a request and a wait.
      stage.request(init, awaited);
      stage.session.waited(stage.session.wait(awaited, point, null, init));
      stage.session.event(requested, point, init);
    }
    expect(stage.codes).toEqual(['DEPT001']);
  });

  test('dept rules set the same aside: one context alone does not wait for itself', () => {
    const stage = new Stage({ rules: 'dept' });
    const init = stage.task('init');
    const [s1, s2] = [stage.object('s1'), stage.object('s2')];
    stage.nest(init, s1, s2);
    stage.nest(init, s2, s1);
    expect(stage.codes).toEqual([]);
    expect(stage.tracker.filtered.map(({ reason }) => reason)).toEqual(['single-context']);
  });
});
