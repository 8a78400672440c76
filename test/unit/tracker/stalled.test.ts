import { expect, test } from 'vitest';
import { formatReport } from '../../../reports/text/report.ts';
import type { Finding, OpenWait, SuspendedFunction } from '../../../src/core/finding.ts';
import type { Tick } from '../../../src/core/ids.ts';
import { stalledFinding } from '../../../src/tracker/stalled.ts';

function stopped(name: string): SuspendedFunction {
  return { name, stack: null, awaits: 'a promise that no async function computes', waitsFor: [], locals: [] };
}

test('several functions that have stopped may hold what the others await, as far as dept can see', () => {
  const helpOf = (...names: readonly string[]): readonly string[] =>
    stalledFinding({ openWaits: [], suspended: names.map(stopped), at: 1 as Tick }).help;
  expect(helpOf('main')).toEqual([
    'Find the code that should have triggered the event: an early return or a thrown error often skips it.',
  ]);
  expect(helpOf('transfer', 'refund')).toEqual([
    ...helpOf('main'),
    'Or one of these functions holds what another one awaits: a lock, a queue or a pool that dept does not watch.',
  ]);
});

test('of those who wait for what nobody can settle the ones are named that wait for nobody else', () => {
  const load = { ...stopped('load'), awaits: 'a promise that nobody can settle any more' };
  const serve = { ...stopped('serve'), awaits: null, waitsFor: [0] };
  const messageOf = (...suspended: readonly SuspendedFunction[]): string =>
    stalledFinding({ openWaits: [], suspended, reason: { kind: 'unsettleable' }, at: 1 as Tick }).message;
  expect(messageOf(load, serve)).toBe('load waits for a promise that nobody can settle any more.');
  expect(messageOf(load, { ...load, name: 'save' })).toBe(
    'load, save wait for a promise that nobody can settle any more.',
  );
});

test('commands behind one that blocks are given a connection of their own', () => {
  const blocked = { contextName: 'worker', startLabel: 'block', stack: null };
  const command = { contextName: 'handle', label: 'command', className: 'redis:0', objectLabel: 'redis', stack: null };
  const helpOf = (owners: readonly (typeof blocked)[]): string | undefined =>
    stalledFinding({ openWaits: [{ ...command, owners }], at: 1 as Tick }).help[0];
  expect(helpOf([blocked])).toBe(
    'Let commands that block wait on a connection of their own, not on redis: `duplicate()` gives one.',
  );
  expect(helpOf([])).toMatch(/^Find the code/);
});

test('whoever owes what is waited for, and does not wait himself, is where to look', () => {
  const wait = (objectLabel: string, owner: string, stoppedBy: readonly number[]): OpenWait => ({
    contextName: 'somebody',
    label: 'acquire',
    className: `${objectLabel}:0`,
    objectLabel,
    stack: null,
    owners: [{ contextName: owner, startLabel: 'acquire', stack: null, stoppedBy }],
  });
  const helpOf = (...openWaits: readonly OpenWait[]): readonly string[] =>
    stalledFinding({ openWaits, at: 1 as Tick }).help;
  expect(helpOf(wait('cache', 'warm', []))).toEqual([expect.stringMatching(/^Look at warm, which has cache since /)]);
  expect(helpOf(wait('cache', 'warm', [1]), wait('pool', 'report', []))).toEqual([
    expect.stringMatching(/^Look at report, which has pool since /),
  ]);
  expect(helpOf(wait('log', 'audit', [1]), wait('cache', 'warm', [2]), wait('pool', 'report', [1]))).toEqual([
    'Who has one of cache and pool waits for another one: take them in one order everywhere, or release the first before asking for the next.',
  ]);
  expect(helpOf(wait('cache', 'warm', [0]))).toEqual([
    'Who has cache waits for it: do not ask for it again there, or hand down what is held.',
  ]);
});

test('functions of packages are named in the sentence only where there are no others', () => {
  const at = (name: string, path: string): SuspendedFunction => ({
    ...stopped(name),
    stack: { frames: [{ functionName: name, file: name, path, line: 1, column: 1 }] },
  });
  const messageOf = (...suspended: readonly SuspendedFunction[]): string =>
    stalledFinding({ openWaits: [], suspended, at: 1 as Tick }).message;
  const library = at('acquire', '/app/node_modules/locks/index.js');
  expect(messageOf(at('save', '/app/save.js'), library)).toMatch(/2 async functions have not ended: save\.$/);
  expect(messageOf(library)).toMatch(/an async function has not ended: acquire\.$/);
});

test('a running program that is asked while nothing waits is not said to stand in a top-level await', () => {
  const none = { openWaits: [], suspended: [], severity: 'info' as const, at: 1 as Tick };
  const asked = stalledFinding({ ...none, reason: { kind: 'signal', signal: 'SIGUSR2' } });
  expect(asked.message).toBe('The program was sent SIGUSR2. Nothing in it is known to wait.');
  expect(asked.help).toHaveLength(1);
  const after = stalledFinding({ ...none, reason: { kind: 'after', afterMs: 500 } });
  expect(after.message).toBe('The program still runs after 500 ms. Nothing in it is known to wait.');
  const ended = stalledFinding({ ...none, reason: { kind: 'nothing-left' } });
  expect(ended.message).toBe('The program has nothing left to run while a top-level await is not settled.');
});

/** A server with a pool that has run dry: `report` has not given back, and each request wants a connection. */
function dry(...requests: readonly string[]): Finding {
  const at = (line: number): OpenWait['stack'] => ({
    frames: [{ functionName: 'handle', file: 'src/shop.ts', line, column: 3 }],
  });
  const taken = { contextName: 'report', startLabel: 'connect', stack: at(7) };
  const owners = [taken, { ...taken, contextName: 'audit', stoppedBy: [requests.length] }, taken];
  const pool = { label: 'connect', className: 'pool:0', objectLabel: 'pool' };
  const waiting = requests.map((contextName, i) => ({ ...pool, contextName, stack: at(20), ageMs: 900 - i, owners }));
  const behind = { ...pool, contextName: 'audit', className: 'log:0', objectLabel: 'log', stack: at(30), owners: [] };
  return stalledFinding({ openWaits: [...waiting, behind, { ...behind, stack: null }], at: 1 as Tick });
}

test('waits that are alike are told as one, with the age of the oldest, and so are those who owe them', () => {
  const finding = dry('order', 'order', 'refund', 'order');
  expect(finding.message).toContain('while 6 waits are still open: pool:0, log:0.');
  const [order, refund, ...audits] = finding.openWaits;
  expect(order).toMatchObject({ contextName: 'order', alike: 2, ageMs: 900 });
  expect(refund).toMatchObject({ contextName: 'refund', ageMs: 898 });
  expect(audits.map(({ contextName, alike }) => [contextName, alike])).toEqual([
    ['audit', undefined],
    ['audit', undefined],
  ]);
  expect(order?.owners.map(({ contextName, alike, stoppedBy }) => [contextName, alike, stoppedBy])).toEqual([
    ['report', 1, undefined],
    ['audit', undefined, [2]],
  ]);
  const text = formatReport(finding);
  expect(text).toContain('   [W] connect(pool:0), and 2 more like it\n');
  expect(text).toContain('   [S] connect(pool:0) in report context, and 1 more like it\n');
  expect(text).toContain('   A order waits since 900 ms in connect(pool:0), and 2 more like it\n');
  expect(text).toContain('context A is order, waiting for pool, and 2 more like it\n');
});

test('a thousand requests at a pool are a report that can be read', () => {
  const text = formatReport(dry(...Array.from({ length: 1_000 }, () => 'order')));
  expect(text.split('\n').length).toBeLessThan(100);
  expect(text).toContain('connect(pool:0), and 999 more like it');
});

test('of thousands of waits those are shown that are nearest to where it began', () => {
  // Each waits for who waits for the next one; the last is owed by somebody who does not wait.
  const waits = Array.from({ length: 3_000 }, (_, i): OpenWait => {
    const object = { className: `lock${i}:0`, objectLabel: `lock${i}`, stack: null };
    const owner = { contextName: `task ${i + 1}`, startLabel: 'acquire', stack: null };
    const stoppedBy = i < 2_999 ? [i + 1] : [];
    return { contextName: `task ${i}`, label: 'acquire', ...object, owners: [{ ...owner, stoppedBy }] };
  });
  const finding = stalledFinding({ openWaits: waits, at: 1 as Tick });
  expect(finding.message).toBe(
    'The program has nothing left to run while 3000 waits are still open (40 are shown): lock0:0, lock1:0, lock2:0, lock3:0, lock4:0, lock5:0, ....',
  );
  expect(finding.help).toEqual([expect.stringMatching(/^Look at task 3000, which has lock2999 since /)]);
  expect(finding.openWaits.map(({ contextName }) => contextName)).toEqual(
    Array.from({ length: 40 }, (_, i) => `task ${2_960 + i}`),
  );
  expect(finding.openWaits.map(({ owners }) => owners[0]?.stoppedBy)).toEqual(
    Array.from({ length: 40 }, (_, i) => (i < 39 ? [i + 1] : [])),
  );
  expect(formatReport(finding).split('\n').length).toBeLessThan(1_000);
});
