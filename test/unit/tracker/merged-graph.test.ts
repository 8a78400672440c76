import { expect, test } from 'vitest';
import { exportClassGraph, importClassGraph } from '../../../src/core/class-graph-export.ts';
import type { Finding } from '../../../src/core/finding.ts';
import { LOCK } from '../../../src/core/how.ts';
import { Session } from '../../../src/core/session.ts';
import { commonGates } from '../../../src/tracker/common-gates.ts';
import { DeptTracker } from '../../../src/tracker/dept.ts';
import { MergedGraph } from '../../../src/tracker/merged-graph.ts';

interface Nesting {
  /** Names from the outermost on; `name@site`. */
  readonly locks: readonly string[];
  readonly timeoutMs?: number;
}

/** What a run learns from locks that nest so, and what it finds. */
function run(...nestings: readonly (string | Nesting)[]) {
  const session = new Session();
  const findings: Finding[] = [];
  const tracker = new DeptTracker(session, { onFinding: (finding) => void findings.push(finding) });
  session.addObserver(tracker);
  for (const nesting of nestings) {
    const { locks, timeoutMs } =
      typeof nesting === 'string' ? { locks: nesting.split(' '), timeoutMs: undefined } : nesting;
    const context = session.exactContext('task');
    const more = timeoutMs === undefined ? null : { timeoutMs };
    const held = locks.map((text) => {
      const [name = '', site = null] = text.split('@');
      return session.granted(session.wait(session.object({ kind: 'mutex', name, site }), LOCK, more, context));
    });
    for (const each of held.reverse()) session.exit(each, context);
  }
  const text = JSON.stringify(exportClassGraph(tracker.store, commonGates(tracker.store)));
  return { graph: importClassGraph(JSON.parse(text)), findings };
}

function circles(...runs: readonly ReturnType<typeof run>[]): readonly Finding[] {
  return new MergedGraph(runs.map(({ graph }) => graph)).circles();
}

test('two runs together show the circle that one run would have found', () => {
  const [circle, ...others] = circles(run('A B'), run('B A'));
  expect(others).toEqual([]);
  const [live] = run('A B', 'B A').findings;
  expect(circle).toMatchObject({ code: 'DEPT001', severity: 'error', fingerprint: live?.fingerprint });
  expect(circle?.circle).toHaveLength(2);
});

test('a circle over three runs is found once', () => {
  const found = circles(run('A B', 'X Y'), run('B C', 'Y Z'), run('C A'));
  expect(found).toHaveLength(1);
  expect(found[0]?.fingerprint).toBe(run('A B', 'B C', 'C A').findings[0]?.fingerprint);
});

test('a circle of one run is left to that run, and no walk through two of them counts', () => {
  expect(circles(run('A B', 'B A'), run('A B'))).toEqual([]);
  expect(circles(run('A B', 'B A'), run('B C', 'C B'))).toEqual([]);
});

test('locks in one order make no circle', () => {
  expect(circles(run('A B'), run('B C'), run('A C'))).toEqual([]);
});

test('a lock around both keeps them apart, one around each does not', () => {
  expect(circles(run('G A B'), run('G B A'))).toEqual([]);
  expect(circles(run('G A B'), run('H B A'))).toHaveLength(1);
  expect(circles(run('G A B', 'A B'), run('G B A'))).toHaveLength(1);
});

test('a timeout softens a circle until it is seen without one', () => {
  const timed = run({ locks: ['B', 'A'], timeoutMs: 5 });
  expect(circles(run('A B'), timed)[0]?.severity).toBe('warning');
  expect(circles(run('A B'), timed, run('B A'))[0]?.severity).toBe('error');
});

test('a class may be met at another line, unless a run knows two of that name in the file', () => {
  const [circle] = circles(run('A@shop.js:3:1 B@shop.js:4:1'), run('B@shop.js:9:1 A@shop.js:8:1'));
  expect(circle?.circle).toHaveLength(2);
  const both = run('A@shop.js:3:1 B@shop.js:4:1', 'A@shop.js:20:1 C');
  expect(circles(both, run('B@shop.js:4:1 A@shop.js:20:1'))).toEqual([]);
  expect(circles(both, run('B@shop.js:4:1 A@shop.js:3:1'))).toHaveLength(1);
  expect(circles(run('A@shop.js:3:1 B'), run('B A@cart.js:3:1'))).toEqual([]);
});
