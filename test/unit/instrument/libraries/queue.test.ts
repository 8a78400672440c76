import { beforeAll, describe, expect, test } from 'vitest';
import { LibraryStage, previous, turn } from './library-stage.ts';
import { unnoticed } from './unnoticed.ts';

type Done = (error?: Error | null, ...results: unknown[]) => void;
type Job = ((done: Done) => unknown) & { timeout?: number };

/** What both majors have. */
interface Queue {
  concurrency: number;
  readonly length: number;
  readonly jobs: readonly Job[];
  push(...jobs: Job[]): number;
  unshift(...jobs: Job[]): number;
  splice(start: number, count?: number, ...jobs: Job[]): unknown;
  slice(from: number, to?: number): unknown;
  pop(): Job | undefined;
  shift(): Job | undefined;
  reverse(): unknown;
  indexOf(job: Job): number;
  start(callback?: (error?: Error, results?: unknown) => void): unknown;
  stop(): void;
  end(error?: Error): void;
}
type Class = new (options?: object) => Queue;

const latestClass = async (): Promise<Class> => (await import('queue')).default as unknown as Class;
const previousClass = async (): Promise<Class> => previous('queue');

beforeAll(async () => {
  // Met while dept is installed.
  using _stage = new LibraryStage();
  await latestClass();
});

/** Calls this with what a program is told: `addEventListener` of 7, `on` of 6. */
function listen(queue: Queue, name: string, tell: (...what: unknown[]) => void): void {
  if ('on' in queue) (queue as unknown as NodeJS.EventEmitter).on(name, tell);
  else (queue as unknown as EventTarget).addEventListener(name, (event) => tell(Reflect.get(event, 'detail')));
}

function named(jobs: Readonly<Record<string, Job>>, what: unknown): unknown {
  const name = Object.keys(jobs).find((each) => jobs[each] === what);
  if (name !== undefined) return name;
  if (typeof what !== 'object' || what === null || Array.isArray(what)) return what;
  return what instanceof Error
    ? what.message
    : Object.fromEntries(Object.entries(what).map(([key, value]) => [key, named(jobs, value)]));
}

describe.each([
  ['queue 7', latestClass],
  ['queue 6', previousClass],
])('%s', (_name, load) => {
  test('what a program sees of its jobs is what it has put there', async () => {
    const run = async (): Promise<unknown> => {
      const Queue = await load();
      const results: unknown[] = [];
      const queue = new Queue({ concurrency: 2, results });
      const told: unknown[] = [];
      const jobs: Record<string, Job> = {
        a: async () => turn().then(() => 'of a'),
        b: (done) => void setImmediate(() => done(null, 'of', 'b')),
        c: (done) => done(null, 'at once'),
        d: async () => 'removed',
        e: async () => 'first',
      };
      for (const name of ['start', 'success', 'end']) {
        listen(queue, name, (...what) => void told.push([name, ...what.map((each) => named(jobs, each))]));
      }
      const [a, b, c, d, e] = Object.values(jobs) as [Job, Job, Job, Job, Job];
      told.push(queue.push(a, b, d, c), queue.unshift(e), queue.indexOf(c), named(jobs, queue.pop()));
      queue.reverse();
      told.push(
        queue.jobs.map((job) => named(jobs, job)),
        named(jobs, queue.shift()),
        queue.length,
      );
      queue.splice(1, 0, c);
      queue.splice(0, 1, d);
      queue.slice(0, 3);
      told.push(queue.jobs.map((job) => named(jobs, job)));
      await new Promise<void>((resolve) => {
        queue.start((...what) => {
          told.push(what);
          resolve();
        });
      });
      return [told, results, Object.keys(a), Object.keys(Queue.prototype)];
    };
    await unnoticed(run);
  });

  test('a job that fails ends the queue: all slots are free, and what waited waits no more', async () => {
    const run = async (): Promise<unknown> => {
      const Queue = await load();
      const queue = new Queue({ concurrency: 2 });
      const told: unknown[] = [];
      queue.push(
        () => new Promise(() => undefined),
        async () => {
          await turn();
          throw new Error('on purpose');
        },
        async () => told.push('never'),
      );
      const ended = await new Promise((resolve) => {
        queue.start((error) => resolve(error?.message));
      });
      const again = new Promise((resolve) => {
        queue.push((done) => {
          done();
          resolve('again');
        });
      });
      queue.start(() => undefined);
      return [ended, await again, told];
    };
    await unnoticed(run);
  });

  test('a job with a timeout may give its slot back at any time, so nothing is said of it', async () => {
    using stage = new LibraryStage();
    const Queue = await load();
    const queue = new Queue({ concurrency: 1, autostart: true, timeout: 5 });
    const inner = new Promise((resolve) => {
      queue.push(async () => {
        await new Promise((done) => {
          queue.push(async () => done(null));
        });
        resolve('done');
      });
    });
    expect(await inner).toBe('done');
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });

  test('a job that raises the limit for the one that it awaits waits for nobody to end', async () => {
    using stage = new LibraryStage();
    const Queue = await load();
    const queue = new Queue({ concurrency: 1, autostart: true });
    await new Promise<void>((resolve) => {
      queue.push(async () => {
        queue.concurrency++;
        await new Promise<void>((done) => {
          queue.push(async () => done());
        });
        resolve();
      });
    });
    expect(await stage.found()).toEqual([]);
  });

  test('the slots of one function that is several jobs are told apart', async () => {
    using stage = new LibraryStage();
    const Queue = await load();
    const queue = new Queue({ concurrency: 2 });
    let runs = 0;
    const job: Job = async () => {
      await turn();
      runs++;
    };
    queue.push(job, job, job, job);
    queue.pop();
    await new Promise<void>((resolve) => {
      queue.start(() => resolve());
    });
    expect(runs).toBe(3);
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });

  test('what is no function is refused as without dept', async () => {
    const run = async (): Promise<unknown> => {
      const Queue = await load();
      const told: unknown[] = [];
      for (const wrong of [7, 'job', {}, undefined, null]) {
        const queue = new Queue({ concurrency: 1, autostart: true });
        try {
          told.push(queue.push(wrong as never));
        } catch (error) {
          told.push(String(error));
        }
        told.push(queue.length);
      }
      return told;
    };
    const bare = await run();
    using stage = new LibraryStage();
    expect(await run()).toEqual(bare);
    expect(stage.installation.findings).toEqual([]);
  });
});

test('queue 7: a job that awaits the end of all of them waits for itself', async () => {
  using stage = new LibraryStage();
  const Queue = await latestClass();
  const queue = new Queue({ concurrency: 2 });
  let all: unknown = null;
  queue.push(async () => {
    await turn();
    await all;
  });
  all = queue.start();
  expect(await stage.found()).toEqual([expect.stringMatching(/^DEPT002 error queue/)]);
});
