import { EINVAL } from '../../sync/errno.ts';
import { KernelCompletion } from '../../sync/kernel-completion.ts';
import { runtime } from '../../sync/runtime.ts';
import { SpinLock } from '../../sync/spinlock.ts';
import type { DmaFence } from '../dma-buf/fence.ts';
import { DmaFenceCallback } from '../dma-buf/fence-callback.ts';
import { dmaFenceContextAlloc } from '../dma-buf/fence-context.ts';
import { warnOn } from '../warn.ts';
import type { DrmSchedJob } from './job.ts';
import type { DrmSchedPriority } from './priority.ts';
import type { DrmSchedRq } from './run-queue.ts';
import type { DrmGpuScheduler } from './sched.ts';
import { DONT_PIPELINE, DrmSchedFence } from './sched-fence.ts';

/** Set to true by the scheduler when a job of the entity hung; shared by the entities of one context. */
export interface Guilty {
  value: boolean;
}

/** `struct drm_sched_entity`: a queue of jobs that run in order, of one priority, on one scheduler at a time. */
export class DrmSchedEntity {
  readonly name: string;
  readonly lock: SpinLock = new SpinLock({ name: 'drm_sched_entity.lock' });
  /** `entity_idle`: complete while the scheduler does not look at the entity. */
  readonly idle: KernelCompletion = new KernelCompletion({ name: 'drm_sched_entity.entity_idle' });
  /** `job_queue`: one producer, one consumer. */
  readonly queue: DrmSchedJob[] = [];
  /** The first of two contexts: of scheduled fences, and after it of finished ones. */
  readonly fenceContext: number = dmaFenceContextAlloc(2);
  readonly guilty: Guilty | null;
  fenceSeq = 0n;
  priority: DrmSchedPriority;
  rq: DrmSchedRq | null;
  /** What the head job waits for; nobody looks at the entity meanwhile. */
  dependency: DmaFence | null = null;
  /** The finished fence of the job popped last. */
  lastScheduled: DmaFence | null = null;
  stopped = false;
  /** Who pushed last; null after it flushed. */
  lastUser: object | null = null;
  /** `oldest_job_waiting`: the place of the head job among all jobs submitted to its scheduler. */
  oldestJobWaiting = 0;
  /** How long its jobs have run, weighed by priority: the key of the fair policy. */
  virtualRuntime = 0;
  readonly cb: DmaFenceCallback = new DmaFenceCallback();
  #schedulers: readonly DrmGpuScheduler[];

  private constructor(
    name: string,
    priority: DrmSchedPriority,
    schedulers: readonly DrmGpuScheduler[],
    guilty: Guilty | null,
  ) {
    this.name = name;
    this.priority = priority;
    this.guilty = guilty;
    // With a single scheduler there is nothing to choose later.
    this.#schedulers = schedulers.length > 1 ? schedulers : [];
    this.rq = schedulers[0]?.queueOf(priority) ?? null;
    this.idle.completeAll();
  }

  /**
   * `drm_sched_entity_init`. A priority the first scheduler has no run queue for becomes the lowest it has.
   *
   * @returns -EINVAL without a scheduler
   */
  static init(
    name: string,
    priority: DrmSchedPriority,
    schedulers: readonly DrmGpuScheduler[],
    guilty: Guilty | null = null,
  ): DrmSchedEntity | number {
    const [first] = schedulers;
    if (first === undefined) return -EINVAL;
    const lowest = Math.max(first.numRqs - 1, 0) as DrmSchedPriority;
    const message = `entity ${name} has out-of-bounds priority ${priority}; the scheduler has ${first.numRqs} run queues`;
    const isOut = first.policy !== 'fair' && warnOn(priority >= first.numRqs, message);
    return new DrmSchedEntity(name, isOut ? lowest : priority, schedulers, guilty);
  }

  /** `drm_sched_entity_is_ready` */
  get isReady(): boolean {
    return this.queue.length > 0 && this.dependency === null;
  }

  /** `drm_sched_entity_is_idle`: nothing of it will run that is not running. */
  get isIdle(): boolean {
    return this.rq === null || !this.rq.entities.has(this) || this.queue.length === 0 || this.stopped;
  }

  /** `drm_sched_entity_set_priority`: counts from the next choice of a run queue. */
  async setPriority(priority: DrmSchedPriority): Promise<void> {
    await this.lock.lock();
    this.priority = priority;
    this.lock.unlock();
  }

  /** `drm_sched_entity_modify_sched`: counts from the next choice of a run queue. WARNs for an empty list. */
  async modifySched(schedulers: readonly DrmGpuScheduler[]): Promise<void> {
    if (warnOn(schedulers.length === 0, `drm_sched_entity_modify_sched(${this.name}) without schedulers`)) return;
    await this.lock.lock();
    this.#schedulers = schedulers;
    this.lock.unlock();
  }

  /** `drm_sched_entity_error`: the error of the last job, 0 if none or not known yet. */
  get error(): number {
    return this.lastScheduled?.error ?? 0;
  }

  /**
   * `drm_sched_entity_select_rq`: the ready scheduler with the least to do, while nothing of the entity is on its way, or
   * its jobs would run out of order.
   */
  async selectRq(): Promise<void> {
    if (this.#schedulers.length === 0 || this.queue.length > 0) return;
    if (this.lastScheduled !== null && !(await this.lastScheduled.isSignaled())) return;
    await this.lock.lock();
    const best = this.#schedulers
      .filter(({ ready }) => ready)
      .reduce<DrmGpuScheduler | null>((a, b) => (a === null || b.score < a.score ? b : a), null);
    const next = best?.queueOf(this.priority) ?? null;
    if (next !== this.rq) {
      await this.#leave();
      this.rq = next;
    }
    this.lock.unlock();
    if (this.#schedulers.length === 1) this.#schedulers = [];
  }

  /** `drm_sched_entity_push_job` */
  async push(job: DrmSchedJob): Promise<void> {
    const rq = this.rq;
    if (rq === null || job.sched === null) return void warnOn(true, `push of ${job.name}, which is not armed`);
    rq.sched.score++;
    this.lastUser = runtime().thread;
    job.submitTs = rq.sched.nextSubmission();
    job.state = 'queued';
    const first = this.queue.push(job) === 1;
    if (!first) return;
    await this.lock.lock();
    if (this.stopped) {
      this.lock.unlock();
      warnOn(true, `Trying to push to a killed entity ${this.name}`);
      return;
    }
    await rq.lock.lock();
    rq.add(this);
    rq.rejoin(this);
    this.oldestJobWaiting = job.submitTs;
    rq.lock.unlock();
    this.lock.unlock();
    rq.sched.wakeup();
  }

  /**
   * `drm_sched_entity_pop_job`: the head job once all it depends on has happened.
   *
   * @returns null while it waits; a callback goes on from there
   */
  async pop(): Promise<DrmSchedJob | null> {
    const [job] = this.queue;
    if (job === undefined) return null;
    for (;;) {
      this.dependency = await this.#nextDependency(job);
      if (this.dependency === null) break;
      if (await this.#addDependencyCallback()) {
        job.state = 'waiting-dependency';
        return null;
      }
    }
    if (this.guilty?.value === true) job.schedFence.cancel();
    const before = this.lastScheduled;
    this.lastScheduled = job.schedFence.finished.get();
    await before?.put();
    this.queue.shift();
    const [next] = this.queue;
    if (next !== undefined) this.oldestJobWaiting = next.submitTs;
    job.detach();
    job.state = 'scheduled';
    return job;
  }

  /** `drm_sched_rq_remove_entity`, with `lock` held. */
  async #leave(): Promise<void> {
    if (this.rq === null) return;
    await this.rq.lock.lock();
    this.rq.remove(this);
    this.rq.lock.unlock();
  }

  /** The first half of `drm_sched_entity_kill`: nobody selects it any more, and whoever looks at it now is awaited. */
  async stop(): Promise<void> {
    await this.lock.lock();
    this.stopped = true;
    await this.#leave();
    this.lock.unlock();
    await this.idle.wait();
  }

  async #nextDependency(job: DrmSchedJob): Promise<DmaFence | null> {
    const known = job.dependencies[job.lastDependency];
    if (known !== undefined) {
      job.lastDependency++;
      return known.get();
    }
    return (await job.sched?.ops.prepareJob?.(job, this)) ?? null;
  }

  /** `drm_sched_entity_add_dependency_cb`. @returns false when there is nothing to wait for */
  async #addDependencyCallback(): Promise<boolean> {
    const fence = this.dependency as DmaFence;
    if (fence.context === this.fenceContext || fence.context === this.fenceContext + 1) {
      // A fence of the entity itself: its jobs are in order anyway.
      await this.#dropDependency();
      return false;
    }
    const other = DrmSchedFence.of(fence);
    const pipelines = fence.error === 0 && other?.sched === this.rq?.sched && !fence.testFlag(DONT_PIPELINE);
    if (other !== null && pipelines) {
      // On one ring the order of jobs is enough: wait until the other one is on it, not until it is done.
      this.dependency = other.scheduled.get();
      await fence.put();
    }
    if ((await this.dependency?.addCallback(this.cb, () => this.#wakeup())) === 0) return true;
    await this.#dropDependency();
    return false;
  }

  async #dropDependency(): Promise<void> {
    const fence = this.dependency;
    this.dependency = null;
    await fence?.put();
  }

  /** `drm_sched_entity_wakeup` */
  async #wakeup(): Promise<void> {
    await this.#dropDependency();
    this.rq?.sched.wakeup();
  }
}
