// A task waits for another one of its own queue, and somebody may let in more at a time.
import async from 'async';
import { Semaphore } from 'async-mutex';
import Bottleneck from 'bottleneck';
import fastq from 'fastq';
import pLimit from 'p-limit';
import PQueue from 'p-queue';
import { LONG_MS, nothing, service } from './service.mjs';

/** As programs keep their queues. */
const kept = [];

/** Runs a task that awaits another one of what runs it. */
async function nest(limited, run) {
  kept.push(limited);
  await new Promise((asked) => {
    async function nesting() {
      await run(limited, async function task() {
        setImmediate(asked);
        await run(limited, nothing);
      });
    }
    void nesting();
  });
  return limited;
}

const newQueue = () => nest(new PQueue({ concurrency: 1 }), (own, task) => own.add(task));

/** A timer raises it. */
export async function byTimerOfPQueue() {
  const queue = await newQueue();
  setTimeout(() => {
    queue.concurrency = 2;
  }, LONG_MS);
}

export async function byTimerOfPLimit() {
  const limit = await nest(pLimit(1), (own, task) => own(task));
  setTimeout(() => void limit.concurrency++, LONG_MS);
}

export async function byTimerOfFastq() {
  const queue = await nest(
    fastq.promise((task) => task(), 1),
    (own, task) => own.push(task),
  );
  setTimeout(() => {
    queue.concurrency += 1;
  }, LONG_MS);
}

export async function byTimerOfAsync() {
  const queue = await nest(
    async.queue(async (task) => task(), 1),
    (own, task) => own.pushAsync(task),
  );
  setTimeout(() => {
    queue.concurrency = 2;
  }, LONG_MS);
}

export async function byTimerOfBottleneck() {
  const limiter = await nest(new Bottleneck({ maxConcurrent: 1 }), (own, task) => own.schedule(task));
  setTimeout(() => limiter.updateSettings({ maxConcurrent: 2 }), LONG_MS);
}

export async function byTimerOfASemaphore() {
  const permits = await nest(new Semaphore(1), (own, task) => own.runExclusive(task));
  setTimeout(() => permits.setValue(2), LONG_MS);
}

/** A method does, which a process calls. */
export async function byMethodOfAProcess() {
  class Scaling {
    constructor(queue) {
      this.queue = queue;
    }

    widen() {
      this.queue.concurrency = 4;
    }
  }
  const scaling = new Scaling(await newQueue());
  service.once('exit', () => scaling.widen());
}

/** Nobody knows when the one who looks again and again does so, if ever. */
export async function byTimerThatMayRaise() {
  const queue = await newQueue();
  setInterval(() => {
    if (queue.size > LONG_MS) queue.concurrency = 2;
  }, LONG_MS);
}

/** To read it changes nothing. */
export async function byTimerThatReads() {
  const queue = await newQueue();
  setTimeout(() => {
    if (queue.concurrency === 1) nothing();
  }, LONG_MS);
}

/** That is another queue. */
export async function byTimerOfAnother() {
  const [queue] = [new PQueue({ concurrency: 1 }), await newQueue()];
  setTimeout(() => {
    queue.concurrency = 2;
  }, LONG_MS);
}

/** Nobody calls it. */
export async function byNobodyWhoRaises() {
  const queue = await newQueue();
  kept.push(() => {
    queue.concurrency = 2;
  });
}
