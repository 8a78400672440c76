import { Work } from '../../sync/work.ts';
import { Workqueue } from '../../sync/workqueue.ts';
import { jiffies, jiffiesToMs, MAX_SCHEDULE_TIMEOUT } from '../jiffies.ts';
import type { DrmGpuSchedStat } from './backend.ts';
import type { DrmSchedJob } from './job.ts';
import type { DrmGpuScheduler } from './sched.ts';

/** `work_tdr`: timeout detection and recovery, of the oldest job on the hardware. */
export class DrmSchedTimeout {
  /** Jiffies a job may run. */
  readonly limit: number;
  readonly #sched: DrmGpuScheduler;
  readonly #wq: Workqueue;
  readonly #work: Work;
  #due: number | null = null;

  constructor(sched: DrmGpuScheduler, limit: number, wq: Workqueue = new Workqueue({ name: 'events' })) {
    this.#sched = sched;
    this.limit = limit;
    this.#wq = wq;
    this.#work = new Work(() => this.#timedOut(), { name: 'drm_sched_job_timedout' });
  }

  /** When it fires, in jiffies; null while it is off. */
  get due(): number | null {
    return this.#due;
  }

  /** `drm_sched_start_timeout`: from now on, if there is a job. */
  start(): void {
    if (this.limit === MAX_SCHEDULE_TIMEOUT || this.#sched.pending.length === 0) return;
    this.#arm(this.limit);
  }

  /** `drm_sched_fault`: as if the time were over. */
  fault(): void {
    if (this.limit !== MAX_SCHEDULE_TIMEOUT) this.#arm(0);
  }

  /** `drm_sched_suspend_timeout`. @returns the jiffies that were left, for `resume` */
  suspend(): number {
    const left = this.#due === null ? this.limit : this.#due - jiffies();
    this.cancel();
    return left > 0 ? left : this.limit;
  }

  /** `drm_sched_resume_timeout` */
  async resume(remaining: number): Promise<void> {
    const flags = await this.#sched.jobListLock.lockIrqsave();
    if (this.#sched.pending.length === 0) this.cancel();
    else if (remaining !== MAX_SCHEDULE_TIMEOUT) this.#arm(remaining);
    this.#sched.jobListLock.unlockIrqrestore(flags);
  }

  cancel(): void {
    this.#due = null;
    this.#wq.cancelWork(this.#work);
  }

  async cancelSync(): Promise<void> {
    this.#due = null;
    await this.#wq.cancelWorkSync(this.#work);
  }

  /** `mod_delayed_work` */
  #arm(delay: number): void {
    this.cancel();
    this.#due = jiffies() + delay;
    this.#wq.queueDelayed(this.#work, jiffiesToMs(delay));
  }

  /** `drm_sched_job_timedout` */
  async #timedOut(): Promise<void> {
    const sched = this.#sched;
    this.#due = null;
    const flags = await sched.jobListLock.lockIrqsave();
    // Off the list, so that nobody frees it meanwhile.
    const job = sched.pending.shift();
    sched.jobListLock.unlockIrqrestore(flags);
    let status: DrmGpuSchedStat = 'reset';
    if (job !== undefined) {
      status = await sched.ops.timedoutJob(job);
      if (sched.freeGuilty) {
        await sched.freeJob(job);
        sched.freeGuilty = false;
      }
      if (status === 'no-hang') await this.#reinsert(job);
    }
    if (status === 'enodev') return;
    const again = await sched.jobListLock.lockIrqsave();
    this.start();
    sched.jobListLock.unlockIrqrestore(again);
  }

  /** `drm_sched_job_reinsert_on_false_timeout`: it may have finished meanwhile, and nobody noticed. */
  async #reinsert(job: DrmSchedJob): Promise<void> {
    const flags = await this.#sched.jobListLock.lockIrqsave();
    this.#sched.pending.unshift(job);
    if (await job.schedFence.finished.isSignaled()) this.#sched.runFreeQueue();
    this.#sched.jobListLock.unlockIrqrestore(flags);
  }
}
