import { afterEach, expect, test } from 'vitest';
import { LibraryStage, latest, turn } from './library-stage.ts';

type Task = (job: { readonly page: unknown; readonly data: unknown }) => Promise<unknown>;

/** What is asked of it here; its types need a browser's. */
interface Cluster {
  execute(data: unknown, task?: Task): Promise<unknown>;
  queue(data: unknown, task?: Task): Promise<void>;
  task(task: Task): Promise<void>;
  idle(): Promise<void>;
  close(): Promise<void>;
  on(event: 'taskerror', listener: (error: Error, data: unknown) => void): unknown;
}
interface Clusters {
  launch(options: object): Promise<Cluster>;
}

const open: Cluster[] = [];

/** A cluster of pages of no browser. */
async function launch(options: object): Promise<Cluster> {
  const { Cluster: clusters } = latest('puppeteer-cluster') as { Cluster: Clusters };
  const cluster = await clusters.launch(options);
  open.push(cluster);
  return cluster;
}

afterEach(async () => {
  for (const cluster of open.splice(0)) await cluster.close();
});

/** It looks for work by timers. */
function wait(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}

test('a task that awaits another one of its cluster is a circle, in a run in which a worker was free', async () => {
  using stage = new LibraryStage();
  const cluster = await launch({ maxConcurrency: 3 });
  const title = async (): Promise<unknown> => {
    const found = await cluster.execute('part', async ({ data }) => turn().then(() => data));
    return found;
  };
  expect(await cluster.execute('page', async ({ data }) => [data, await title()])).toEqual(['page', 'part']);
  expect(await stage.found()).toEqual(['DEPT001 error cluster']);
  expect(stage.installation.findings[0]?.help[0]).toContain('as soon as 3 ');
  expect(stage.open).toEqual([]);
});

test('all workers run tasks that await another one: a deadlock', async () => {
  using stage = new LibraryStage();
  const cluster = await launch({ maxConcurrency: 2 });
  const enter = async (): Promise<void> => {
    await cluster.execute('page', async () => {
      await turn();
      await cluster.execute('part', async () => 'never');
    });
  };
  void enter();
  void enter();
  await expect.poll(async () => stage.found(1)).toEqual(['DEPT002 error cluster']);
});

test('a timeout that the program has set makes a circle a warning', async () => {
  using stage = new LibraryStage();
  const cluster = await launch({ maxConcurrency: 2, timeout: 5000 });
  const part = async (): Promise<unknown> => {
    const found = await cluster.execute('part', async ({ data }) => data);
    return found;
  };
  expect(await cluster.execute('page', async () => part())).toBe('part');
  expect(await stage.found()).toEqual(['DEPT001 warning cluster']);
});

test('the worker of a task that has taken too long goes on with another one', async () => {
  using stage = new LibraryStage();
  const cluster = await launch({ maxConcurrency: 1, timeout: 30 });
  const nested = cluster.execute('page', async () => {
    await turn();
    await cluster.execute('part', async () => 'part');
  });
  await expect(nested).rejects.toThrow('Timeout hit: 30');
  expect(await cluster.execute('next', async ({ data }) => data)).toBe('next');
  await cluster.idle();
  expect(await stage.found()).toEqual([]);
  expect(stage.open).toEqual([]);
});

test('a task that awaits the end of all of them waits for itself', async () => {
  using stage = new LibraryStage();
  const cluster = await launch({ maxConcurrency: 2 });
  const enter = async (): Promise<void> => {
    await cluster.execute('page', async () => {
      await turn();
      await cluster.idle();
    });
  };
  void enter();
  await expect.poll(async () => stage.found(1)).toEqual(['DEPT002 error cluster']);
});

test('tasks that are only queued, fail, are tried again or are left out change nothing, and nothing is found', async () => {
  const run = async (): Promise<readonly unknown[]> => {
    const told: unknown[] = [];
    const options = { maxConcurrency: 2, retryLimit: 1, skipDuplicateUrls: true };
    const cluster = await launch(options);
    cluster.on('taskerror', (error, data) => void told.push([error.message, data]));
    await cluster.task(async ({ data }) => {
      await turn();
      const url = String(data);
      if (url.endsWith('/bad')) throw new Error('on purpose');
      if (url.endsWith('/1')) await cluster.queue(`${url}/more`);
      told.push(data);
    });
    for (const path of ['1', '2', '2', 'bad', '3']) await cluster.queue(`http://localhost/${path}`);
    await cluster.idle();
    told.push(await cluster.execute('last', async ({ data }) => data));
    const failing = cluster.execute('failing', async () => {
      throw new Error('of its own');
    });
    told.push(await failing.catch((error: Error) => error.message));
    await wait();
    return told.map((each) => JSON.stringify(each)).toSorted();
  };
  const bare = await run();
  using stage = new LibraryStage();
  expect(await run()).toEqual(bare);
  expect(await stage.found()).toEqual([]);
  expect(stage.open).toEqual([]);
});
