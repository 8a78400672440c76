import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NodeStage } from './node-stage.ts';

let stage: NodeStage;

beforeEach(() => {
  stage = new NodeStage();
});

afterEach(() => stage.end());

const shared = (): Int32Array => new Int32Array(new SharedArrayBuffer(4));

/** A worker that wakes this thread by itself after some time. */
const WAKES = `
const { workerData } = require('node:worker_threads');
setTimeout(() => {
  Atomics.store(workerData, 0, 1);
  Atomics.notify(workerData, 0);
}, 20);
`;

test('what Atomics.wait returns stays what it is', () => {
  const array = shared();
  expect(Atomics.wait(array, 0, 1)).toBe('not-equal');
  expect(Atomics.wait(array, 0, 0, 1)).toBe('timed-out');
  expect(Atomics.wait(new BigInt64Array(new SharedArrayBuffer(8)), 0, 1n)).toBe('not-equal');
  expect(() => Atomics.wait(new Int32Array(1), 0, 0)).toThrow(TypeError);
});

test('a thread that a worker wakes without an answer has blocked on purpose', async () => {
  const array = shared();
  const worker = new Worker(WAKES, { eval: true, workerData: array });
  worker.on('message', () => undefined);
  expect(Atomics.wait(array, 0, 0)).toBe('ok');
  expect(stage.messages).toEqual([]);
  await once(worker, 'exit');
});
