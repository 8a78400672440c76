import { beforeAll, describe, expect, test } from 'vitest';
import { LibraryStage } from './library-stage.ts';

const pQueues = (): Promise<typeof import('p-queue')> => import('p-queue');
const bottlenecks = (): Promise<typeof import('bottleneck')> => import('bottleneck');

beforeAll(async () => {
  // Met while dept is installed.
  using _stage = new LibraryStage();
  await Promise.all([pQueues(), bottlenecks()]);
});

/** A task that never ends. */
const hangs = (): Promise<unknown> => new Promise(() => undefined);

/** A program with tasks that lose their slots: it ends as without dept, which tells nothing and remembers no slot as taken. */
async function leavesNothing(run: () => Promise<unknown>): Promise<void> {
  const bare = await run();
  using stage = new LibraryStage();
  expect(await run()).toEqual(bare);
  expect(await stage.found()).toEqual([]);
  expect(stage.open).toEqual([]);
  expect(stage.installation.session.histories.active).toBe(false);
}

async function outcomes(promises: readonly Promise<unknown>[]): Promise<readonly unknown[]> {
  const all = await Promise.allSettled(promises);
  return all.map((each) => (each.status === 'fulfilled' ? each.value : String(each.reason)));
}

describe('a task that runs for too long has its slot no more', () => {
  test('p-queue, by the time of the queue, with and without a signal', () =>
    leavesNothing(async () => {
      const { default: PQueue } = await pQueues();
      const queue = new PQueue({ concurrency: 1, timeout: 2 });
      const { signal } = new AbortController();
      return outcomes([queue.add(hangs), queue.add(hangs, { signal }), queue.add(async () => 'next')]);
    }));

  test('p-queue, by a time of its own', () =>
    leavesNothing(async () => {
      const { default: PQueue } = await pQueues();
      const queue = new PQueue({ concurrency: 1 });
      return outcomes([queue.add(hangs, { timeout: 2 }), queue.add(async () => 'next')]);
    }));

  test('bottleneck', () =>
    leavesNothing(async () => {
      const { default: Bottleneck } = await bottlenecks();
      const limiter = new Bottleneck({ maxConcurrent: 1 });
      return outcomes([limiter.schedule({ expiration: 2 }, hangs), limiter.schedule(async () => 'next')]);
    }));
});
