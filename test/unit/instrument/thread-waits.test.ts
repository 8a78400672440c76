import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { afterEachOther, ThreadWaits } from '../../../instrument/threads/thread-waits.ts';
import type { OpenWait } from '../../../src/core/finding.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

function wait(contextName: string, stoppedBy: readonly number[] = []): OpenWait {
  const owners = [{ contextName: 'keeper', startLabel: 'acquire', stack: null, stoppedBy }];
  return { contextName, label: 'acquire', className: 'A:0', objectLabel: 'A', stack: null, ageMs: 1500, owners };
}

test('waits of several threads are one list, each by the name of its thread', () => {
  const waits = new ThreadWaits();
  waits.tell(1, [wait('a', [1]), wait('b')]);
  waits.tell(2, [wait('c'), wait('d', [0])]);
  const all = waits.all();
  expect(all.map(({ contextName }) => contextName)).toEqual([
    'a (worker 1)',
    'b (worker 1)',
    'c (worker 2)',
    'd (worker 2)',
  ]);
  expect(all.map(({ owners }) => owners[0]?.stoppedBy)).toEqual([[1], [], [], [2]]);
  expect(all[0]?.owners[0]?.contextName).toBe('keeper (worker 1)');
  expect(all[0]?.ageMs).toBeGreaterThanOrEqual(1500);
});

test('they follow those of the main thread', () => {
  const [own, other] = afterEachOther([wait('main', [0])], [wait('a', [0])]);
  expect([own?.owners[0]?.stoppedBy, other?.owners[0]?.stoppedBy]).toEqual([[0], [1]]);
});

test('a thread in which none stands any more, or that has ended, has none', () => {
  const waits = new ThreadWaits();
  const worker = { threadId: 2 };
  waits.started(worker as Worker);
  waits.tell(1, [wait('a')]);
  waits.tell(2, [wait('b')]);
  waits.tell(1, []);
  expect(waits.all().map(({ contextName }) => contextName)).toEqual(['b (worker 2)']);
  worker.threadId = -1;
  expect(waits.all()).toEqual([]);
});

test('nor has one that has ended and was collected before anybody asked', async () => {
  const waits = new ThreadWaits();
  const kept = { threadId: 2 };
  for (const worker of [{ threadId: 1 }, kept]) waits.started(worker as Worker);
  for (const thread of [1, 2]) waits.tell(thread, [wait('a')]);
  // What a WeakRef was made of lives as long as the job that made it.
  await setImmediate();
  gc();
  expect(waits.running()).toEqual([kept.threadId]);
  expect(waits.all().map(({ contextName }) => contextName)).toEqual(['a (worker 2)']);
});
