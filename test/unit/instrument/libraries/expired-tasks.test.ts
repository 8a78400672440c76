import { beforeAll, describe, test } from 'vitest';
import { LibraryStage } from './library-stage.ts';
import { ends, unnoticed } from './unnoticed.ts';

const pQueues = (): Promise<typeof import('p-queue')> => import('p-queue');
const bottlenecks = (): Promise<typeof import('bottleneck')> => import('bottleneck');

beforeAll(async () => {
  // Met while dept is installed.
  using _stage = new LibraryStage();
  await Promise.all([pQueues(), bottlenecks()]);
});

/** A task that never ends. */
const hangs = (): Promise<unknown> => new Promise(() => undefined);

describe('a task that runs for too long has its slot no more', () => {
  test('p-queue, by the time of the queue, with and without a signal', () =>
    unnoticed(async () => {
      const { default: PQueue } = await pQueues();
      const queue = new PQueue({ concurrency: 1, timeout: 2 });
      const { signal } = new AbortController();
      return ends([queue.add(hangs), queue.add(hangs, { signal }), queue.add(async () => 'next')]);
    }));

  test('p-queue, by a time of its own', () =>
    unnoticed(async () => {
      const { default: PQueue } = await pQueues();
      const queue = new PQueue({ concurrency: 1 });
      return ends([queue.add(hangs, { timeout: 2 }), queue.add(async () => 'next')]);
    }));

  test('bottleneck', () =>
    unnoticed(async () => {
      const { default: Bottleneck } = await bottlenecks();
      const limiter = new Bottleneck({ maxConcurrent: 1 });
      return ends([limiter.schedule({ expiration: 2 }, hangs), limiter.schedule(async () => 'next')]);
    }));
});
