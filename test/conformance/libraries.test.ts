import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type waits from 'semaphore-async-await';
import { ROOT } from '../e2e/child.ts';
import { type Hold, librarySuite } from './library-suite.ts';

const require = createRequire(import.meta.url);
const previousMajors = createRequire(join(ROOT, 'test', 'previous-majors', 'package.json'));
const nextMajors = createRequire(join(ROOT, 'test', 'next-majors', 'package.json'));

/** The module as those get it who import it; before there is one, the way of the others is `require`. */
function previous<T>(name: string): Promise<T> {
  return imported(previousMajors.resolve(name));
}

function next<T>(name: string): Promise<T> {
  return imported(nextMajors.resolve(name));
}

function imported<T>(path: string): Promise<T> {
  return import(/* @vite-ignore */ pathToFileURL(path).href) as Promise<T>;
}

type Job = () => unknown;
type Done = (error?: unknown, value?: unknown) => void;

/** A worker that tells by a callback that it is done. */
async function working(job: Job, done: Done): Promise<void> {
  let value: unknown;
  try {
    value = await job();
  } catch (error) {
    done(error);
    return;
  }
  done(null, value);
}

function calledBack<T>(start: (done: Done) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error == null ? resolve(value as T) : reject(error as Error)));
  });
}

/** Takes a lock that calls back with the way to release it. */
function callbackHold(lock: (callback: (release: () => void) => void) => unknown): Hold {
  return (task) =>
    calledBack((done) => {
      lock((release) => {
        void working(task, (...results) => {
          done(...results);
          release();
        });
      });
    });
}

function guarded<R>(acquire: () => Promise<R>, release: (what: R) => void): Hold {
  return async (task) => {
    const what = await acquire();
    try {
      return await task();
    } finally {
      release(what);
    }
  };
}

const single = async (job: Job): Promise<unknown> => job();

const semaphores =
  ({ Sema }: typeof import('async-sema')) =>
  (capacity: number) => {
    const sema = new Sema(capacity);
    return guarded(
      () => sema.acquire(),
      (token) => sema.release(token),
    );
  };

librarySuite({
  name: 'async-sema 3',
  tasks: false,
  capacities: [1, 2],
  load: async () => semaphores(await import('async-sema')),
});

librarySuite({
  name: 'async-sema 2',
  tasks: false,
  capacities: [1, 2],
  load: async () => semaphores({ Sema: previousMajors('async-sema') } as never),
});

const limits =
  ({ default: pLimit }: typeof import('p-limit')) =>
  (capacity: number): Hold => {
    const limit = pLimit(capacity);
    return (task) => limit(async () => task());
  };

librarySuite({
  name: 'p-limit 7',
  tasks: true,
  capacities: [1, 3],
  load: async () => limits(await import('p-limit')),
});

librarySuite({
  name: 'p-limit 6',
  tasks: true,
  capacities: [1, 3],
  load: async () => limits(await previous('p-limit')),
});

librarySuite({
  name: 'p-limit map',
  tasks: true,
  capacities: [1, 2],
  load: async () => {
    const { default: pLimit } = await import('p-limit');
    return (capacity) => {
      const limit = pLimit(capacity);
      return (task) => limit.map([task], async (each) => each()).then(([result]) => result as never);
    };
  },
});

const queues =
  ({ default: PQueue }: typeof import('p-queue')) =>
  (capacity: number): Hold => {
    const queue = new PQueue({ concurrency: capacity });
    return (task) => queue.add(async () => task());
  };

librarySuite({ name: 'p-queue 9', tasks: true, capacities: [1, 2], load: async () => queues(await import('p-queue')) });
librarySuite({
  name: 'p-queue 8',
  tasks: true,
  capacities: [1, 2],
  load: async () => queues(await previous('p-queue')),
});
librarySuite({
  name: 'p-queue 10',
  tasks: true,
  capacities: [1, 2],
  load: async () => queues(await next('p-queue')),
});

librarySuite({
  name: 'p-queue-compat',
  tasks: true,
  capacities: [1, 2],
  load: async () => queues(await imported(join(ROOT, 'node_modules/p-queue-compat/dist/esm/index.js'))),
});
librarySuite({
  name: 'p-queue-compat in CommonJS',
  tasks: true,
  capacities: [1, 2],
  load: async () => queues(require('p-queue-compat')),
});

librarySuite({
  name: 'fastq.promise',
  tasks: true,
  capacities: [1, 2],
  load: async () => {
    const fastq = require('fastq') as typeof import('fastq');
    return (capacity) => {
      const queue = fastq.promise(async (job: Job) => job(), capacity);
      return (task) => queue.push(task) as never;
    };
  },
});

librarySuite({
  name: 'fastq with callbacks',
  tasks: true,
  promises: false,
  capacities: [1, 2],
  load: async () => {
    const { default: fastq } = await import('fastq');
    return (capacity) => {
      const queue = fastq<unknown, Job>((job, done) => void working(job, done as Done), capacity);
      return (task) => calledBack((done) => queue.push(task, done));
    };
  },
});

librarySuite({
  name: 'async-lock',
  tasks: true,
  capacities: [1],
  load: async () => {
    const { default: AsyncLock } = await import('async-lock');
    return () => {
      const lock = new AsyncLock();
      return (task) => lock.acquire('key', () => task());
    };
  },
});

librarySuite({
  name: 'async-lock, keys of one lock',
  tasks: true,
  capacities: [1],
  load: async () => {
    const { default: AsyncLock } = await import('async-lock');
    const lock = new AsyncLock();
    let keys = 0;
    return () => {
      const key = `key ${++keys}`;
      return (task) => lock.acquire(key, () => task());
    };
  },
});

librarySuite({
  name: 'async-lock with callbacks',
  tasks: false,
  capacities: [1],
  load: async () => {
    const { default: AsyncLock } = await import('async-lock');
    return () => {
      const lock = new AsyncLock();
      return (task) => calledBack((done) => lock.acquire('key', (end) => void working(task, end), done));
    };
  },
});

const awaitLocks =
  ({ default: AwaitLock }: typeof import('await-lock')) =>
  () => {
    const lock = new AwaitLock();
    return guarded(
      () => lock.acquireAsync(),
      () => lock.release(),
    );
  };

librarySuite({
  name: 'await-lock 3',
  tasks: false,
  capacities: [1],
  load: async () => awaitLocks(await import('await-lock')),
});

librarySuite({
  name: 'await-lock 2',
  tasks: false,
  capacities: [1],
  load: async () => awaitLocks(previousMajors('await-lock')),
});

librarySuite({
  name: 'mutexify/promise',
  tasks: false,
  capacities: [1],
  load: async () => {
    const mutexify = require('mutexify/promise') as () => () => Promise<() => void>;
    return () => guarded(mutexify(), (release) => release());
  },
});

librarySuite({
  name: 'mutexify',
  tasks: false,
  capacities: [1],
  load: async () => {
    const { default: mutexify } = await import('mutexify');
    return () => callbackHold(mutexify());
  },
});

librarySuite({
  name: 'semaphore',
  tasks: false,
  capacities: [1, 2],
  load: async () => {
    const { default: semaphore } = await import('semaphore');
    return (capacity) => {
      const made = semaphore(capacity);
      return callbackHold((callback) => made.take((leave) => callback(() => leave())));
    };
  },
});

librarySuite({
  name: 'semaphore, left without what the task is given',
  tasks: false,
  capacities: [1, 2],
  load: async () => {
    const { default: semaphore } = await import('semaphore');
    return (capacity) => {
      const made = semaphore(capacity);
      return callbackHold((callback) => made.take(() => callback(() => made.leave())));
    };
  },
});

type Throat = (size: number) => (task: () => Promise<unknown>) => Promise<unknown>;

const throats =
  (throat: Throat) =>
  (capacity: number): Hold => {
    const run = throat(capacity);
    return (task) => run(async () => task()) as never;
  };

librarySuite({
  name: 'throat 6',
  tasks: true,
  capacities: [1, 2],
  load: async () => throats((await import('throat')).default as never),
});

librarySuite({
  name: 'throat 5',
  tasks: true,
  capacities: [1, 2],
  load: async () => throats(previousMajors('throat')),
});

librarySuite({
  name: 'throat with one function',
  tasks: true,
  capacities: [1, 2],
  load: async () => {
    const throat = require('throat') as (size: number, task: (job: Job) => Promise<unknown>) => Hold;
    return (capacity) => throat(capacity, single);
  },
});

librarySuite({
  name: 'bottleneck',
  timers: true,
  tasks: true,
  capacities: [1, 2],
  load: async () => {
    const { default: Bottleneck } = await import('bottleneck');
    return (capacity) => {
      const limiter = new Bottleneck({ maxConcurrent: capacity });
      return (task) => limiter.schedule(async () => task());
    };
  },
});

const bulkheads =
  ({ bulkhead }: typeof import('cockatiel')) =>
  (capacity: number): Hold => {
    const policy = bulkhead(capacity, 100);
    return async (task) => policy.execute(() => task());
  };

librarySuite({
  name: 'cockatiel 3 bulkhead',
  tasks: true,
  capacities: [1, 2],
  load: async () => bulkheads(await import('cockatiel')),
});

librarySuite({
  name: 'cockatiel 4 bulkhead',
  tasks: true,
  capacities: [1, 2],
  load: async () => bulkheads(await next('cockatiel')),
});

librarySuite({
  name: 'async.queue',
  tasks: true,
  capacities: [1, 2],
  load: async () => {
    const { queue } = await import('async');
    return (capacity) => {
      const made = queue(single, capacity);
      return (task) => made.pushAsync(task) as never;
    };
  },
});

librarySuite({
  name: 'async.priorityQueue',
  tasks: true,
  capacities: [1, 2],
  load: async () => {
    const { priorityQueue } = await import('async');
    return (capacity) => {
      const made = priorityQueue(single, capacity);
      return (task) => made.pushAsync(task, 1) as never;
    };
  },
});

librarySuite({
  name: 'async.cargoQueue',
  tasks: true,
  capacities: [1, 2],
  load: async () => {
    const { cargoQueue } = await import('async');
    return (capacity) => {
      const made = cargoQueue(async ([job]: Job[]) => job?.(), capacity, 1);
      return (task) => made.pushAsync(task) as never;
    };
  },
});

const callbackQueues =
  ({ queue }: typeof import('async')) =>
  (capacity: number): Hold => {
    const made = queue<Job>((job, done) => void working(job, done), capacity);
    return (task) => calledBack((done) => made.push(task, done));
  };

librarySuite({
  name: 'async/queue with callbacks',
  tasks: true,
  promises: false,
  capacities: [1, 2],
  load: async () => callbackQueues({ queue: require('async/queue') } as never),
});

librarySuite({
  name: 'async 2 queue',
  tasks: true,
  promises: false,
  capacities: [1, 2],
  load: async () => callbackQueues(previousMajors('async')),
});

const toolkitSemaphores =
  ({ Semaphore }: typeof import('es-toolkit')) =>
  (capacity: number): Hold => {
    const semaphore = new Semaphore(capacity);
    return guarded(
      () => semaphore.acquire(),
      () => semaphore.release(),
    );
  };

librarySuite({
  name: 'es-toolkit semaphore',
  tasks: false,
  capacities: [1, 2],
  load: async () => toolkitSemaphores(await import('es-toolkit')),
});

librarySuite({
  name: 'es-toolkit/promise in CommonJS',
  tasks: false,
  capacities: [1, 2],
  load: async () => toolkitSemaphores(require('es-toolkit/promise')),
});

librarySuite({
  name: 'es-toolkit mutex',
  tasks: false,
  capacities: [1],
  load: async () => {
    const { Mutex } = await import('es-toolkit/promise');
    return () => {
      const mutex = new Mutex();
      return guarded(
        () => mutex.acquire(),
        () => mutex.release(),
      );
    };
  },
});

librarySuite({
  name: 'es-toolkit limitAsync',
  tasks: false,
  capacities: [1, 2],
  load: async () => {
    const { limitAsync } = await import('es-toolkit');
    return (capacity) => limitAsync(single, capacity) as Hold;
  },
});

/** Its types are a source that the compiler would check. */
interface AwaitSemaphore {
  readonly Semaphore: new (
    permits: number,
  ) => {
    acquire(): Promise<() => void>;
    use<T>(task: () => Promise<T>): Promise<T>;
  };
}

librarySuite({
  name: 'await-semaphore',
  tasks: false,
  capacities: [1, 2],
  load: async () => {
    const { Semaphore } = await imported<AwaitSemaphore>(require.resolve('await-semaphore'));
    return (capacity) => {
      const semaphore = new Semaphore(capacity);
      return guarded(
        () => semaphore.acquire(),
        (release) => release(),
      );
    };
  },
});

librarySuite({
  name: 'await-semaphore use',
  tasks: true,
  capacities: [1, 2],
  load: async () => {
    const { Semaphore } = require('await-semaphore') as AwaitSemaphore;
    return (capacity) => {
      const semaphore = new Semaphore(capacity);
      return (task) => semaphore.use(async () => task());
    };
  },
});

librarySuite({
  name: 'semaphore-async-await',
  tasks: false,
  capacities: [1, 2],
  load: async () => {
    const { default: Semaphore } = await imported<typeof waits>(require.resolve('semaphore-async-await'));
    return (capacity) => {
      const semaphore = new Semaphore(capacity);
      return guarded(
        () => semaphore.acquire(),
        () => semaphore.release(),
      );
    };
  },
});

librarySuite({
  name: 'semaphore-async-await execute',
  tasks: false,
  capacities: [1, 2],
  load: async () => {
    const { default: Semaphore } = require('semaphore-async-await') as typeof waits;
    return (capacity) => {
      const semaphore = new Semaphore(capacity);
      return (task) => semaphore.execute(async () => task());
    };
  },
});

const keylessLocks =
  ({ Lock }: typeof import('async-await-mutex-lock')) =>
  (): Hold => {
    const lock = new Lock();
    return guarded(
      () => lock.acquire(),
      () => lock.release(),
    );
  };

librarySuite({
  name: 'async-await-mutex-lock',
  tasks: false,
  capacities: [1],
  load: async () => keylessLocks(await import('async-await-mutex-lock')),
});

librarySuite({
  name: 'async-await-mutex-lock, keys of one lock',
  tasks: false,
  capacities: [1],
  load: async () => {
    const { Lock } = require('async-await-mutex-lock') as typeof import('async-await-mutex-lock');
    const lock = new Lock<number>();
    let keys = 0;
    return () => {
      const key = ++keys;
      return guarded(
        () => lock.acquire(key),
        () => lock.release(key),
      );
    };
  },
});

const sapphireQueues =
  ({ AsyncQueue }: typeof import('@sapphire/async-queue')) =>
  (): Hold => {
    const queue = new AsyncQueue();
    return guarded(
      () => queue.wait(),
      () => queue.shift(),
    );
  };

librarySuite({
  name: '@sapphire/async-queue',
  tasks: false,
  capacities: [1],
  load: async () => sapphireQueues(await import('@sapphire/async-queue')),
});

librarySuite({
  name: '@sapphire/async-queue in CommonJS',
  tasks: false,
  capacities: [1],
  load: async () => sapphireQueues(require('@sapphire/async-queue')),
});

librarySuite({
  name: 'promise-limit',
  tasks: true,
  capacities: [1, 2],
  load: async () => {
    const { default: promiseLimit } = await import('promise-limit');
    return (capacity) => {
      const limit = promiseLimit<unknown>(capacity);
      return (task) => limit(async () => task()) as never;
    };
  },
});

librarySuite({
  name: 'promise-limit map',
  tasks: true,
  capacities: [1, 2],
  load: async () => {
    const promiseLimit = require('promise-limit') as typeof import('promise-limit');
    return (capacity) => {
      const limit = promiseLimit<Job>(capacity);
      return (task) => limit.map([task], async (each) => each()).then(([result]) => result as never);
    };
  },
});

const promiseQueues =
  (Queue: typeof import('promise-queue')) =>
  (capacity: number): Hold => {
    const queue = new Queue(capacity);
    return (task) => queue.add(async () => task());
  };

librarySuite({
  name: 'promise-queue',
  tasks: true,
  capacities: [1, 2],
  load: async () => promiseQueues((await import('promise-queue')).default as never),
});

librarySuite({
  name: 'promise-queue in CommonJS',
  tasks: true,
  capacities: [1, 2],
  load: async () => promiseQueues(require('promise-queue')),
});

const liteLimits =
  ({ pLimit }: typeof import('plimit-lit')) =>
  (capacity: number): Hold => {
    const limit = pLimit(capacity);
    return (task) => limit(async () => task());
  };

librarySuite({
  name: 'plimit-lit',
  tasks: true,
  capacities: [1, 2],
  load: async () => liteLimits(await import('plimit-lit')),
});

librarySuite({
  name: 'plimit-lit in CommonJS',
  tasks: true,
  capacities: [1, 2],
  load: async () => liteLimits(require('plimit-lit')),
});

/** An instance has its methods from when it is made, so that must happen in the test. */
const writers =
  ({ RWLock }: Pick<typeof import('async-rwlock'), 'RWLock'>) =>
  (): Hold => {
    let lock: InstanceType<typeof RWLock> | null = null;
    return guarded(
      () => {
        lock ??= new RWLock();
        return lock.writeLock();
      },
      () => lock?.unlock(),
    );
  };

librarySuite({
  name: 'async-rwlock as a writer',
  tasks: false,
  capacities: [1],
  load: async () => writers((await import('async-rwlock')) as never),
});

librarySuite({
  name: 'async-rwlock in CommonJS as a writer',
  tasks: false,
  capacities: [1],
  load: async () => writers(require('async-rwlock')),
});

librarySuite({
  name: 'rwlock as a writer',
  tasks: false,
  capacities: [1],
  load: async () => {
    const { default: ReadWriteLock } = await import('rwlock');
    return () => {
      const lock = new ReadWriteLock();
      return callbackHold((called) => lock.writeLock(called));
    };
  },
});

librarySuite({
  name: 'rwlock in CommonJS as a writer, keys of one lock',
  tasks: false,
  capacities: [1],
  load: async () => {
    const ReadWriteLock = require('rwlock') as typeof import('rwlock');
    let keys = 0;
    const lock = new ReadWriteLock();
    return () => {
      const key = `key ${++keys}`;
      return callbackHold((called) => lock.async.writeLock(key, (_error, release) => called(release)));
    };
  },
});

librarySuite({
  name: 'locks: mutex',
  tasks: false,
  capacities: [1],
  load: async () => {
    const { createMutex } = await import('locks');
    return () => {
      const mutex = createMutex();
      return callbackHold((callback) => mutex.lock(() => callback(() => mutex.unlock())));
    };
  },
});

librarySuite({
  name: 'locks: writers',
  tasks: false,
  capacities: [1],
  load: async () => {
    const { createReadWriteLock } = await import('locks');
    return () => {
      const lock = createReadWriteLock();
      return callbackHold((callback) => lock.writeLock(() => callback(() => lock.unlock())));
    };
  },
});

librarySuite({
  name: 'locks: semaphore',
  tasks: false,
  capacities: [1, 2],
  load: async () => {
    const { createSemaphore } = require('locks') as typeof import('locks');
    return (capacity) => {
      const semaphore = createSemaphore(capacity);
      return callbackHold((callback) => semaphore.wait(() => callback(() => semaphore.signal())));
    };
  },
});

/** Acquires a lock that gives back the way to release it. */
function releasable(acquire: () => Promise<readonly [() => Promise<void>, unknown?]>): Hold {
  return async (task) => {
    const [release] = await acquire();
    try {
      return await task();
    } finally {
      await release();
    }
  };
}

librarySuite({
  name: '@matrixai/async-locks: semaphore',
  tasks: false,
  capacities: [1, 2],
  load: async () => {
    const { Semaphore } = await import('@matrixai/async-locks');
    return (capacity) => {
      const semaphore = new Semaphore(capacity);
      return releasable(() => semaphore.lock()() as never);
    };
  },
});

librarySuite({
  name: '@matrixai/async-locks: lock',
  tasks: false,
  capacities: [1],
  load: async () => {
    const { Lock } = await import('@matrixai/async-locks');
    return () => {
      const lock = new Lock();
      return (task) => lock.withF(async () => task());
    };
  },
});

librarySuite({
  name: '@matrixai/async-locks: writers',
  tasks: false,
  capacities: [1],
  load: async () => {
    const { RWLockWriter } = await import('@matrixai/async-locks');
    return () => {
      const lock = new RWLockWriter();
      return (task) => lock.withWriteF(async () => task());
    };
  },
});

librarySuite({
  name: '@matrixai/async-locks: keys of a box',
  tasks: false,
  capacities: [1],
  load: async () => {
    const { Lock, LockBox } = await import('@matrixai/async-locks');
    const box = new LockBox();
    let keys = 0;
    return () => {
      const key = `key ${++keys}`;
      return (task) => box.withF([key, Lock], async () => task());
    };
  },
});

interface Unlocking {
  lock(): Promise<() => void>;
}

librarySuite({
  name: 'await-mutex',
  tasks: false,
  capacities: [1],
  load: async () => {
    const { default: Mutex } = require('await-mutex') as { readonly default: new () => Unlocking };
    return () => {
      const mutex = new Mutex();
      return guarded(
        () => mutex.lock(),
        (unlock) => unlock(),
      );
    };
  },
});

librarySuite({
  name: '@livekit/mutex',
  tasks: false,
  capacities: [1],
  load: async () => {
    const { Mutex } = await import('@livekit/mutex');
    return () => {
      const mutex = new Mutex();
      return guarded(
        () => mutex.lock(),
        (unlock) => unlock(),
      );
    };
  },
});

librarySuite({
  name: '@livekit/mutex in CommonJS: MultiMutex',
  tasks: false,
  capacities: [1, 2],
  load: async () => {
    const { MultiMutex } = require('@livekit/mutex') as typeof import('@livekit/mutex');
    return (capacity) => {
      const mutex = new MultiMutex(capacity);
      return guarded(
        () => mutex.lock(),
        (unlock) => unlock(),
      );
    };
  },
});

librarySuite({
  name: '@shopify/semaphore',
  tasks: false,
  capacities: [1, 2],
  load: async () => {
    const { Semaphore } = await import('@shopify/semaphore');
    return (capacity) => {
      const semaphore = new Semaphore(capacity);
      return guarded(
        () => semaphore.acquire(),
        (permit) => void permit.release(),
      );
    };
  },
});

for (const [form, load] of [
  ['', async () => import('@henrygd/queue')],
  [' in CommonJS', async () => require('@henrygd/queue')],
  [': rl', async () => import('@henrygd/queue/rl')],
  [': async-storage', async () => import('@henrygd/queue/async-storage')],
] as [string, () => Promise<typeof import('@henrygd/queue')>][]) {
  librarySuite({
    name: `@henrygd/queue${form}`,
    tasks: true,
    capacities: [1, 2],
    load: async () => {
      const { newQueue } = await load();
      return (capacity) => {
        const queue = newQueue(capacity);
        return (task) => queue.add(async () => task());
      };
    },
  });
}

const rocicorpLocks: readonly [version: string, load: () => Promise<typeof import('@rocicorp/lock')>][] = [
  ['1', () => import('@rocicorp/lock')],
  // It needs Node 22.
  ...('withResolvers' in Promise ? [['2', () => next('@rocicorp/lock')] as never] : []),
];

for (const [version, load] of rocicorpLocks) {
  librarySuite({
    name: `@rocicorp/lock ${version}`,
    tasks: false,
    capacities: [1],
    load: async () => {
      const { Lock } = await load();
      return () => {
        const lock = new Lock();
        return guarded(
          () => lock.lock(),
          (release) => release(),
        );
      };
    },
  });

  librarySuite({
    name: `@rocicorp/lock ${version} around a task`,
    tasks: false,
    capacities: [1],
    load: async () => {
      const { Lock } = await load();
      return () => {
        const lock = new Lock();
        return (task) => lock.withLock(async () => task());
      };
    },
  });

  librarySuite({
    name: `@rocicorp/lock ${version} as a writer`,
    tasks: false,
    // A writer is let in one microtask later.
    timers: true,
    capacities: [1],
    load: async () => {
      const { RWLock } = await load();
      return () => {
        const lock = new RWLock();
        return (task) => lock.withWrite(async () => task());
      };
    },
  });
}

for (const [form, load] of [
  ['', async () => import('@henrygd/semaphore')],
  [' in CommonJS', async () => require('@henrygd/semaphore')],
] as [string, () => Promise<typeof import('@henrygd/semaphore')>][]) {
  librarySuite({
    name: `@henrygd/semaphore${form}`,
    tasks: false,
    capacities: [1, 2],
    load: async () => {
      const { getSemaphore } = await load();
      return (capacity) => {
        const semaphore = getSemaphore(undefined, capacity);
        return guarded(
          () => semaphore.acquire(),
          () => semaphore.release(),
        );
      };
    },
  });

  librarySuite({
    name: `@henrygd/semaphore${form} by key`,
    tasks: false,
    capacities: [1, 2],
    load: async () => {
      const { getSemaphore } = await load();
      let keys = 0;
      return (capacity) => {
        const key = `key ${++keys}`;
        // A key that nobody uses is forgotten, so each holder has the semaphore that was there for him.
        return guarded(
          async () => {
            const semaphore = getSemaphore(key, capacity);
            await semaphore.acquire();
            return semaphore;
          },
          (semaphore) => semaphore.release(),
        );
      };
    },
  });
}

const pMutexes = (): Promise<typeof import('p-mutex')> => import('p-mutex');

librarySuite({
  name: 'p-mutex',
  tasks: false,
  capacities: [1],
  load: async () => {
    const { default: Mutex } = await pMutexes();
    return () => {
      const mutex = new Mutex();
      return guarded(
        () => mutex.lock(),
        () => mutex.unlock(),
      );
    };
  },
});

librarySuite({
  name: 'p-mutex around a task',
  tasks: false,
  capacities: [1],
  load: async () => {
    const { default: Mutex } = await pMutexes();
    return () => {
      const mutex = new Mutex();
      return (task) => mutex.withLock(async () => task());
    };
  },
});

/** Its types are not where its package.json says. */
interface Threads {
  readonly Pool: (
    spawn: () => Promise<unknown>,
    options: object,
  ) => { queue(run: () => unknown): PromiseLike<unknown> };
}

/** No task asks its thread for anything, so there is none. */
const threadless =
  ({ Pool }: Threads, options: (capacity: number) => object) =>
  (capacity: number): Hold => {
    const pool = Pool(async () => ({}), options(capacity));
    return (task) => Promise.resolve(pool.queue(async () => task())) as never;
  };

librarySuite({
  name: 'threads',
  tasks: true,
  timers: true,
  capacities: [1, 2],
  load: async () => threadless(await imported(join(ROOT, 'node_modules/threads/index.mjs')), (size) => ({ size })),
});

librarySuite({
  name: 'threads in CommonJS, with several tasks for one of them',
  tasks: true,
  timers: true,
  capacities: [1, 2],
  load: async () => threadless(require('threads'), (concurrency) => ({ size: 1, concurrency })),
});

type Step = (done: Done) => unknown;
/** What both majors of queue have. */
type JobQueue = new (options: object) => { push(job: Step | (() => Promise<unknown>)): number };

const promisedJobs =
  (Queue: JobQueue) =>
  (concurrency: number): Hold => {
    const queue = new Queue({ concurrency, autostart: true });
    return (task) => calledBack((done) => queue.push(() => working(task, done)));
  };

const calledBackJobs =
  (Queue: JobQueue) =>
  (concurrency: number): Hold => {
    const queue = new Queue({ concurrency, autostart: true });
    return (task) =>
      calledBack((done) => {
        queue.push((next) => {
          void working(task, (...results) => {
            next();
            done(...results);
          });
        });
      });
  };

for (const [major, from] of [
  ['7', () => import('queue').then((module) => module.default as unknown as JobQueue)],
  ['6', async () => previousMajors('queue') as JobQueue],
] as const) {
  const about = { tasks: true, promises: false, capacities: [1, 2] };
  librarySuite({ ...about, name: `queue ${major}`, load: async () => promisedJobs(await from()) });
  librarySuite({ ...about, name: `queue ${major} with callbacks`, load: async () => calledBackJobs(await from()) });
}

librarySuite({
  name: 'p-ratelimit',
  tasks: true,
  capacities: [1, 2],
  load: async () => {
    const { pRateLimit } = await import('p-ratelimit');
    return (concurrency) => {
      const limit = pRateLimit({ concurrency });
      return (task) => limit(async () => task());
    };
  },
});

const superlock = (): Promise<typeof import('superlock')> => import('superlock');

librarySuite({
  name: 'superlock around a task',
  tasks: true,
  capacities: [1, 2],
  load: async () => {
    const { withLock } = await superlock();
    return (slots) => {
      const lock = withLock(slots);
      return (task) => lock(async () => task()) as never;
    };
  },
});

librarySuite({
  name: 'superlock',
  tasks: false,
  capacities: [1, 2],
  load: async () => {
    const { createLock } = await superlock();
    return (slots) =>
      guarded(createLock(slots), (release) => {
        release?.();
      });
  },
});

const asyncAwaitQueue = (): Promise<typeof import('async-await-queue')> => import('async-await-queue');

librarySuite({
  name: 'async-await-queue around a task',
  tasks: true,
  capacities: [1, 2],
  load: async () => {
    const { Queue } = await asyncAwaitQueue();
    return (capacity) => {
      const queue = new Queue(capacity);
      return (task) => queue.run(async () => task());
    };
  },
});

librarySuite({
  name: 'async-await-queue',
  tasks: false,
  capacities: [1, 2],
  load: async () => {
    const { Queue } = await asyncAwaitQueue();
    return (capacity) => {
      const queue = new Queue(capacity);
      const enter = async (): Promise<symbol> => {
        const name = Symbol('caller');
        await queue.wait(name);
        return name;
      };
      return guarded(enter, (name) => queue.end(name));
    };
  },
});
