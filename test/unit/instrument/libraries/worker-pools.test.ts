import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { currentInstallation, install } from '../../../../instrument/install.ts';
import { withTracker } from '../../../../instrument/with-tracker.ts';
import { className } from '../../../../src/core/classes.ts';
import type { Finding } from '../../../../src/core/finding.ts';

const FIXTURES = join(import.meta.dirname, '../../../fixtures/workers');
const CURRENT = import.meta.url;
const PREVIOUS = new URL('../../../previous-majors/package.json', import.meta.url).href;

interface Task {
  readonly name: string;
  readonly port?: MessagePort;
}

/** A pool of threads as the tests see it. */
interface ThreadPool {
  run(task: Task, transfer: readonly MessagePort[]): PromiseLike<unknown>;
  end(): Promise<unknown>;
}

interface PiscinaModule {
  readonly Piscina: new (
    options: object,
  ) => {
    run(task: Task, options: object): Promise<unknown>;
    destroy(): Promise<void>;
  };
}

function piscina(from: string): (threads: number) => ThreadPool {
  return (threads) => {
    const { Piscina } = createRequire(from)('piscina') as PiscinaModule;
    const filename = join(FIXTURES, 'piscina-task.cjs');
    const pool = new Piscina({ filename, minThreads: 1, maxThreads: threads });
    return { run: (task, transferList) => pool.run(task, { transferList }), end: () => pool.destroy() };
  };
}

let tinypools: typeof import('tinypool');

function tinypool(threads: number): ThreadPool {
  const { Tinypool } = tinypools;
  const filename = join(FIXTURES, 'piscina-task.cjs');
  const pool = new Tinypool({ filename, minThreads: 1, maxThreads: threads });
  return { run: (task, transfer) => pool.run(task, { transferList: [...transfer] }), end: () => pool.destroy() };
}

interface OwnPool {
  exec(method: string, params: readonly unknown[], options: object): PromiseLike<unknown>;
  terminate(force: boolean): PromiseLike<unknown>;
}

interface WorkerpoolModule {
  readonly pool: (script: string, options: object) => OwnPool;
}

function workerpool(from: string): (threads: number) => ThreadPool {
  return (threads) => {
    const { pool: make } = createRequire(from)('workerpool') as WorkerpoolModule;
    const options = {
      maxWorkers: threads,
      workerType: 'thread',
      workerThreadOpts: { workerData: { requireFrom: from } },
    };
    const pool = make(join(FIXTURES, 'workerpool-task.cjs'), options);
    return {
      run: (task, transfer) => pool.exec('task', [task], { transfer }),
      end: async () => pool.terminate(true),
    };
  };
}

beforeAll(async () => {
  install();
  tinypools = await import('tinypool');
});
afterAll(() => currentInstallation()?.uninstall());

function found(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ code, circle }) => [code, ...circle.map(({ from }) => className(from))].join(' '));
}

/** A task of `pool` that has this thread run a part of it on `parts`. */
function nested(pool: ThreadPool, parts: ThreadPool, name: string): PromiseLike<unknown> {
  const { port1, port2 } = new MessageChannel();
  const answer = async (part: string): Promise<void> => port1.postMessage(await parts.run({ name: part }, []));
  // A pool that is ended takes its open tasks with it.
  port1.on('message', (part: string) => void answer(part).catch(() => undefined));
  return pool.run({ name, port: port2 }, [port2]);
}

describe.each([
  ['piscina 5', piscina(CURRENT)],
  ['piscina 4', piscina(PREVIOUS)],
  ['tinypool', tinypool],
  ['workerpool 10', workerpool(CURRENT)],
  ['workerpool 9', workerpool(PREVIOUS)],
])('%s', (_name, make) => {
  const ended: ThreadPool[] = [];
  const threads = (count: number): ThreadPool => {
    const pool = make(count);
    ended.push(pool);
    return pool;
  };
  afterAll(async () => {
    for (const pool of ended) await pool.end();
  });

  test('more tasks than threads are nothing', async () => {
    const { findings, value } = await withTracker(async () => {
      const pool = threads(1);
      const results = await Promise.all(['a', 'b', 'c'].map((name) => pool.run({ name }, [])));
      return [...results, await pool.run({ name: 'd' }, [])];
    });
    expect(value).toEqual(['a', 'b', 'c', 'd']);
    expect(findings).toEqual([]);
  });

  test('a task that waits for a task of its pool is a deadlock at as many such tasks as there are threads', async () => {
    const { findings, value } = await withTracker(() => {
      const pool = threads(2);
      return nested(pool, pool, 'page');
    });
    expect(value).toBe('page with part of page');
    expect(found(findings)).toEqual([expect.stringMatching(/^DEPT001 .*pool/)]);
    expect(findings[0]?.help[0]).toContain('hangs as soon as 2 tasks');
  });

  test('and hangs when there is no other thread', async () => {
    const { findings, settled } = await withTracker(
      () => {
        const pool = threads(1);
        return nested(pool, pool, 'page');
      },
      { confirmAfterMs: 20 },
    );
    expect(settled).toBe(false);
    expect(found(findings)).toEqual([expect.stringMatching(/^DEPT002 .*pool/)]);
  });

  test('a second pool for the parts is nothing', async () => {
    const { findings, value } = await withTracker(async () => {
      const [pages, parts] = [threads(1), threads(1)];
      const first = await nested(pages, parts, 'page');
      return [first, ...(await Promise.all([nested(pages, parts, 'two'), nested(pages, parts, 'three')]))];
    });
    expect(value).toEqual(['page with part of page', 'two with part of two', 'three with part of three']);
    expect(findings).toEqual([]);
  });
});

describe('tinypool', () => {
  const named = (name: string): Task => ({ name });

  test('the queue may be one of the program', async () => {
    class Queue {
      readonly #tasks: unknown[] = [];

      get size(): number {
        return this.#tasks.length;
      }

      shift(): unknown {
        return this.#tasks.shift();
      }

      push(task: unknown): void {
        this.#tasks.push(task);
      }

      remove(task: unknown): void {
        this.#tasks.splice(this.#tasks.indexOf(task), 1);
      }

      cancel(): void {
        this.#tasks.length = 0;
      }
    }
    const make = (): ThreadPool => {
      const filename = join(FIXTURES, 'piscina-task.cjs');
      const pool = new tinypools.Tinypool({ filename, minThreads: 1, maxThreads: 1, taskQueue: new Queue() as never });
      return { run: (task, transfer) => pool.run(task, { transferList: [...transfer] }), end: () => pool.destroy() };
    };
    const pools: ThreadPool[] = [];
    const { findings, settled } = await withTracker(
      async () => {
        const pool = make();
        pools.push(pool);
        const results = await Promise.all(['a', 'b', 'c'].map((name) => pool.run({ name }, [])));
        return nested(pool, pool, results.join());
      },
      { confirmAfterMs: 20 },
    );
    expect(settled).toBe(false);
    expect(found(findings)).toEqual([expect.stringMatching(/^DEPT002 .*pool/)]);
    for (const pool of pools) await pool.end();
  });

  test('what is refused, aborted or taken back before its turn waits no more', async () => {
    const { findings, openWaits, value } = await withTracker(async () => {
      const { Tinypool } = tinypools;
      const filename = join(FIXTURES, 'piscina-task.cjs');
      const pool = new Tinypool({ filename, minThreads: 1, maxThreads: 1, maxQueue: 2 });
      const abort = new AbortController();
      const first = pool.run(named('first'));
      const rest = Promise.allSettled([
        pool.run(named('aborted'), { signal: abort.signal }),
        pool.run(named('cancelled')),
        pool.run(named('too many')),
        pool.run(named('never'), { signal: AbortSignal.abort() }),
      ]);
      abort.abort();
      pool.cancelPendingTasks();
      const result = await first;
      const ends = (await rest).map(({ status }) => status);
      await pool.destroy();
      return [result, ...ends];
    });
    expect(value).toEqual(['first', 'rejected', 'rejected', 'rejected', 'rejected']);
    expect(findings).toEqual([]);
    expect(openWaits).toEqual([]);
  });
});

test('a channel is for the program what it was', async () => {
  const { port1, port2 } = new MessageChannel();
  const heard: unknown[] = [];
  const listener = (message: unknown): unknown => heard.push(message);
  port1.on('message', listener);
  port1.once('message', (message) => heard.push(`once ${message}`));
  port2.postMessage(1);
  while (heard.length < 2) await setImmediate();
  port1.off('message', listener);
  port1.on('message', (message) => heard.push(`then ${message}`));
  port2.postMessage(2);
  while (heard.length < 3) await setImmediate();
  port1.close();
  expect(heard).toEqual([1, 'once 1', 'then 2']);
  expect(MessageChannel.name).toBe('MessageChannel');
  expect(new globalThis.MessageChannel()).toBeInstanceOf(MessageChannel);
});
