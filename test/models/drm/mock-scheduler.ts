import assert from 'node:assert/strict';
import { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import { dmaFenceContextAlloc } from '../../../src/models/dma-buf/fence-context.ts';
import type { DrmGpuSchedStat } from '../../../src/models/drm/backend.ts';
import { DrmSchedEntity, type Guilty } from '../../../src/models/drm/entity.ts';
import { DrmSchedJob, type DrmSchedJobOptions } from '../../../src/models/drm/job.ts';
import { DRM_SCHED_PRIORITY_NORMAL, type DrmSchedPriority } from '../../../src/models/drm/priority.ts';
import { DrmGpuScheduler, type DrmSchedInit } from '../../../src/models/drm/sched.ts';
import { hz } from '../../../src/models/jiffies.ts';
import { ECANCELED, ETIMEDOUT } from '../../../src/sync/errno.ts';
import { runtime } from '../../../src/sync/runtime.ts';
import { SpinLock } from '../../../src/sync/spinlock.ts';

/** `struct drm_mock_sched_job`: a job and what the pretended hardware does with it. */
export class MockJob {
  readonly job: DrmSchedJob;
  readonly flags: Set<'DONE' | 'TIMEDOUT' | 'DONT_RESET' | 'RESET_SKIPPED'> = new Set();
  /** Microseconds it runs; null until `advance` completes it. */
  durationUs: number | null = null;
  finishAt = 0;
  hwFence: DmaFence | null = null;
  freed = false;
  cancelTimer: (() => void) | null = null;
  /** The test's own reference, taken at arm: the scheduler may free the job at any time after. */
  finished: DmaFence | null = null;
  scheduled: DmaFence | null = null;

  constructor(job: DrmSchedJob) {
    this.job = job;
  }

  /** `drm_mock_sched_job_submit` */
  async submit(): Promise<void> {
    await this.job.arm();
    this.scheduled = this.job.schedFence.scheduled.get();
    this.finished = this.job.schedFence.finished.get();
    await this.job.push();
  }

  /** `drm_mock_sched_job_wait_scheduled`, in jiffies. */
  async waitScheduled(timeout: number): Promise<boolean> {
    return ((await this.scheduled?.waitTimeout(false, timeout, { site: 'wait_scheduled' })) ?? 0) > 0;
  }

  /** `drm_mock_sched_job_wait_finished`, in jiffies: until the pretended hardware is done with it. */
  async waitFinished(timeout: number): Promise<boolean> {
    if (this.flags.has('DONE')) return true;
    const isSignaled = ((await this.finished?.waitTimeout(false, timeout, { site: 'wait_finished' })) ?? 0) > 0;
    return isSignaled && this.flags.has('DONE');
  }
}

/** `drm_mock_scheduler` (drivers/gpu/drm/scheduler/tests/mock_scheduler.c). */
export class MockScheduler {
  readonly sched: DrmGpuScheduler;
  readonly lock: SpinLock = new SpinLock({ name: 'drm_mock_sched.lock' });
  readonly jobs: MockJob[] = [];
  /** Every job in the order in which it was run. */
  readonly ran: MockJob[] = [];
  readonly #byJob = new Map<DrmSchedJob, MockJob>();
  readonly #context: number = dmaFenceContextAlloc(1);
  #nextSeqno = 0;
  #currentSeqno = 0;

  constructor(init: Partial<DrmSchedInit> = {}) {
    this.sched = new DrmGpuScheduler({
      name: 'drm-mock-scheduler',
      hangLimit: 1,
      ops: {
        runJob: (job) => this.#runJob(this.of(job)),
        timedoutJob: (job) => this.#timedout(this.of(job)),
        freeJob: (job) => this.#free(this.of(job)),
        cancelJob: (job) => this.#cancel(this.of(job)),
        ...init.ops,
      },
      ...without(init),
    });
  }

  of(job: DrmSchedJob): MockJob {
    const mock = this.#byJob.get(job);
    assert.ok(mock, 'a job of somebody else');
    return mock;
  }

  entity(
    priority: DrmSchedPriority = DRM_SCHED_PRIORITY_NORMAL,
    name = 'entity',
    guilty: Guilty | null = null,
  ): DrmSchedEntity {
    const entity = DrmSchedEntity.init(name, priority, [this.sched], guilty);
    assert.ok(entity instanceof DrmSchedEntity);
    return entity;
  }

  job(entity: DrmSchedEntity, durationUs: number | null = null, options: DrmSchedJobOptions = {}): MockJob {
    const job = DrmSchedJob.init(entity, options);
    assert.ok(job instanceof DrmSchedJob);
    const mock = new MockJob(job);
    mock.durationUs = durationUs;
    this.#byJob.set(job, mock);
    return mock;
  }

  /** `drm_mock_sched_advance`: completes up to `count` jobs. @returns how many */
  async advance(count: number): Promise<number> {
    const flags = await this.lock.lockIrqsave();
    const end = Math.min(this.#nextSeqno, this.#currentSeqno + count);
    let done = 0;
    for (const job of [...this.jobs]) {
      if (Number(job.hwFence?.seqno) > end) break;
      await this.#complete(job);
      done++;
    }
    this.#currentSeqno = end;
    this.lock.unlockIrqrestore(flags);
    return done;
  }

  async #runJob(job: MockJob): Promise<DmaFence> {
    const flags = await this.lock.lockIrqsave();
    const ops = { getDriverName: () => 'drm_mock_sched', getTimelineName: () => this.sched.name };
    job.hwFence = new DmaFence(ops, this.lock, this.#context, ++this.#nextSeqno, { map: 'mock_hw_fence' });
    job.hwFence.get();
    job.hwFence.publish();
    if (job.durationUs !== null) {
      const before = this.jobs.at(-1)?.finishAt ?? 0;
      job.finishAt = Math.max(before, runtime().now()) + job.durationUs / 1000;
      const fire = (): void => runtime().spawn('drm_mock_sched_job_signal_timer', 'softirq', () => this.#timer(job));
      job.cancelTimer = runtime().timer(fire, job.finishAt - runtime().now());
    }
    this.jobs.push(job);
    this.ran.push(job);
    this.lock.unlockIrqrestore(flags);
    return job.hwFence;
  }

  async #timer(job: MockJob): Promise<void> {
    const flags = await this.lock.lockIrqsave();
    for (const next of [...this.jobs]) {
      if (next.finishAt > job.finishAt) break;
      this.#currentSeqno = Number(next.hwFence?.seqno);
      await this.#complete(next);
    }
    this.lock.unlockIrqrestore(flags);
  }

  /** With the lock held. */
  async #complete(job: MockJob): Promise<void> {
    job.cancelTimer?.();
    job.flags.add('DONE');
    this.jobs.splice(this.jobs.indexOf(job), 1);
    await job.hwFence?.signalLocked();
  }

  async #timedout(job: MockJob): Promise<DrmGpuSchedStat> {
    if (job.flags.has('DONT_RESET')) {
      job.flags.add('RESET_SKIPPED');
      return 'no-hang';
    }
    const flags = await this.lock.lockIrqsave();
    if (!job.hwFence?.testSignaledFlag()) {
      this.jobs.splice(this.jobs.indexOf(job), 1);
      job.flags.add('TIMEDOUT');
      job.hwFence?.setError(-ETIMEDOUT);
      await job.hwFence?.signalLocked();
    }
    this.lock.unlockIrqrestore(flags);
    await this.#free(job);
    return 'reset';
  }

  async #cancel(job: MockJob): Promise<void> {
    job.cancelTimer?.();
    const flags = await this.lock.lockIrqsave();
    if (!job.hwFence?.testSignaledFlag()) {
      this.jobs.splice(this.jobs.indexOf(job), 1);
      job.hwFence?.setError(-ECANCELED);
      await job.hwFence?.signalLocked();
    }
    this.lock.unlockIrqrestore(flags);
  }

  async #free(job: MockJob): Promise<void> {
    assert.equal(job.freed, false, `${job.job.name} is freed twice`);
    job.freed = true;
    await job.job.cleanup();
  }
}

function without({ ops: _ops, ...rest }: Partial<DrmSchedInit>): Omit<Partial<DrmSchedInit>, 'ops'> {
  return rest;
}

/** `MOCK_TIMEOUT` */
export function mockTimeout(): number {
  return hz() / 5;
}
