import { createRequire } from 'node:module';
import type { Sema } from 'async-sema';
import type { queueAsPromised } from 'fastq';
import { type Hold, librarySuite } from './library-suite.ts';

const require = createRequire(import.meta.url);

type Job = () => unknown;

/** A worker that tells by a callback that it is done. */
async function working(job: Job, done: (error: Error | null, value?: unknown) => void): Promise<void> {
  let value: unknown;
  try {
    value = await job();
  } catch (error) {
    done(error as Error);
    return;
  }
  done(null, value);
}

function semaHold(sema: Sema): Hold {
  return async (task) => {
    const token = await sema.acquire();
    try {
      return await task();
    } finally {
      sema.release(token);
    }
  };
}

librarySuite({
  name: 'async-sema',
  tasks: false,
  capacities: [1, 2],
  load: async () => {
    const { Sema } = await import('async-sema');
    return (capacity) => semaHold(new Sema(capacity));
  },
});

librarySuite({
  name: 'p-limit',
  tasks: true,
  capacities: [1, 3],
  load: async () => {
    const { default: pLimit } = await import('p-limit');
    return (capacity) => {
      const limit = pLimit(capacity);
      return (task) => limit(async () => task());
    };
  },
});

librarySuite({
  name: 'p-queue',
  tasks: true,
  capacities: [1, 2],
  load: async () => {
    const { default: PQueue } = await import('p-queue');
    return (capacity) => {
      const queue = new PQueue({ concurrency: capacity });
      return (task) => queue.add(async () => task());
    };
  },
});

librarySuite({
  name: 'fastq.promise',
  tasks: true,
  capacities: [1, 2],
  load: async () => {
    const fastq = require('fastq') as typeof import('fastq');
    return (capacity) => {
      const queue: queueAsPromised<Job> = fastq.promise(async (job) => job(), capacity);
      return (task) => queue.push(task);
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
      const queue = fastq<unknown, Job>((job, done) => void working(job, done), capacity);
      return (task) =>
        new Promise((resolve, reject) => {
          queue.push(task, (error, value) => (error === null ? resolve(value as never) : reject(error)));
        });
    };
  },
});
