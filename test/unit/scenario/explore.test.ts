import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ScenarioCase } from '../../../src/scenario/case.ts';
import { type Explorable, explore } from '../../../src/scenario/explore.ts';
import { runInstance } from '../../../src/scenario/instance-mode.ts';
import { Machine } from '../../../src/scenario/machine.ts';
import type { MachineState } from '../../../src/scenario/machine-state.ts';
import { parseScenarios } from '../../../src/scenario/parse.ts';

/** Steps to and fro on a line of places; 0 is home, and a place without ways out is a hang unless it is home. */
function walk(
  ways: Readonly<Record<number, readonly number[]>>,
  fault: number | null = null,
): Explorable<number, number> {
  return {
    initial: () => 1,
    moves: (place) => ways[place] ?? [],
    apply: (_place, next) => next,
    key: String,
    done: (place) => place === 0,
    fault: (place) => (place === fault ? 'trap' : null),
  };
}

test('a system without a dead end has none', () => {
  const found = explore(walk({ 1: [2, 3], 2: [0, 1], 3: [1] }));
  expect(found).toMatchObject({ hang: null, complete: true, states: 4, lucky: [2, 0] });
});

test('the search in breadth tells a shortest way to a hang', () => {
  const ways = { 1: [2, 5], 2: [3], 3: [4], 5: [9] };
  expect(explore(walk(ways)).hang).toEqual([5, 9]);
  expect(explore(walk(ways), { strategy: 'depth' }).hang).toEqual([2, 3, 4]);
});

test('a long search tells how far it is', () => {
  const ways = Object.fromEntries(Array.from({ length: 9_000 }, (_, i) => [i + 1, [i + 2]]));
  const told: number[] = [];
  explore(walk({ ...ways, 9001: [0] }), { onStates: (states) => told.push(states) });
  expect(told).toEqual([4_096, 8_192]);
});

test('a search that hits its cap says so and claims no hang', () => {
  const found = explore(walk({ 1: [2], 2: [3], 3: [4] }), { maxStates: 3 });
  expect(found).toMatchObject({ hang: null, complete: false, states: 3 });
});

test('a fault is told with the way to it, and the search goes on', () => {
  const found = explore(walk({ 1: [2, 3], 2: [0], 3: [7] }, 2));
  expect(found.fault).toEqual({ what: 'trap', order: [2] });
  expect(found.hang).toEqual([3, 7]);
});

test('without done every end is a hang', () => {
  const counter: Explorable<number, number> = {
    initial: () => 0,
    moves: (count) => (count < 2 ? [1] : []),
    apply: (count, step) => count + step,
    key: String,
  };
  expect(explore(counter).hang).toEqual([1, 1]);
});

/** Every schedule, one after another, without remembering states. */
function someScheduleHangs(machine: Machine, scenario: ScenarioCase): boolean {
  const visit = (state: MachineState): boolean => {
    const runnable = scenario.contexts
      .map((_, number) => machine.moveOf(state, number))
      .filter((move) => move !== null);
    if (runnable.length === 0) return machine.stuck(state).length > 0;
    return runnable.some((move) => visit(machine.apply(state, move)));
  };
  return visit(machine.initial());
}

const LOCKS = ['a', 'b'];
const PARTS = fc.oneof(
  fc.constantFrom(...LOCKS).map((lock) => [`lock ${lock}`, 'yield', `unlock ${lock}`]),
  fc.constant(['lock a', 'lock b', 'unlock b', 'unlock a']),
  fc.constant(['lock b', 'lock a', 'unlock a', 'unlock b']),
  fc.constantFrom(
    ['rlock r', 'rlock r', 'runlock r', 'runlock r'],
    ['wlock r', 'wunlock r'],
    ['rlock r', 'upgrade r', 'wunlock r'],
  ),
  fc.constantFrom(
    ['event e'],
    ['wait e'],
    ['reset e'],
    ['sem_acquire s', 'nop', 'sem_release s'],
    ['chan_send q'],
    ['chan_recv q'],
  ),
  fc.constantFrom(
    ['lock a', 'cond_wait c mutex=a', 'unlock a'],
    ['lock a', 'notify_one c', 'unlock a'],
    ['notify_all c'],
  ),
);
const OPS = fc.array(PARTS, { minLength: 1, maxLength: 2 }).map((parts) => parts.flat().slice(0, 4));
const SCENARIO = fc.array(OPS, { minLength: 2, maxLength: 3 }).map((contexts) => {
  const objects = {
    a: { type: 'mutex' },
    b: { type: 'mutex' },
    r: { type: 'rwlock' },
    e: { type: 'event' },
    s: { type: 'semaphore', permits: 1 },
    q: { type: 'channel', cap: 1 },
    c: { type: 'condvar' },
  };
  const text = JSON.stringify({
    name: 'random',
    mode: 'explore',
    objects,
    contexts: contexts.map((ops, i) => ({ name: `T${i}`, ops })),
  });
  return parseScenarios(text, 'random')[0] as ScenarioCase;
});

test('the exploration agrees with trying every schedule, and the order it tells hangs', () => {
  let hanging = 0;
  fc.assert(
    fc.property(SCENARIO, fc.constantFrom('depth' as const, 'breadth' as const), (scenario, strategy) => {
      const machine = new Machine(scenario);
      const found = explore(machine, { strategy });
      expect(found.complete).toBe(true);
      expect(found.hang !== null).toBe(someScheduleHangs(machine, scenario));
      const names = (order: readonly { context: number }[]): string[] => order.map(({ context }) => `T${context}`);
      if (found.hang !== null) {
        hanging++;
        expect(runInstance(scenario, names(found.hang)).stuck.length).toBeGreaterThan(0);
      }
      if (found.lucky !== null) expect(runInstance(scenario, names(found.lucky)).stuck).toEqual([]);
    }),
    { seed: 20261123, numRuns: 120 },
  );
  // Half of nothing would prove nothing: both outcomes must have come up often.
  expect(hanging).toBeGreaterThan(25);
  expect(hanging).toBeLessThan(115);
});
