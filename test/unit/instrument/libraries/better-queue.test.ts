import { expect, test } from 'vitest';
import { LibraryStage, latest, turn } from './library-stage.ts';

type Done = (error?: unknown, result?: unknown) => void;
type Work = () => Promise<unknown>;

interface Queue {
  push(task: unknown, done?: Done): NodeJS.EventEmitter;
  cancel(id: unknown): void;
  destroy(): void;
  on(event: string, listener: () => void): unknown;
}
type Class = new (work: (...args: never[]) => unknown, options?: object) => Queue;

/** A queue whose tasks are functions. */
function make(options: object): Queue {
  const run = (task: { readonly work: Work }, done: Done): void => {
    void (async () => {
      let result: unknown;
      try {
        result = await task.work();
      } catch (error) {
        done(error);
        return;
      }
      done(null, result);
    })();
  };
  return new (latest('better-queue') as Class)(run, options);
}

function result(queue: Queue, work: Work): Promise<unknown> {
  return new Promise((resolve, reject) => {
    queue.push({ work }, (error, value) =>
      error == null ? resolve(value) : reject(new Error(typeof error === 'string' ? error : (error as Error).message)),
    );
  });
}

test('a task that waits for another one of its queue is a circle, in a run in which a slot was free', async () => {
  using stage = new LibraryStage();
  const queue = make({ concurrent: 2 });
  expect(await result(queue, () => result(queue, async () => turn().then(() => 7)))).toBe(7);
  expect(await stage.found()).toEqual(['DEPT001 error queue']);
  expect(stage.installation.findings[0]?.help[0]).toContain('as soon as 2 ');
  expect(stage.open).toEqual([]);
});

test('tasks of two queues that wait for each other', async () => {
  using stage = new LibraryStage();
  const [a, b] = [make({ concurrent: 1 }), make({ concurrent: 1 })];
  await result(a, () => result(b, async () => 1));
  await result(b, () => result(a, async () => 1));
  expect(await stage.found()).toEqual(['DEPT001 error queue queue']);
});

test('tasks one after the other, in batches, failed, tried again, cancelled, merged and left out: nothing is found', async () => {
  const run = async (): Promise<unknown> => {
    const told: unknown[] = [];
    const queue = make({ concurrent: 2, maxRetries: 2 });
    const each = [1, 2, 3, 4, 5].map((i) => result(queue, async () => turn().then(() => i)));
    let tries = 0;
    const failing = result(queue, async () => {
      tries++;
      throw new Error('on purpose');
    });
    told.push(await Promise.all(each), await failing.catch((error: Error) => error.message), tries);

    const sizes = new Promise((resolve) => {
      const ended: unknown[] = [];
      const batches = new (latest('better-queue') as Class)(
        (tasks: readonly unknown[], done: Done) => void setImmediate(done, null, tasks.length),
        { batchSize: 2 },
      );
      for (let i = 0; i < 5; i++) {
        batches.push({ i }, (_error, size) => ended.push(size) === 5 && resolve(ended));
      }
    });
    told.push(await sizes);

    const merging = new (latest('better-queue') as Class)((_task: unknown, done: Done) => void setImmediate(done), {
      merge: (_old: unknown, _new: unknown, done: Done) => done(null, undefined),
      filter: (task: { readonly bad?: boolean }, done: Done) =>
        task.bad === true ? done(null, false) : done(null, task),
    });
    const drained = new Promise<void>((resolve) => void merging.on('drain', resolve));
    merging.push({ id: 'a' });
    merging.push({ id: 'a' });
    merging.push({ id: 'c', bad: true }, (error) => told.push(error));
    await drained;

    const endless = make({ concurrent: 1, maxTimeout: 20 });
    told.push(await result(endless, () => new Promise(() => undefined)).catch((error: Error) => error.message));
    told.push(await result(endless, async () => 'next'));
    return told;
  };
  const bare = await run();
  using stage = new LibraryStage();
  expect(await run()).toEqual(bare);
  expect(await stage.found()).toEqual([]);
  expect(stage.open).toEqual([]);
});

test('what a queue that is destroyed had waits no more', async () => {
  using stage = new LibraryStage();
  const queue = make({ concurrent: 1 });
  queue.push({ work: () => new Promise(() => undefined) });
  queue.push({ work: async () => 1 });
  for (let i = 0; i < 10; i++) await turn();
  queue.destroy();
  expect(stage.open).toEqual([]);
  expect(await stage.found()).toEqual([]);
});
