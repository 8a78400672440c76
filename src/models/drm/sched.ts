import { SpinLock } from '../../sync/spinlock.ts';
import { WaitQueueHead } from '../../sync/wait-queue.ts';
import { Work } from '../../sync/work.ts';
import { Workqueue } from '../../sync/workqueue.ts';
import type { DmaFence } from '../dma-buf/fence.ts';
import { MAX_SCHEDULE_TIMEOUT } from '../jiffies.ts';
import { warnOn } from '../warn.ts';
import type { DrmSchedBackendOps } from './backend.ts';
import type { DrmSchedEntity } from './entity.ts';
import { DRM_SCHED_FIXES, type DrmSchedFixes } from './fixes.ts';
import type { DrmSchedJob } from './job.ts';
import { DRM_SCHED_PRIORITY_COUNT, type DrmSchedPolicy, type DrmSchedPriority, FAIR_SHIFT } from './priority.ts';
import { DrmSchedRq } from './run-queue.ts';
import { DrmSchedTimeout } from './timeout.ts';

/** `struct drm_sched_init_args` */
export interface DrmSchedInit {
  readonly name: string;
  readonly ops: DrmSchedBackendOps;
  /** Credits of jobs on the hardware at a time; no limit if not given. */
  readonly creditLimit?: number;
  readonly numRqs?: number;
  readonly policy?: DrmSchedPolicy;
  /** Jiffies a job may run; no limit if not given. */
  readonly timeout?: number;
  /** Karma a job may have and still be tried again. */
  readonly hangLimit?: number;
  /** Ordered workqueue of `run` and `free`; one of its own if not given. */
  readonly submitWq?: Workqueue;
  readonly timeoutWq?: Workqueue;
  readonly fixes?: Partial<DrmSchedFixes>;
}

/*
job_arm -> push -> [entity queue] -> run_job_work -> [ring] -> free_job_work
   |                    |                 |             |
   fences exist         dependencies      scheduled     finished, and work_tdr if not in time
*/

/**
 * `struct drm_gpu_scheduler` (drivers/gpu/drm/scheduler/sched_main.c): puts the jobs of entities on one ring, no more at a
 * time than credits allow. Two work items on one ordered queue run jobs and free them, so they never run in parallel.
 */
export class DrmGpuScheduler {
  readonly name: string;
  readonly ops: DrmSchedBackendOps;
  readonly numRqs: number;
  readonly policy: DrmSchedPolicy;
  readonly creditLimit: number;
  readonly hangLimit: number;
  readonly fixes: DrmSchedFixes;
  readonly submitWq: Workqueue;
  readonly rqs: readonly DrmSchedRq[];
  /** Jobs on the hardware, and finished ones nobody freed yet. */
  readonly pending: DrmSchedJob[] = [];
  readonly jobListLock: SpinLock = new SpinLock({ name: 'drm_sched.job_list_lock' });
  /** `job_scheduled`: entities wait here until they are idle. */
  readonly jobScheduled: WaitQueueHead = new WaitQueueHead({ name: 'drm_sched.job_scheduled' });
  readonly timeout: DrmSchedTimeout;
  /** Credits of the jobs on the hardware. */
  creditCount = 0;
  /** Jobs of all its entities that are not done: what load balancing looks at. */
  score = 0;
  ready = true;
  /** `pause_submit`: neither work item is queued. */
  paused = false;
  /** The job `stop` was given is done, and `timedoutJob` leaves freeing it to the scheduler. */
  freeGuilty = false;
  readonly #ownsWq: boolean;
  readonly #run: Work;
  readonly #free: Work;
  #jobIds = 0;
  #submissions = 0;

  /** `drm_sched_init` */
  constructor(init: DrmSchedInit) {
    this.name = init.name;
    this.ops = init.ops;
    this.policy = init.policy ?? 'fifo';
    this.numRqs = this.policy === 'fair' ? 1 : (init.numRqs ?? DRM_SCHED_PRIORITY_COUNT);
    this.creditLimit = init.creditLimit ?? 0xffff_ffff;
    this.hangLimit = init.hangLimit ?? 0;
    this.fixes = { ...DRM_SCHED_FIXES, ...init.fixes };
    this.#ownsWq = init.submitWq === undefined;
    this.submitWq = init.submitWq ?? new Workqueue({ name: `${init.name}_submit_wq`, maxActive: 1, memReclaim: true });
    this.rqs = Array.from({ length: this.numRqs }, () => new DrmSchedRq(this, this.policy));
    this.timeout = new DrmSchedTimeout(this, init.timeout ?? MAX_SCHEDULE_TIMEOUT, init.timeoutWq);
    this.#run = new Work(() => this.#runJob(), { name: 'drm_sched_run_job_work' });
    this.#free = new Work(() => this.#freeJob(), { name: 'drm_sched_free_job_work' });
  }

  /** The run queue of a priority; the fair policy has one for all. */
  queueOf(priority: DrmSchedPriority): DrmSchedRq | null {
    return this.rqs[Math.min(priority, this.numRqs - 1)] ?? null;
  }

  nextJobId(): number {
    return ++this.#jobIds;
  }

  /** The clock of submissions, which ticks with each of them. */
  nextSubmission(): number {
    return ++this.#submissions;
  }

  /** `drm_sched_wakeup`, `drm_sched_run_job_queue` */
  wakeup(): void {
    if (!this.paused) this.submitWq.queue(this.#run);
  }

  /** `__drm_sched_run_free_queue` */
  runFreeQueue(): void {
    if (!this.paused) this.submitWq.queue(this.#free);
  }

  /** `drm_sched_wqueue_stop`: neither work item runs when it returns. Not to be called from one of them. */
  async stopWorks(): Promise<void> {
    this.paused = true;
    await this.submitWq.cancelWorkSync(this.#run);
    await this.submitWq.cancelWorkSync(this.#free);
  }

  /** `drm_sched_wqueue_start` */
  startWorks(): void {
    this.paused = false;
    this.wakeup();
    this.runFreeQueue();
  }

  /** `drm_sched_job_done`: the hardware is through with the job; `result` is 0 or a negative errno. */
  async jobDone(job: DrmSchedJob, result: number): Promise<void> {
    this.creditCount -= job.credits;
    this.score--;
    const { finished } = job.schedFence;
    finished.get();
    job.state = 'finished';
    await job.schedFence.finish(result);
    await finished.put();
    this.runFreeQueue();
  }

  /** Puts the driver's callback on the hardware fence, or notices that it is signaled. */
  async watch(job: DrmSchedJob, fence: DmaFence, otherwise: (fence: DmaFence) => number): Promise<void> {
    const isLate = (await fence.addCallback(job.cb, (done) => this.jobDone(job, done.error))) !== 0;
    if (isLate) await this.jobDone(job, otherwise(fence));
  }

  /** `drm_sched_fini`. Entities go first. */
  async fini(): Promise<void> {
    await this.stopWorks();
    if (!this.fixes.entitiesOutliveNothing) await this.#stopEntities();
    this.jobScheduled.wakeUpAll();
    await this.timeout.cancelSync();
    if (this.ops.cancelJob !== undefined) await this.#cancelRemaining();
    if (this.#ownsWq) await this.submitWq.destroy();
    this.ready = false;
    warnOn(this.pending.length > 0, `Tearing down scheduler ${this.name} while jobs are pending!`);
  }

  /** Old teardown: entities that are still there never submit again. */
  async #stopEntities(): Promise<void> {
    for (const rq of this.rqs) {
      await rq.lock.lock();
      for (const entity of rq.entities) entity.stopped = true;
      rq.lock.unlock();
    }
  }

  /** `drm_sched_cancel_remaining_jobs`: everybody else is stopped, so nothing is locked. */
  async #cancelRemaining(): Promise<void> {
    for (let job = this.pending.at(-1); job !== undefined; job = this.pending.at(-1)) {
      await this.ops.cancelJob?.(job);
      this.pending.splice(this.pending.indexOf(job), 1);
      await this.freeJob(job);
    }
  }

  /** `drm_sched_can_queue`. A job larger than the limit would never run, so it is cut down to it. */
  #fits(entity: DrmSchedEntity): boolean {
    const [job] = entity.queue;
    if (job === undefined) return false;
    const message = `Jobs may not exceed the credit limit of ${this.creditLimit}, truncate ${job.name}.`;
    if (warnOn(job.credits > this.creditLimit, message)) job.credits = this.creditLimit;
    return job.credits <= this.creditLimit - this.creditCount;
  }

  /** `drm_sched_select_entity`. What does not fit stops the search: nothing less important overtakes it. */
  async #select(): Promise<DrmSchedEntity | null> {
    for (const rq of this.rqs) {
      const selected = await rq.select((entity) => this.#fits(entity));
      if (typeof selected === 'number') return null;
      if (selected !== null) return selected;
    }
    return null;
  }

  /** `drm_sched_run_job_work`: one job at a time. */
  async #runJob(): Promise<void> {
    const entity = await this.#select();
    if (entity === null) return;
    const job = await entity.pop();
    if (job === null) {
      entity.idle.completeAll();
      this.wakeup();
      return;
    }
    entity.virtualRuntime += job.credits * 2 ** FAIR_SHIFT[job.priority];
    this.creditCount += job.credits;
    await this.#begin(job);
    const fence = await this.ops.runJob(job);
    entity.idle.completeAll();
    const parent = typeof fence === 'object' ? fence : null;
    await job.schedFence.schedule(parent);
    if (parent !== null) {
      await this.watch(job, parent, ({ error }) => error);
      await parent.put();
    } else await this.jobDone(job, typeof fence === 'number' ? fence : 0);
    this.jobScheduled.wakeUp();
    this.wakeup();
  }

  /** `drm_sched_job_begin` */
  async #begin(job: DrmSchedJob): Promise<void> {
    const flags = await this.jobListLock.lockIrqsave();
    this.pending.push(job);
    job.state = 'running';
    this.timeout.start();
    this.jobListLock.unlockIrqrestore(flags);
  }

  /** `drm_sched_free_job_work` */
  async #freeJob(): Promise<void> {
    const job = await this.#takeFinished();
    if (job !== null) {
      await this.freeJob(job);
      const [next] = this.pending;
      if (next !== undefined && (await next.schedFence.finished.isSignaled())) this.runFreeQueue();
    }
    this.wakeup();
  }

  async freeJob(job: DrmSchedJob): Promise<void> {
    job.state = 'freed';
    await this.ops.freeJob(job);
  }

  /** `drm_sched_get_finished_job`: the first one only; jobs end in order. */
  async #takeFinished(): Promise<DrmSchedJob | null> {
    const flags = await this.jobListLock.lockIrqsave();
    try {
      const [job] = this.pending;
      if (job === undefined || !(await job.schedFence.finished.isSignaled())) return null;
      this.pending.shift();
      this.timeout.cancel();
      if (this.pending.length > 0) this.timeout.start();
      return job;
    } finally {
      this.jobListLock.unlockIrqrestore(flags);
    }
  }
}
