import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { LibraryStage, latest, turn } from './library-stage.ts';

const ok = async (): Promise<number> => 1;
const traps: ProxyHandler<object> = {
  get() {
    throw new Error('trap');
  },
};
const trap = new Proxy({}, traps) as never;
/** Like that of a function in another thread: any property of it is a message. */
const remote = new Proxy(() => 'called', traps) as never;
const SYMBOL = Symbol('symbol') as never;
const FIXED = Object.freeze({}) as never;
const UNLIKE = { get: () => undefined } as never;

const BAD: readonly (readonly [name: string, value: never])[] = [
  ['null', null as never],
  ['a number', 42 as never],
  ['a symbol', SYMBOL],
  ['a fixed object', FIXED],
  ['an object', UNLIKE],
  ['a signal that is none', { signal: 42 } as never],
  ['one that cannot be read', trap],
];

/** What the threads of a pool run. */
const WORKER = fileURLToPath(new URL('../../../corpus/programs/_piscina-worker.mjs', import.meta.url));

type Call = (value: never) => unknown;
type Class = new (...args: unknown[]) => Record<string, (...args: unknown[]) => unknown>;

const classOf = (name: string, member: string): Class => {
  const loaded = latest(name) as Record<string, Class> & Class;
  return loaded[member] ?? loaded;
};

/** Each is loaded under watch first, so that the one that runs without is restored. */
const CALLS: Readonly<Record<string, () => Promise<Call>>> = {
  'p-queue, what add is given': async () => {
    const { default: PQueue } = await import('p-queue');
    return (value) => new PQueue({ concurrency: 1 }).add(ok, value);
  },
  'p-queue, onSizeLessThan': async () => {
    const { default: PQueue } = await import('p-queue');
    return (value) => new PQueue({ concurrency: 1 }).onSizeLessThan(value);
  },
  'p-limit, a task': async () => {
    const { default: pLimit } = await import('p-limit');
    return (value) => pLimit(1)(value);
  },
  'p-limit, the task of map': async () => {
    const { default: pLimit } = await import('p-limit');
    return (value) => pLimit(1).map([1], value);
  },
  'cockatiel, a task': async () => {
    const { bulkhead } = await import('cockatiel');
    return (value) => bulkhead(1).execute(value);
  },
  'cockatiel, a signal': async () => {
    const { bulkhead } = await import('cockatiel');
    return (value) => bulkhead(1).execute(ok, value);
  },
  'bottleneck, a task': async () => {
    const Bottleneck = classOf('bottleneck', 'default');
    return (value) => new Bottleneck({ maxConcurrent: 1 })['schedule']?.(value);
  },
  'async-mutex, permits': async () => {
    const { Semaphore } = await import('async-mutex');
    return (value) => new Semaphore(value).acquire();
  },
  'async-mutex, weight': async () => {
    const { Semaphore } = await import('async-mutex');
    return (value) => new Semaphore(1).acquire(value);
  },
  'async-lock, options': async () => {
    const { default: AsyncLock } = await import('async-lock');
    return (value) => new AsyncLock().acquire('key', ok, value);
  },
  'async-lock, a key': async () => {
    const { default: AsyncLock } = await import('async-lock');
    return (value) => new AsyncLock().acquire(value, ok);
  },
  'await-lock, options': async () => {
    const { default: AwaitLock } = (await import('await-lock')) as unknown as { default: Class };
    return (value) => new AwaitLock()['acquireAsync']?.(value);
  },
  'lru-cache, options': async () => {
    const { LRUCache } = await import('lru-cache');
    return (value) => new LRUCache({ max: 2, fetchMethod: ok }).fetch('key', value);
  },
  'lodash, what memoize is given': async () => {
    const { memoize } = await import('lodash');
    return (value) => memoize(value);
  },
  'lodash, a resolver': async () => {
    const { memoize } = await import('lodash');
    return (value) => memoize(ok, value)();
  },
  'micro-memoize, what memoize is given': async () => {
    const { memoize } = await import('micro-memoize');
    return (value) => memoize(value);
  },
  'micro-memoize, options': async () => {
    const { memoize } = await import('micro-memoize');
    return (value) => memoize(ok, value)();
  },
  'moize, options': async () => {
    const moize = latest('moize').default as (fn: unknown, options: unknown) => () => unknown;
    return (value) => moize(ok, value)();
  },
  'typescript-memoize, options': async () => {
    const { Memoize } = latest('typescript-memoize') as typeof import('typescript-memoize');
    return (value) => {
      const descriptor = { value: ok };
      Memoize(value)({}, 'ok', descriptor);
      return Reflect.apply(descriptor.value, {}, []);
    };
  },
  'p-debounce, what promise is given': async () => {
    const { default: debounce } = await import('p-debounce');
    return (value) => debounce.promise(value)();
  },
  'p-debounce, options of promise': async () => {
    const { default: debounce } = await import('p-debounce');
    return (value) => debounce.promise(ok, value)();
  },
  'queue, options': async () => {
    const { default: Queue } = await import('queue');
    return (value) => new Queue(value).push(ok);
  },
  'queue, a job': async () => {
    const { default: Queue } = await import('queue');
    return (value) => new Queue({ concurrency: 1, autostart: true }).push(value);
  },
  'p-ratelimit, a quota': async () => {
    const { pRateLimit } = await import('p-ratelimit');
    return (value) => pRateLimit(value)(ok);
  },
  'p-ratelimit, what is limited': async () => {
    const { pRateLimit } = await import('p-ratelimit');
    return (value) => pRateLimit({ concurrency: 1 })(value);
  },
  'superlock, slots': async () => {
    const { withLock } = await import('superlock');
    return (value) => withLock(value)(ok);
  },
  'superlock, a task': async () => {
    const { withLock } = await import('superlock');
    return (value) => withLock(1)(value);
  },
  'superlock, a signal': async () => {
    const { createLock } = await import('superlock');
    return async (value) => typeof (await createLock(1)(value));
  },
  'async-await-queue, a limit': async () => {
    const { Queue } = await import('async-await-queue');
    return (value) => new Queue(value).run(ok);
  },
  'async-await-queue, a name': async () => {
    const { Queue } = await import('async-await-queue');
    return (value) => new Queue(1).wait(value);
  },
  'lightning-pool, options': async () => {
    const { Pool } = await import('lightning-pool');
    return (value) => new Pool({ create: async () => ({}), destroy: () => undefined }, value).acquire();
  },
  'rxjs, a source': async () => {
    const { firstValueFrom } = await import('rxjs');
    return (value) => firstValueFrom(value);
  },
  'piscina, options': async () => {
    const Piscina = classOf('piscina', 'Piscina');
    return (value) => {
      const pool = new Piscina({ filename: WORKER, minThreads: 0 });
      const result = pool['run']?.({}, value) as Promise<unknown>;
      void result.catch(() => undefined).finally(() => pool['destroy']?.());
      return result;
    };
  },
  'events.once, an emitter': async () => (value) => once(value, 'event'),
  'events.once, options': async () => (value) => {
    const emitter = new EventEmitter();
    const result = once(emitter, 'event', value);
    emitter.emit('event');
    return result;
  },
  'navigator.locks, options': async () => {
    const { locks } = (Reflect.get(globalThis, 'navigator') ?? {}) as {
      locks?: { request(name: string, options: never, task: unknown): unknown };
    };
    return (value) => locks?.request('name', value, ok);
  },
};

/** Whether it is refused, and with what. */
async function outcome(call: Call, value: never): Promise<string> {
  let result: unknown;
  try {
    result = call(value);
  } catch (error) {
    return `throws ${text(error)}`;
  }
  try {
    // Some wait for long.
    await Promise.race([result, turn()]);
    return 'is let in';
  } catch (error) {
    return `rejects with ${text(error)}`;
  }
}

function text(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

test.each(Object.entries(CALLS))('%s: it is refused as without dept', async (_, load) => {
  using stage = new LibraryStage();
  const call = await load();
  const watched: string[] = [];
  for (const [name, value] of BAD) watched.push(`${name}: ${await outcome(call, value)}`);
  expect(stage.installation.findings).toEqual([]);
  stage[Symbol.dispose]();
  const bare: string[] = [];
  for (const [name, value] of BAD) bare.push(`${name}: ${await outcome(call, value)}`);
  expect(watched).toEqual(bare);
});

test.each(Object.entries(CALLS).filter(([name]) => name.endsWith('a task')))(
  '%s that is a proxy is only called',
  async (_, load) => {
    using _stage = new LibraryStage();
    const call = await load();
    expect(await call(remote)).toBe('called');
  },
);

test('options of lru-cache are left as it leaves them', async () => {
  const { LRUCache } = await import('lru-cache');
  const asked: unknown[] = [];
  const inherited = Object.create({ context: 'theirs' }) as { status?: object; context: string };
  const cache = new LRUCache<string, string, string>({
    max: 2,
    fetchMethod: async (_key, _stale, { context }) => {
      asked.push(context);
      return context;
    },
  });
  const left = async (key: string): Promise<unknown> => {
    const value = await cache.fetch(key, inherited);
    return [value, Object.getOwnPropertyDescriptor(inherited, 'status')];
  };
  const bare = await left('bare');
  Reflect.deleteProperty(inherited, 'status');
  using _stage = new LibraryStage();
  expect(await left('watched')).toEqual(bare);
  expect(asked).toEqual(['theirs', 'theirs']);
});
