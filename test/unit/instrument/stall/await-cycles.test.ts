import { expect, test } from 'vitest';
import type { Suspended } from '../../../../instrument/heap/suspended-graph.ts';
import { awaitCycles } from '../../../../instrument/stall/await-cycles.ts';

/** Functions by name; `open` ones await something besides that no function computes. */
function functions(
  waits: Readonly<Record<string, readonly string[]>>,
  open: readonly string[] = [],
  circles: Readonly<Record<string, number>> = {},
) {
  const all = new Map<string, Suspended>();
  for (const [index, name] of Object.keys(waits).entries()) {
    const isOpen = open.includes(name);
    const own = { node: index, fn: index, registers: index, promise: index, awaits: index };
    all.set(name, { ...own, waitsFor: [], isOpen, circle: circles[name] ?? null });
  }
  for (const [name, each] of all) each.waitsFor = (waits[name] ?? []).map((other) => all.get(other) as Suspended);
  const nameOf = new Map([...all].map(([name, each]) => [each, name]));
  return (isOver: boolean) =>
    awaitCycles([...all.values()], isOver).map((cycle) => cycle.map((each) => nameOf.get(each)));
}

test('a circle is found without those who only wait for it', () => {
  expect(functions({ main: ['a'], a: ['b'], b: ['c'], c: ['a'] })(true)).toEqual([['a', 'b', 'c']]);
});

test('a function that awaits itself is a circle of one', () => {
  expect(functions({ rename: ['rename'] })(true)).toEqual([['rename']]);
});

test('chains and trees are none', () => {
  expect(functions({ main: ['a', 'b'], a: ['c'], b: ['c'], c: [] })(true)).toEqual([]);
});

test('two circles apart are two, and a knot is told once, by its shortest', () => {
  expect(functions({ a: ['b'], b: ['a'], c: ['d'], d: ['c'] })(true)).toHaveLength(2);
  expect(functions({ a: ['b', 'c'], b: ['c'], c: ['a'] })(true)).toEqual([['a', 'c']]);
});

test('while the program runs, who may go on breaks the circle', () => {
  const race = functions({ a: ['b'], b: ['a'] }, ['b']);
  expect(race(false)).toEqual([]);
  expect(race(true)).toEqual([['a', 'b']]);
  const all = functions({ a: ['b'], b: ['a', 'c'], c: [] });
  expect(all(false)).toEqual([]);
  expect(functions({ a: ['b'], b: ['a', 'c'], c: ['c'] })(false)).not.toEqual([]);
});

test('of those who wait for a circle of promises one is told', () => {
  const waiting = functions({ main: ['a'], a: [], b: [], c: [] }, [], { a: 7, b: 7, c: 8 });
  expect(waiting(true)).toEqual([['a'], ['c']]);
  expect(waiting(false)).toEqual([['a'], ['c']]);
});
