import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Mutex } from '../../../../src/sync/index.ts';
import { LibraryStage, latest, previous, turn } from './library-stage.ts';

type Task = (...args: never[]) => unknown;
interface Async {
  auto(tasks: Record<string, Task | (string | Task)[]>, ...rest: unknown[]): Promise<Record<string, unknown>>;
  queue(worker: Task, concurrency?: number): Queue;
  cargo(worker: Task, payload?: number): Queue;
}
interface Queue {
  push(job: unknown, done?: unknown): unknown;
  drain(handler?: () => void): Promise<void>;
}

let stage: LibraryStage;
let async: Async;
beforeEach(() => {
  stage = new LibraryStage();
  async = latest('async') as Async;
});
afterEach(() => stage[Symbol.dispose]());

describe('drain', () => {
  test.each([
    ['queue', 1],
    ['queue', 2],
    ['cargo', 1],
  ] as const)('of a %s (%d) that one of its own tasks awaits waits for that task', async (kind, limit) => {
    const jobs = async[kind](async () => jobs.drain(), limit);
    void jobs.push(1);
    expect(await stage.found()).toEqual(['DEPT002 error jobs']);
  });

  test('awaited beside the tasks is no circle, and says when they are done', async () => {
    const done: number[] = [];
    const jobs = async.queue(async (job: number) => {
      await turn();
      done.push(job);
    }, 2);
    void jobs.push([1, 2, 3]);
    await jobs.drain();
    expect(done).toEqual([1, 2, 3]);
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });

  test('that a task asks for and does not await is no circle', async () => {
    let drained = 0;
    const jobs = async.queue(async () => {
      void jobs.drain().then(() => drained++);
    }, 1);
    void jobs.push(1);
    expect(await stage.found()).toEqual([]);
    expect(drained).toBe(1);
  });

  test('of an idle queue waits for no task, and a handler is told as ever', async () => {
    const jobs = async.queue(async () => turn(), 1);
    const first = jobs.drain();
    void jobs.push(1);
    await first;
    const told = new Promise<void>((resolve) => void jobs.drain(resolve));
    void jobs.push(2);
    await told;
    expect(await stage.found()).toEqual([]);
  });

  test('is as fixed as it was', () => {
    const { defineProperties } = Object;
    const jobs = async.queue(async () => undefined, 1);
    expect(Object.getOwnPropertyDescriptor(jobs, 'drain')).toMatchObject({ writable: false, configurable: false });
    expect(Object.defineProperties).toBe(defineProperties);
  });
});

describe('auto', () => {
  test('a task that awaits the result of all waits for itself', async () => {
    const all: Promise<unknown> = async.auto({
      one: async () => 1,
      two: [
        'one',
        async () => {
          await turn();
          await all;
        },
      ],
    });
    expect(await stage.found()).toEqual(['DEPT002 error all']);
  });

  test('a task that takes the lock under which its result is awaited is a circle', async () => {
    const lock = new Mutex({ name: 'lock' });
    void lock.runExclusive(() => async.auto({ one: async () => turn(), two: async () => lock.runExclusive(turn) }));
    expect(await stage.found()).toEqual([expect.stringMatching(/^DEPT002 error auto@\S+ lock$/)]);
  });

  test.each([
    [
      'async functions',
      (task: () => Promise<unknown>): Task =>
        async () =>
          task(),
    ],
    [
      'functions with callbacks',
      (task: () => Promise<unknown>): Task =>
        ((...args: unknown[]) => void task().then(() => (args.at(-1) as () => void)())) as Task,
    ],
  ])('the circle is known from a run in which the lock was free: %s', async (_kind, made) => {
    const lock = new Mutex({ name: 'lock' });
    const build = (isLocked: boolean): Promise<unknown> => {
      const all = async.auto({
        one: made(turn),
        two: ['one', made(async () => (isLocked ? lock.runExclusive(turn) : turn()))],
      });
      return all;
    };
    await build(true);
    expect(await stage.found()).toEqual([]);
    await lock.runExclusive(() => build(false));
    expect(await stage.found()).toEqual(['DEPT001 error all lock']);
  });

  test('the same without waiting under the lock is none', async () => {
    const lock = new Mutex({ name: 'lock' });
    const build = (isLocked: boolean): Promise<unknown> => {
      const all = async.auto({
        one: async () => turn(),
        two: ['one', async () => (isLocked ? lock.runExclusive(turn) : turn())],
      });
      return all;
    };
    const later: Promise<unknown>[] = [];
    await lock.runExclusive(async () => {
      later.push(build(true));
    });
    await Promise.all(later);
    await lock.runExclusive(async () => void build(false));
    expect(await stage.found()).toEqual([]);
  });

  test('autos inside of the tasks of others, by one function, are none', async () => {
    const walk = async (depth: number): Promise<unknown> => {
      const all = async.auto({
        left: async () => (depth === 0 ? 0 : walk(depth - 1)),
        right: ['left', async () => (depth === 0 ? 1 : walk(depth - 1))],
      });
      return all;
    };
    const expected = { left: { left: 0, right: 1 }, right: { left: 0, right: 1 } };
    expect(await walk(1)).toEqual(expected);
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });

  test('results, failures and declared circles are those of async', async () => {
    const results = await async.auto({
      one: (done: (error: null, ...values: number[]) => void) => done(null, 1, 2),
      two: ['one', async ({ one }: { one: number[] }) => one.length],
    });
    expect(results).toEqual({ one: [1, 2], two: 2 });
    await expect(async.auto({ one: async () => Promise.reject(new Error('no')) })).rejects.toThrow('no');
    expect(() => async.auto({ one: ['two', turn], two: ['one', turn] })).toThrow('recursive dependency');
    expect(await stage.found()).toEqual([]);
  });

  test('async 2, which gives no promise, is as it was', async () => {
    const { auto } = previous('async') as { auto: Async['auto'] };
    const results = await new Promise((resolve) => {
      void auto({ one: async () => 1, two: ['one', async () => 2] }, (_error: unknown, all: unknown) => resolve(all));
    });
    expect(results).toEqual({ one: 1, two: 2 });
    expect(await stage.found()).toEqual([]);
  });
});
