import { expect, test } from 'vitest';
import { stoppedInProgram } from '../../../../instrument/testing/stopped-functions.ts';
import type { SuspendedFunction } from '../../../../src/core/finding.ts';

function stopped(name: string, path: string, waitsFor: readonly number[] = []): SuspendedFunction {
  const frame = { functionName: name, file: path, path, line: 1, column: 1 };
  const locals = [{ name: 'x', value: null }];
  return { name, stack: { frames: [frame] }, awaits: waitsFor.length > 0 ? null : 'a promise', waitsFor, locals };
}

test('what a test runner does is left out, and what the program waits for in a package is not', () => {
  const all = [
    stopped('runTest', '/home/me/node_modules/runner/run.js', [1]),
    stopped('load', '/home/me/src/load.ts', [3]),
    stopped('pool', '/home/me/node_modules/runner/pool.js'),
    stopped('query', '/home/me/node_modules/pg/query.js'),
  ];
  const told = stoppedInProgram(all);
  expect(told.map(({ name, waitsFor }) => [name, waitsFor])).toEqual([
    ['load', [1]],
    ['query', []],
  ]);
  expect(told.flatMap(({ locals }) => locals)).toEqual([]);
});

test('where the program has stopped nowhere nothing is told', () => {
  expect(stoppedInProgram([stopped('pool', '/home/me/node_modules/runner/pool.js')])).toEqual([]);
});
