import { afterEach, beforeEach, expect, test } from 'vitest';
import { LibraryStage, turn } from './library-stage.ts';

let stage: LibraryStage;

beforeEach(() => {
  stage = new LibraryStage();
});

afterEach(() => stage[Symbol.dispose]());

interface Limited {
  concurrency: number;
}

/** A task that makes room for the one it awaits. */
function nesting(limited: Limited, add: (task: () => Promise<unknown>) => Promise<unknown>): () => Promise<unknown> {
  return () =>
    add(async () => {
      limited.concurrency++;
      try {
        await add(turn);
      } finally {
        limited.concurrency--;
      }
    });
}

const times = async (count: number, run: () => Promise<unknown>): Promise<void> => {
  await Promise.all(Array.from({ length: count }, run));
};

test.each([1, 10])('%d tasks of a p-queue that raise the limit for another one do not hang', async (count) => {
  const { default: PQueue } = await import('p-queue');
  const queue = new PQueue({ concurrency: 1 });
  await times(
    count,
    nesting(queue, (task) => queue.add(task)),
  );
  expect(await stage.found()).toEqual([]);
});

test.each([1, 10])('%d tasks of p-limit that raise the limit for another one do not hang', async (count) => {
  const { default: pLimit } = await import('p-limit');
  const limit = pLimit(1);
  await times(
    count,
    nesting(limit as Limited, (task) => limit(task)),
  );
  expect(await stage.found()).toEqual([]);
});

test('nor do holders of a semaphore that add a permit', async () => {
  const { Semaphore } = await import('async-mutex');
  const permits = new Semaphore(1);
  await permits.runExclusive(async () => {
    permits.setValue(permits.getValue() + 1);
    await permits.runExclusive(turn);
  });
  expect(await stage.found()).toEqual([]);
});

/** Whoever awaits a task of his own queue goes on when somebody else raises the limit. */
const raisedByAnother = async (
  limited: Limited,
  add: (task: () => Promise<unknown>) => Promise<unknown>,
): Promise<void> => {
  const nested = add(() => add(turn));
  await turn();
  limited.concurrency++;
  // async looks at its limit when it gets another task.
  await Promise.all([nested, add(turn)]);
};

test('a task whose limit somebody else raises while it waits for another one does not hang', async () => {
  const { default: PQueue } = await import('p-queue');
  const { default: pLimit } = await import('p-limit');
  const { default: fastq } = await import('fastq');
  const { default: async } = await import('async');
  const queue = new PQueue({ concurrency: 1 });
  await raisedByAnother(queue, (task) => queue.add(task));
  const limit = pLimit(1);
  await raisedByAnother(limit as Limited, (task) => limit(task));
  const jobs = fastq.promise<unknown, () => Promise<unknown>>((task) => task(), 1);
  await raisedByAnother(jobs, (task) => jobs.push(task));
  const tasks = async.queue<() => Promise<unknown>>(
    async (task: () => Promise<unknown>) => task(),
    1,
  ) as unknown as Limited & {
    pushAsync(task: unknown): Promise<unknown>;
  };
  await raisedByAnother(tasks, (task) => tasks.pushAsync(task));
  expect(await stage.found()).toEqual([]);
});

test('nor does a holder of a semaphore to which somebody else adds a permit', async () => {
  const { Semaphore } = await import('async-mutex');
  const permits = new Semaphore(1);
  const nested = permits.runExclusive(() => permits.runExclusive(turn));
  await turn();
  permits.setValue(1);
  await nested;
  expect(await stage.found()).toEqual([]);
});

test('fastq and async have the limit that they had when nobody raises it', async () => {
  const { default: fastq } = await import('fastq');
  const jobs = fastq.promise<unknown, () => Promise<unknown>>((task) => task(), 1);
  await jobs.push(turn);
  jobs.concurrency = 2;
  await jobs.push(() => jobs.push(turn));
  expect(await stage.found()).toEqual(['DEPT001 error jobs']);
});

test('a limit that was raised while nothing ran is the limit', async () => {
  const { default: PQueue } = await import('p-queue');
  const { Semaphore } = await import('async-mutex');
  const queue = new PQueue({ concurrency: 1 });
  await queue.add(turn);
  queue.concurrency = 2;
  await queue.add(async () => queue.add(turn));
  const permits = new Semaphore(1);
  await permits.runExclusive(turn);
  permits.setValue(2);
  await permits.runExclusive(async () => permits.runExclusive(turn));
  expect(await stage.found()).toEqual(['DEPT001 error queue', 'DEPT001 error permits']);
});
