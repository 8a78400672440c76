import { expect, test } from 'vitest';
import { LibraryStage, latest } from './library-stage.ts';

interface Task extends PromiseLike<unknown> {
  cancel(): void;
}

interface Pool {
  queue(run: (thread: Thread) => unknown): Task;
}

interface Threads {
  readonly Pool: (spawn: () => Promise<Thread>, options: number | object) => Pool;
}

interface Thread {
  double(value: number): Promise<number>;
}

/** A pool of threads that are none: only how they are shared matters. */
function poolOf(options: number | object): Pool {
  const { Pool: make } = latest('threads') as Threads;
  const pool = make(async () => ({ double: async (value) => value * 2 }), options);
  return pool;
}

test('a task that awaits another one of its pool is a circle, in a run in which a thread was free', async () => {
  using stage = new LibraryStage();
  const pool = poolOf({ size: 2, concurrency: 2 });
  const render = async (value: number): Promise<unknown> => {
    const rendered = await pool.queue((thread) => thread.double(value));
    return rendered;
  };
  expect(await pool.queue(async (thread) => render(await thread.double(1)))).toBe(4);
  expect(await stage.found()).toEqual(['DEPT001 error pool']);
  expect(stage.installation.findings[0]?.help[0]).toContain('as soon as 4 ');
  expect(stage.open).toEqual([]);
});

test.each([
  ['awaits', async (task: Task) => void (await task)],
  ['returns', async (task: Task) => task],
  ['joins', async (task: Task) => Promise.all([task])],
])('all threads run tasks, each of which %s another one: a deadlock', async (_how, rests) => {
  using stage = new LibraryStage();
  const pool = poolOf(2);
  const enter = async (): Promise<void> => {
    await pool.queue(async (thread) => {
      await thread.double(1);
      await rests(pool.queue((other) => other.double(2)));
    });
  };
  void enter();
  void enter();
  await expect.poll(async () => stage.found(1)).toEqual(['DEPT002 error pool']);
});

test('what is cancelled before its turn waits no more, what fails gives its thread back', async () => {
  using stage = new LibraryStage();
  const pool = poolOf(1);
  let open: (value: unknown) => void = () => undefined;
  const gate = new Promise((resolve) => {
    open = resolve;
  });
  const first = pool.queue(async () => {
    await gate;
    throw new Error('on purpose');
  });
  const second = pool.queue((thread) => thread.double(1));
  const waiting = async (): Promise<void> => void (await second);
  void waiting();
  await expect.poll(() => stage.open.length).toBe(1);
  second.cancel();
  expect(stage.open).toEqual([]);
  open(null);
  await expect(first).rejects.toThrow('on purpose');
  expect(await pool.queue((thread) => thread.double(2))).toBe(4);
  expect(await stage.found()).toEqual([]);
  expect(stage.installation.session.histories.active).toBe(false);
});
