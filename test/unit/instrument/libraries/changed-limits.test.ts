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
