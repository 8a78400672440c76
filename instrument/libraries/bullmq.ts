import { patchClass, restoreAll } from '../patches/class-patch.ts';
import { dressed } from '../patches/stand-in.ts';
import { howOf } from '../shapes/how.ts';
import type { LibraryAdapter } from './adapter.ts';
import { type JobQueue, queueOf } from './bullmq-queues.ts';

const CLOSE = howOf('close', 'done');
const WAIT = howOf('waitUntilFinished', 'done');

/** The parts of a Worker that its methods share; not all are in its public types. */
interface Worker {
  readonly name: string;
  readonly qualifiedName: string;
  readonly concurrency: number;
  readonly closing: Promise<void> | undefined;
  run(): Promise<void>;
  callProcessJob(job: Job, ...rest: unknown[]): unknown;
  close(force?: boolean): Promise<void>;
}

interface Job {
  readonly id?: string;
  readonly queue: { readonly name: string; readonly qualifiedName: string };
  waitUntilFinished(queueEvents: unknown, ttl?: number): Promise<unknown>;
}

/**
 * bullmq 5.47 to 6: a job holds one of the slots that the workers of this process have for its queue, and who waits until another
 * job is finished waits for a slot first. Workers of other processes may take that job, so nobody is said to wait for ever.
 */
export const bullmq: LibraryAdapter = {
  name: 'bullmq',
  versions: '>=5.47.0 <7.0.0',
  patch(exports) {
    return restoreAll([
      patchClass<Worker>(exports['Worker'], 'callProcessJob', patchWorker, ['run', 'close']),
      patchClass<Job>(exports['Job'], 'waitUntilFinished', patchJob),
    ]);
  },
};

function slotsOf(worker: Worker): JobQueue {
  return queueOf(worker.qualifiedName, worker.name);
}

function patchWorker(prototype: Worker): () => void {
  const { run, callProcessJob, close } = prototype;
  prototype.run = dressed(function watchedRun(this: Worker): Promise<void> {
    slotsOf(this).serve(this);
    return run.call(this);
  }, run);
  prototype.callProcessJob = dressed(function watchedCall(this: Worker, job: Job, ...rest: unknown[]) {
    const slots = slotsOf(this);
    // One that nobody listened to when it began.
    if (this.closing === undefined) slots.serve(this);
    return slots.run(this, job.id, () => callProcessJob.call(this, job, ...rest));
  }, callProcessJob);
  prototype.close = dressed(function watchedClose(this: Worker, force?: boolean): Promise<void> {
    const claim = force === true || this.closing !== undefined ? null : slotsOf(this).claimAll([this], CLOSE);
    slotsOf(this).retire(this);
    const closed = close.call(this, force);
    return claim === null ? closed : claim.firedBy(closed);
  }, close);
  return () => Object.assign(prototype, { run, callProcessJob, close });
}

function patchJob(prototype: Job): () => void {
  const { waitUntilFinished } = prototype;
  prototype.waitUntilFinished = dressed(function watchedWait(this: Job, queueEvents: unknown, ttl?: number) {
    const { name, qualifiedName } = this.queue;
    const finished = queueOf(qualifiedName, name).claimFor(this.id, WAIT, ttl);
    return finished(waitUntilFinished.call(this, queueEvents, ttl));
  }, waitUntilFinished);
  return () => Object.assign(prototype, { waitUntilFinished });
}
