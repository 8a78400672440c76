import { expect, test } from 'vitest';
import { AbandonmentWatch } from '../../../../instrument/stall/abandonment-watch.ts';
import { CONFIRM_AFTER_MS } from '../../../../instrument/suspicion.ts';
import type { EventContext } from '../../../../src/core/event-context.ts';
import type { OpenWait } from '../../../../src/core/finding.ts';
import { defineHow } from '../../../../src/core/how.ts';
import { Session } from '../../../../src/core/session.ts';
import type { TrackedObject } from '../../../../src/core/tracked-object.ts';
import type { Wait } from '../../../../src/core/wait.ts';
import type { Step } from '../../../../src/tracker/stuck-waits.ts';
import { WaitsFor } from '../../../../src/tracker/waits-for.ts';

const ACQUIRE = defineHow({ startLabel: 'acquire', waitLabel: 'acquire', eventLabel: 'release' });

/** A watched pool in a program whose time passes as it is told. */
class Program {
  nowMs = 0;
  readonly session = new Session({ clock: () => this.nowMs });
  readonly waitsFor = new WaitsFor(this.session, { onFinding: () => undefined });
  /** When the heap was read, and for which holds. */
  readonly reads: [atMs: number, holds: readonly EventContext[]][] = [];
  readonly told: (readonly OpenWait[])[] = [];
  abandoned: readonly TrackedObject[] = [];
  readonly watch = new AbandonmentWatch(this.session, this.waitsFor, {
    onAbandoned: (steps: readonly Step[]): ReadonlySet<Wait> => {
      this.reads.push([this.nowMs, [...new Set(steps.map(({ held }) => held))]]);
      return new Set(steps.map(({ wait }) => wait).filter(({ object }) => this.abandoned.includes(object)));
    },
    abandoned: (openWaits) => void this.told.push(openWaits),
  });

  constructor() {
    this.session.addObserver(this.waitsFor);
  }

  pool(capacity: number): TrackedObject {
    return this.session.object({ kind: 'pool', name: 'pool', site: null, capacity });
  }

  /** Another context takes one. */
  take(pool: TrackedObject): EventContext {
    const context = this.session.exactContext('taker');
    return this.session.granted(this.session.wait(pool, ACQUIRE, null, context));
  }

  /** Another context waits for one. */
  ask(pool: TrackedObject, timeoutMs?: number): Wait {
    const more = timeoutMs === undefined ? null : { timeoutMs };
    const wait = this.session.wait(pool, ACQUIRE, more, this.session.exactContext('asker'));
    this.session.blocked(wait);
    return wait;
  }

  pass(ms: number, isIdle = false): void {
    for (const until = this.nowMs + ms; this.nowMs < until; ) {
      this.nowMs += CONFIRM_AFTER_MS;
      this.watch.look(isIdle && this.nowMs === until);
    }
  }

  get readsAt(): readonly number[] {
    return this.reads.map(([at]) => at);
  }
}

test('the heap is read when the same ones have been in the way for ten seconds, twice at most', () => {
  const program = new Program();
  const pool = program.pool(2);
  const held = [program.take(pool), program.take(pool)];
  program.ask(pool);
  program.pass(9_000);
  expect(program.reads).toEqual([]);
  program.pass(600_000);
  expect(program.readsAt).toEqual([10_000, 30_000]);
  expect(program.reads[0]?.[1]).toEqual(held);
});

test('in a process that does nothing it is read at once', () => {
  const program = new Program();
  const pool = program.pool(1);
  program.take(pool);
  program.ask(pool);
  program.pass(2_000, true);
  expect(program.reads).toEqual([]);
  program.pass(2_000, true);
  expect(program.readsAt).toEqual([4_000]);
});

test('a pool whose connections come back is not looked at', () => {
  const program = new Program();
  const pool = program.pool(1);
  for (let round = 0; round < 50; round++) {
    const held = program.take(pool);
    const wait = program.ask(pool);
    program.pass(4_000);
    program.session.exit(held, held.context);
    const next = program.session.granted(wait);
    program.pass(4_000);
    program.session.exit(next, next.context);
  }
  expect(program.reads).toEqual([]);
});

test('after a look that finds nothing twice as long passes before the next one, also for other holds', () => {
  const program = new Program();
  for (let count = 0; count < 60; count++) {
    const pool = program.pool(1);
    const held = program.take(pool);
    const wait = program.ask(pool);
    program.pass(15_000);
    program.session.exit(held, held.context);
    program.session.waited(wait);
  }
  const pauses = program.readsAt.slice(1).map((at, index) => at - (program.readsAt[index] as number));
  expect(pauses.length).toBeGreaterThan(3);
  for (const [index, pause] of pauses.entries()) expect(pause).toBeGreaterThanOrEqual(20_000 * 2 ** index);
});

test('all who wait for what is abandoned are told of, once', () => {
  const program = new Program();
  const [lost, other] = [program.pool(1), program.pool(1)];
  for (const pool of [lost, other]) program.take(pool);
  for (const pool of [lost, lost, other]) program.ask(pool);
  program.abandoned = [lost];
  program.pass(60_000);
  expect(program.told.map((openWaits) => openWaits.length)).toEqual([2]);
});

test('who gives up himself is not told of', () => {
  const program = new Program();
  const pool = program.pool(1);
  program.take(pool);
  program.ask(pool, 3_600_000);
  program.abandoned = [pool];
  program.pass(60_000);
  expect(program.reads).toEqual([]);
});
