import { expect, test } from 'vitest';
import { exportClassGraph, importClassGraph } from '../../../src/core/class-graph-export.ts';
import { LOCK } from '../../../src/core/how.ts';
import { Session } from '../../../src/core/session.ts';
import { DeptTracker } from '../../../src/tracker/dept.ts';

function learn(names: readonly string[]): DeptTracker {
  const session = new Session();
  const tracker = new DeptTracker(session, { filters: false });
  session.addObserver(tracker);
  const context = session.exactContext('T');
  const held = names.map((name) => {
    const lock = session.object({ kind: 'mutex', name });
    return session.granted(session.wait(lock, LOCK, null, context));
  });
  for (const each of held.reverse()) session.exit(each, context);
  return tracker;
}

test('what is exported reads back, also names that are special to objects', () => {
  const tracker = learn(['constructor', '__proto__', 'toString']);
  const text = JSON.stringify(exportClassGraph(tracker.store));
  const { classes, dependencies } = importClassGraph(JSON.parse(text));
  const locks = dependencies.filter(({ rule }) => rule !== 'irq');
  const named = locks.map(({ from, to, rule }) => [classes[from]?.name, classes[to]?.name, rule]);
  expect(named).toEqual([
    ['constructor:0', '__proto__:0', 'wait'],
    ['__proto__:0', 'toString:0', 'wait'],
    ['constructor:0', 'toString:0', 'wait'],
  ]);
  expect(classes.filter(({ kind }) => kind === 'mutex')).toHaveLength(3);
});

test('an empty graph is a graph', () => {
  expect(importClassGraph(exportClassGraph([]))).toEqual({ classes: [], dependencies: [] });
});

test.each([null, 'text', {}, { nodes: [] }, { nodes: [{ v: 'c0' }], edges: [] }])('%j is refused', (value) => {
  expect(() => importClassGraph(value)).toThrow(expect.objectContaining({ code: 'ERR_DEPT_BAD_GRAPH' }));
});
