import { expect, test } from 'vitest';
import type { SuspendedFunction } from '../../../src/core/finding.ts';
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
