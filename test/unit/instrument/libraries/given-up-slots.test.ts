import { beforeAll, describe, expect, test } from 'vitest';
import { LibraryStage, turn } from './library-stage.ts';
import { ends, unnoticed } from './unnoticed.ts';

const rateLimits = (): Promise<typeof import('p-ratelimit')> => import('p-ratelimit');
const superlocks = (): Promise<typeof import('superlock')> => import('superlock');
const queues = (): Promise<typeof import('async-await-queue')> => import('async-await-queue');
const pools = (): Promise<typeof import('lightning-pool')> => import('lightning-pool');

beforeAll(async () => {
  // Met while dept is installed.
  using _stage = new LibraryStage();
  await Promise.all([rateLimits(), superlocks(), queues(), pools()]);
});

/** What a call does at once that is to be refused. */
function refused(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return String(error);
  }
}

/** Something that tasks wait for until it is opened. */
function gate(): { readonly open: () => void; readonly passed: Promise<void> } {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}

describe('p-ratelimit', () => {
  test('who has waited for too long is refused, and that makes a circle a warning', async () => {
    const run = async (): Promise<unknown> => {
      const { pRateLimit } = await rateLimits();
      const limit = pRateLimit({ concurrency: 1, maxDelay: 20 });
      return ends([
        limit(async () => {
          await turn();
          return (await ends([limit(async () => 'inner')]))[0];
        }),
      ]);
    };
    const bare = await run();
    using stage = new LibraryStage();
    expect(await run()).toEqual(bare);
    expect(await stage.found()).toEqual(['DEPT001 warning limit']);
    expect(stage.open).toEqual([]);
  });

  test('rates, errors, a quota without a limit and what is no task are left as they are', () =>
    unnoticed(async () => {
      const { pRateLimit, QuotaManager } = await rateLimits();
      const failing = async (): Promise<never> => {
        throw new Error('on purpose');
      };
      const limits = [
        pRateLimit({ concurrency: 2 }),
        pRateLimit({ interval: 5, rate: 4 }),
        pRateLimit(new QuotaManager({ concurrency: 1 })),
      ];
      const told: unknown[] = [limits.map(({ name, length }) => [name, length])];
      for (const limit of limits) {
        const tasks = [1, 2, 3, 4, 5].map((i) => limit(async () => turn().then(() => i)));
        told.push(await ends([...tasks, limit(failing)]));
      }
      const wrong = [7, undefined, {}].map((task) => pRateLimit({ concurrency: 1 })(task as never));
      told.push(await ends(wrong));
      told.push(refused(() => pRateLimit({ interval: 5 } as never)));
      return told;
    }));
});

describe('superlock', () => {
  test('who is aborted gets nothing and waits no more', () =>
    unnoticed(async () => {
      const { withLock, createLock } = await superlocks();
      const told: unknown[] = [];
      const { open, passed } = gate();
      const within = withLock();
      const lock = createLock(1);
      const release = await lock();
      const first = within(() => passed);
      const abort = new AbortController();
      const waiting = [
        within(async () => 'second', abort.signal),
        within(async () => 'third'),
        lock(abort.signal).then((given) => given === null),
        within(async () => 'aborted before', AbortSignal.abort()),
      ];
      told.push(within.isLocked(), within.awaiting(), lock.isLocked(), lock.awaiting());
      await turn();
      abort.abort();
      told.push(within.awaiting(), lock.awaiting());
      open();
      release?.();
      told.push(await ends([first, ...waiting]), within.isLocked(), lock.isLocked());
      return told;
    }));

  test('tasks that fail, and what is no task or signal, are left as they are', () =>
    unnoticed(async () => {
      const { withLock, createLock } = await superlocks();
      const within = withLock(2);
      const failing = (): never => {
        throw new Error('on purpose');
      };
      const wrong = [
        within(7 as never),
        within(null as never),
        within(async () => 1, 7 as never),
        createLock()({} as never),
      ];
      const told = await ends([within(failing), within(async () => 'done'), within(failing), ...wrong]);
      return [told, within.isLocked(), Object.keys(within), within.length];
    }));
});

describe('async-await-queue', () => {
  test('a task that awaits the end of all of them waits for itself', async () => {
    using stage = new LibraryStage();
    const { Queue } = await queues();
    const queue = new Queue(2);
    void queue.run(async () => {
      await turn();
      await queue.flush();
    });
    expect(await stage.found()).toEqual(['DEPT002 error queue']);
  });

  test('places go in the order of their priorities, whoever waits for all of them', () =>
    unnoticed(async () => {
      const { Queue } = await queues();
      const queue = new Queue(1);
      const order: unknown[] = [];
      const { open, passed } = gate();
      const first = queue.run(() => passed);
      const all = [0, -1, 1].map((priority) =>
        queue.run(async () => {
          await turn();
          order.push(priority);
          if (priority === 1) throw new Error('on purpose');
        }, priority),
      );
      const named = (async () => {
        await queue.wait('named', -2);
        order.push('named');
        queue.end('named');
      })();
      open();
      const told = await ends([first, named, ...all, queue.flush()]);
      return [order, told, queue.stat().running, refused(() => queue.end('nobody'))];
    }));

  test('what is no task is refused', () =>
    unnoticed(async () => {
      const { Queue } = await queues();
      const queue = new Queue(1);
      return [await ends([queue.run(async () => 'done'), queue.run(async () => 'too')]), queue.stat().waiting];
    }));
});

describe('lightning-pool', () => {
  interface File {
    readonly id: number;
  }
  const files = async (options: object, made: File[] = []): Promise<import('lightning-pool').Pool<File>> => {
    const { Pool } = await pools();
    const create = async (): Promise<File> => {
      await turn();
      const file = { id: made.length };
      made.push(file);
      return file;
    };
    return new Pool<File>({ create, destroy: () => undefined }, options);
  };

  test('who has waited for too long is refused, and that makes a circle a warning', async () => {
    const run = async (): Promise<unknown> => {
      const pool = await files({ max: 1, acquireTimeoutMillis: 20 });
      const file = await pool.acquire();
      const told = await ends([pool.acquire()]);
      pool.release(file);
      await pool.closeAsync();
      return told;
    };
    const bare = await run();
    using stage = new LibraryStage();
    expect(await run()).toEqual(bare);
    expect(await stage.found()).toEqual(['DEPT001 warning pool']);
    expect(stage.open).toEqual([]);
  });

  test('a pool that closes or is full refuses, what fails to be made is an error, and all else goes on', () =>
    unnoticed(async () => {
      const { Pool } = await pools();
      const pool = await files({ max: 1, maxQueue: 1 });
      const file = await pool.acquire();
      const told: unknown[] = [];
      const waiting = [pool.acquire(), pool.acquire()];
      const called = new Promise((resolve) => {
        pool.acquire((error) => resolve(String(error)));
      });
      const closed = pool.closeAsync();
      told.push(await ends([...waiting, called]), pool.acquired, pool.pending);
      pool.release(file);
      pool.release(file);
      pool.destroy({ id: -1 });
      await closed;
      const failing = new Pool<File>(
        {
          create: async () => {
            throw new Error('on purpose');
          },
          destroy: () => undefined,
        },
        { max: 2 },
      );
      failing.on('error', () => undefined);
      told.push(await ends([failing.acquire(), failing.acquire()]), failing.size);
      await failing.closeAsync(true);
      return told;
    }));

  test('a factory that asks its own pool for another one may wait for itself', async () => {
    using stage = new LibraryStage();
    const { Pool } = await pools();
    let depth = 0;
    const pool: import('lightning-pool').Pool<File> = new Pool<File>(
      {
        create: async () => {
          await turn();
          const id = ++depth;
          if (id === 1) pool.release(await pool.acquire());
          return { id };
        },
        destroy: () => undefined,
      },
      { max: 3 },
    );
    const file = await pool.acquire();
    pool.release(file);
    expect(await stage.found()).toEqual(['DEPT001 error pool']);
    await pool.closeAsync();
  });

  test('what is no callback is left alone', () =>
    unnoticed(async () => {
      const pool = await files({ max: 1 });
      const told = [7, 'callback', {}].map((wrong) => refused(() => pool.acquire(wrong as never)));
      await turn();
      await turn();
      await pool.closeAsync(true);
      return told;
    }));
});
