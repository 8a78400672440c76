import { expect, test } from 'vitest';
import { jsonLine } from '../../../src/scenario/json-line.ts';
import { parseScenarios } from '../../../src/scenario/parse.ts';
import { type CaseResult, type RunOptions, runCase } from '../../../src/scenario/run-case.ts';
import { drawTimeline } from '../../../src/scenario/timeline.ts';
import { verdictTable } from '../../../src/scenario/verdict-table.ts';

const ABBA = {
  suite: 's',
  name: 'abba',
  lockTypes: ['mutex'],
  mode: 'instance',
  objects: { a: { type: 'mutex' }, b: { type: 'mutex' } },
  contexts: [
    { name: 'X', ops: ['lock a', 'lock b', 'unlock b', 'unlock a'] },
    { name: 'Y', ops: ['lock b', 'lock a', 'unlock a', 'unlock b'] },
  ],
  order: ['X', 'Y', 'X', 'Y'],
  expect: 'deadlock',
};

function run(parts: object, options: RunOptions = {}): CaseResult {
  const [scenario] = parseScenarios(JSON.stringify({ ...ABBA, ...parts }), 'f');
  if (scenario === undefined) throw new Error('no case');
  return runCase(scenario, options);
}

test('a run is drawn with a column for each context and a mark beside what blocks for good', () => {
  expect(drawTimeline(run({}))).toBe(
    [
      '   context X            context Y',
      '',
      '   lock a',
      '                        lock b',
      '   lock b <- DEADLOCK',
      '                        lock a <- DEADLOCK',
    ].join('\n'),
  );
});

test('what only waited for a while is told apart from what timed out', () => {
  const contexts = [
    { name: 'X', ops: ['lock a', 'wait never timeout=5'] },
    { name: 'Y', ops: ['lock a', 'unlock a'] },
  ];
  const drawn = drawTimeline(run({ contexts, order: ['X', 'X', 'Y'] }));
  expect(drawn).toContain('wait never timeout=5 <- timed out');
  expect(drawn).toContain('lock a <- waited');
});

test('a class replay is drawn context by context, with what was said at each operation', () => {
  const rows = drawTimeline(run({ mode: 'class' })).split('\n');
  expect(rows).toHaveLength(10);
  expect(rows.filter((row) => row.includes('DEADLOCK'))).toEqual([expect.stringMatching(/^ +lock a <- DEADLOCK$/)]);
});

test('the JSON line has the keys of the format and the verdict in the words of expect', () => {
  expect(jsonLine(run({}))).toMatchObject({
    suite: 's',
    name: 'abba',
    lockTypes: ['mutex'],
    mode: 'instance',
    expect: 'deadlock',
    verdict: 'deadlock',
    agrees: true,
    dept: 'deadlock',
    stuckContexts: ['X', 'Y'],
  });
});

test('a lucky run still tells the circle DEPT saw', () => {
  const lucky = jsonLine(run({ order: ['X', 'X', 'X', 'X', 'Y', 'Y', 'Y', 'Y'], expect: 'ok' }, { detector: 'dept' }));
  expect(lucky).toMatchObject({ verdict: 'ok', agrees: true, dept: 'deadlock' });
  expect(lucky.findings).toEqual([expect.objectContaining({ code: 'DEPT001', kind: 'circular' })]);
  expect(lucky.lockdep).toBeUndefined();
});

test('an exploration tells the order that hangs, how much it saw and whether that was all', () => {
  const told = jsonLine(run({ mode: 'explore', order: undefined }));
  expect(told).toMatchObject({
    verdict: 'deadlock',
    complete: true,
    hangOrder: ['X', 'Y', 'X', 'Y'],
    stuckContexts: ['X', 'Y'],
  });
  expect(told.states).toBeGreaterThan(4);
});

test('an exploration that stops at its cap says so and calls nothing a deadlock', () => {
  const capped = run({ mode: 'explore', order: undefined }, { maxStates: 2 });
  expect(jsonLine(capped)).toMatchObject({ verdict: 'ok', complete: false });
  expect(verdictTable([capped], false)).toContain('DISAGREES');
});

test('a stated graph result that does not hold is no agreement', () => {
  const contexts = [{ name: 'G', ops: ['add_edge a b =ok', 'add_edge b a =ok'] }];
  const line = jsonLine(run({ mode: 'graph', contexts, order: undefined, expect: 'ok' }));
  expect(line).toMatchObject({
    verdict: 'mismatch',
    agrees: false,
    failed: [{ op: 'add_edge b a =ok', got: 'cycle' }],
  });
});

test('what cannot be replayed is skipped with the reason', () => {
  expect(jsonLine(run({ replayable: false }))).toMatchObject({
    verdict: null,
    agrees: null,
    skipped: expect.stringMatching(/documented/),
  });
  expect(run({ mode: 'property', order: undefined }).skipped).toMatch(/randomised/);
});

test('the table counts agreements, disagreements and what was not run', () => {
  const results = [run({}), run({ expect: 'ok' }), run({ replayable: false })];
  const lines = verdictTable(results, false).split('\n');
  expect(lines[0]).toMatch(/^case +mode +expect +verdict +dept +lockdep/);
  expect(lines[2]).toMatch(/DISAGREES$/);
  expect(lines.at(-1)).toBe('3 cases, 1 agree, 1 disagree, 1 not replayable');
});

test('the mode that is asked for replaces that of the case', () => {
  expect(run({}, { mode: 'class' })).toMatchObject({ mode: 'class', verdict: 'deadlock', stuck: [] });
  expect(run({}, { mode: 'explore' })).toMatchObject({ mode: 'explore', verdict: 'deadlock' });
});
