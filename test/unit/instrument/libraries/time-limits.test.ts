import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LibraryStage, latest, next, previous, turn } from './library-stage.ts';

let stage: LibraryStage;

beforeEach(() => {
  stage = new LibraryStage();
});

afterEach(() => stage[Symbol.dispose]());

interface Queue {
  add(task: () => Promise<unknown>, options?: object): Promise<unknown>;
}

type Schedule = (options: object, task: () => Promise<unknown>) => Promise<unknown>;

describe('what a limit of time ends is a warning', () => {
  test.each([
    ['of the queue', { timeout: 5000 }, {}],
    ['of the task that has the slot', {}, { timeout: 5000 }],
  ])('of p-queue, %s', async (_, ofQueue, ofTask) => {
    const { default: PQueue } = await import('p-queue');
    const queue = new PQueue({ concurrency: 2, ...ofQueue });
    await queue.add(async () => queue.add(turn), ofTask);
    expect(await stage.found()).toEqual(['DEPT001 warning queue']);
  });

  test('of p-queue, not that of the task that is waited for: it begins with its turn', async () => {
    const { default: PQueue } = await import('p-queue');
    const queue = new PQueue({ concurrency: 2 });
    await queue.add(async () => queue.add(turn, { timeout: 5000 }));
    expect(await stage.found()).toEqual(['DEPT001 error queue']);
  });

  test('of p-queue, not while a task without a limit has the other slot', async () => {
    const { default: PQueue } = await import('p-queue');
    const queue = new PQueue({ concurrency: 3 });
    let end = (): void => undefined;
    const other = queue.add(
      () =>
        new Promise<void>((resolve) => {
          end = resolve;
        }),
    );
    await queue.add(async () => queue.add(turn), { timeout: 5000 });
    end();
    await other;
    expect(await stage.found()).toEqual(['DEPT001 error queue']);
  });

  test.each([
    ['of AbortSignal.timeout', () => AbortSignal.timeout(5000), 'warning'],
    ['that follows one', () => AbortSignal.any([new AbortController().signal, AbortSignal.timeout(5000)]), 'warning'],
    ['of somebody who may abort', () => new AbortController().signal, 'error'],
  ])('a signal %s', async (_, make, severity) => {
    const [nine, ten] = [latest, next].map((load) => {
      const { default: PQueue } = load('p-queue') as { default: new (options: object) => Queue };
      return new PQueue({ concurrency: 2 });
    }) as [Queue, Queue];
    await nine.add(async () => nine.add(turn, { signal: make() }));
    await ten.add(async () => ten.add(turn, { signal: make() }));
    expect(await stage.found()).toEqual([`DEPT001 ${severity} nine`, `DEPT001 ${severity} ten`]);
  });

  test('but not with p-queue 8, which keeps in its queue what is aborted', async () => {
    const { default: PQueue } = previous('p-queue') as { default: new (options: object) => Queue };
    const queue = new PQueue({ concurrency: 2 });
    await queue.add(async () => queue.add(turn, { signal: AbortSignal.timeout(5000) }));
    expect(await stage.found()).toEqual(['DEPT001 error queue']);
  });

  test('of bottleneck', async () => {
    const Bottleneck = latest('bottleneck') as new (options: object) => { schedule: Schedule };
    const limiter = new Bottleneck({ maxConcurrent: 2 });
    await limiter.schedule({ expiration: 5000 }, async () => limiter.schedule({}, turn));
    expect(await stage.found(40)).toEqual(['DEPT001 warning limiter']);
  });
});
