import { patchClass, restoreAll } from '../patches/class-patch.ts';
import { dressed } from '../patches/stand-in.ts';
import { hasMethods } from '../shapes/has-methods.ts';
import { howOf } from '../shapes/how.ts';
import type { LibraryAdapter } from './adapter.ts';
import { type JobQueue, queueOf } from './bullmq-queues.ts';

const CLOSE = howOf('close', 'done');
const FINISHED = howOf('finished', 'done');

/** The name of jobs that are given none. */
const DEFAULT_NAME = '__default__';

/** Its Queue, which runs the jobs too, and what its methods share; not all are in its public types. */
interface Queue {
  readonly name: string;
  readonly closing: Promise<void> | undefined;
  readonly handlers?: Record<string, (job: Job) => unknown>;
  toKey(type: string): string;
  setHandler(name: string, handler: unknown): unknown;
  process(...args: unknown[]): Promise<void>;
  close(doNotWaitJobs?: boolean): Promise<void>;
}

interface Job {
  readonly id: string | number;
  readonly opts: { readonly timeout?: number };
  readonly queue: Queue;
  finished(): Promise<unknown>;
}

/** What a queue has for the jobs of one name. */
interface Worker {
  concurrency: number;
}

/**
 * bull 4: a job holds one of the slots that its queue has in this process, and who waits until another job is finished waits for a
 * slot first. All names of a queue share its slots. As with bullmq, nobody is said to wait for ever.
 */
export const bull: LibraryAdapter = {
  name: 'bull',
  versions: '>=4.0.0 <5.0.0',
  patch(exports) {
    return restoreAll([
      patchClass<Queue>(exports, 'setHandler', patchQueue, ['process', 'close', 'toKey']),
      ...[exports, exports['Job']].map((made) => patchClass<Job>(made, 'finished', patchJob)),
    ]);
  },
};

function slotsOf(queue: Queue): JobQueue {
  return queueOf(`bull 4/${queue.toKey('')}`, queue.name);
}

function patchQueue(prototype: Queue): () => void {
  /** What each queue has of its own for each name of jobs. */
  const workers = new WeakMap<Queue, Map<string, Worker>>();
  const workersOf = (queue: Queue): Map<string, Worker> => {
    const known = workers.get(queue) ?? new Map<string, Worker>();
    workers.set(queue, known);
    return known;
  };
  const { setHandler, process, close } = prototype;
  prototype.setHandler = dressed(function watchedSet(this: Queue, name: string, handler: unknown): unknown {
    const result = setHandler.call(this, name, handler);
    const { handlers = {} } = this;
    const run = handlers[name];
    if (typeof run !== 'function') return result;
    const worker = { concurrency: 0 };
    workersOf(this).set(name, worker);
    handlers[name] = (job) => slotsOf(this).run(worker, String(job.id), () => run(job), job.opts.timeout);
    return result;
  }, setHandler);
  prototype.process = dressed(function watchedProcess(this: Queue, ...args: unknown[]): Promise<void> {
    const started = process.apply(this, args);
    const worker = workersOf(this).get(args.length > 1 && typeof args[0] === 'string' ? args[0] : DEFAULT_NAME);
    if (worker !== undefined) {
      const numbers = args.slice(0, -1).filter((arg) => typeof arg === 'number');
      worker.concurrency = numbers[0] ?? 1;
      slotsOf(this).serve(worker);
    }
    return started;
  }, process);
  prototype.close = dressed(function watchedClose(this: Queue, doNotWaitJobs?: boolean): Promise<void> {
    const own = [...workersOf(this).values()];
    if (own.length === 0) return close.call(this, doNotWaitJobs);
    const slots = slotsOf(this);
    const claim = doNotWaitJobs === true || this.closing ? null : slots.claimAll(own, CLOSE);
    for (const worker of own) slots.retire(worker);
    const closed = close.call(this, doNotWaitJobs);
    return claim === null ? closed : claim.firedBy(closed);
  }, close);
  return () => Object.assign(prototype, { setHandler, process, close });
}

function patchJob(prototype: Job): () => void {
  const { finished } = prototype;
  prototype.finished = dressed(function watchedFinished(this: Job): Promise<unknown> {
    if (!hasMethods(this.queue, ['toKey'])) return finished.call(this);
    const follow = slotsOf(this.queue).claimFor(String(this.id), FINISHED);
    return follow(finished.call(this));
  }, finished);
  return () => Object.assign(prototype, { finished });
}
