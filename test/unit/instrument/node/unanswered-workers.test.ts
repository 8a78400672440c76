import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hasUnheardWorker } from '../../../../instrument/node/started-workers.ts';
import { UnansweredWorkers } from '../../../../instrument/node/unanswered-workers.ts';
import { NodeStage } from './node-stage.ts';

let stage: NodeStage;
let worker: Worker;

beforeEach(() => {
  stage = new NodeStage();
});

afterEach(async () => {
  await worker.terminate();
  stage.end();
});

/** Blocks until a worker has posted messages; none of them can be delivered before this thread goes on. */
function posted(messages: readonly string[]): Worker {
  const isPosted = new Int32Array(new SharedArrayBuffer(4));
  const posts = messages.map((message) => `parentPort.postMessage('${message}');`).join(' ');
  worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     ${posts}
     Atomics.store(workerData, 0, 1);
     Atomics.notify(workerData, 0);
     parentPort.on('message', () => parentPort.close());`,
    { eval: true, workerData: isPosted },
  );
  Atomics.wait(isPosted, 0, 0);
  return worker;
}

test('a worker waits for an answer when its message has come and the thread would answer', async () => {
  const unanswered = new UnansweredWorkers();
  const heard: unknown[] = [];
  const asking = posted(['config?', 'and more']).on('message', (message) => {
    heard.push(message);
    if (heard.length === 2) asking.postMessage('all of it');
  });
  expect(unanswered.has(asking)).toBe(true);
  expect(unanswered.has(asking)).toBe(true);
  expect(heard).toEqual([]);
  unanswered.deliver();
  await once(asking, 'exit');
  expect(heard).toEqual(['config?', 'and more']);
});

test('one that only tells something does not', () => {
  const heard: unknown[] = [];
  const telling = posted(['half of it']).on('message', (message) => heard.push(message));
  expect(new UnansweredWorkers().has(telling)).toBe(false);
});

test('nor does one that has told nothing', () => {
  const silent = posted([]).on('message', () => silent.postMessage('yes'));
  expect(new UnansweredWorkers().has(silent)).toBe(false);
});

test('a worker that nobody hears may end', async () => {
  const unheard = posted([]);
  expect(hasUnheardWorker()).toBe(true);
  const listener = (): void => undefined;
  unheard.on('message', listener);
  expect(hasUnheardWorker()).toBe(false);
  unheard.off('message', listener);
  expect(hasUnheardWorker()).toBe(true);
  await unheard.terminate();
  expect(hasUnheardWorker()).toBe(false);
});
