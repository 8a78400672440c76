import { EINVAL, ENOENT } from '../../sync/errno.ts';
import type { DmaFence } from '../dma-buf/fence.ts';
import { DmaFenceCallback } from '../dma-buf/fence-callback.ts';
import { dmaFenceIsLaterOrSame } from '../dma-buf/fence-context.ts';
import { bug } from '../warn.ts';
import type { DrmSchedEntity } from './entity.ts';
import type { DrmSchedPriority } from './priority.ts';
import type { DrmGpuScheduler } from './sched.ts';
import { DrmSchedFence } from './sched-fence.ts';

/** Where a job stands; `killed`, `timed-out` and `cancelled` are ways it may end. */
export type DrmSchedJobState =
  | 'init'
  | 'armed'
  | 'queued'
  | 'waiting-dependency'
  | 'scheduled'
  | 'running'
  | 'timed-out'
  | 'killed'
  | 'finished'
  | 'freed';

export interface DrmSchedJobOptions {
  readonly credits?: number;
  readonly owner?: object;
  /** What the driver knows it by. */
  readonly name?: string;
  /** Old behaviour: -ENOENT for an entity that lost its run queue, noticed at init. */
  readonly checksRunQueue?: boolean;
}

/** `struct drm_sched_job`: work for one entity, in order with its other jobs. */
export class DrmSchedJob {
  readonly name: string;
  readonly owner: object | null;
  credits: number;
  /** Set by `arm`. */
  sched: DrmGpuScheduler | null = null;
  id = 0;
  priority: DrmSchedPriority = 2;
  /** `s_fence`; null once `cleanup` was called. */
  fence: DrmSchedFence | null;
  /** When it was pushed (`submit_ts`): a running number, as virtual time does not pass between two pushes. */
  submitTs = 0;
  /** How often it was found guilty of a hang. */
  karma = 0;
  state: DrmSchedJobState = 'init';
  /** Waits for the hardware fence. */
  readonly cb: DmaFenceCallback = new DmaFenceCallback();
  /** Waits for what is in front of it when its entity is killed. */
  readonly finishCb: DmaFenceCallback = new DmaFenceCallback();
  /** One fence of each context; `lastDependency` is the next to wait for. */
  readonly dependencies: DmaFence[] = [];
  lastDependency = 0;
  #entity: DrmSchedEntity | null;

  private constructor(entity: DrmSchedEntity, credits: number, options: DrmSchedJobOptions) {
    this.#entity = entity;
    this.credits = credits;
    this.owner = options.owner ?? null;
    this.name = options.name ?? 'job';
    this.fence = new DrmSchedFence(entity, this.owner);
  }

  /** `drm_sched_job_init`. @returns the job, or -EINVAL for no credits (-ENOENT: see `checksRunQueue`) */
  static init(entity: DrmSchedEntity, options: DrmSchedJobOptions = {}): DrmSchedJob | number {
    if (options.checksRunQueue === true && entity.rq === null) return -ENOENT;
    const credits = options.credits ?? 1;
    if (credits <= 0) return -EINVAL;
    return new DrmSchedJob(entity, credits, options);
  }

  get entity(): DrmSchedEntity {
    return this.#entity ?? bug(`${this.name}: its entity is used after the scheduler took the job over`);
  }

  /** The entity lets go of the job: it may be gone before the job is (`sched_job->entity = NULL`). */
  detach(): void {
    this.#entity = null;
  }

  /** `s_fence`. @throws DeptError `ERR_DEPT_BUG` after `cleanup` */
  get schedFence(): DrmSchedFence {
    return this.fence ?? bug(`${this.name}: its fences are used after drm_sched_job_cleanup()`);
  }

  /**
   * `drm_sched_job_add_dependency`: takes over the reference to `fence`. Of one context only the later fence is kept.
   *
   * @returns 0; nothing to do for null
   */
  async addDependency(fence: DmaFence | null): Promise<number> {
    if (fence === null) return 0;
    const at = this.dependencies.findIndex(({ context }) => context === fence.context);
    const known = this.dependencies[at];
    if (known === undefined) {
      this.dependencies.push(fence);
      return 0;
    }
    if (dmaFenceIsLaterOrSame(fence, known)) {
      this.dependencies[at] = fence;
      await known.put();
    } else await fence.put();
    return 0;
  }

  /**
   * `drm_sched_job_arm`: the point of no return. Its fences exist from here, so they must be signaled: push it, under the
   * same lock as `arm`, or the order of the entity's fences is not that of its jobs.
   */
  async arm(): Promise<void> {
    const entity = this.entity;
    await entity.selectRq();
    const sched = entity.rq?.sched ?? bug(`drm_sched_job_arm(${this.name}): its entity has no run queue`);
    this.sched = sched;
    this.priority = entity.priority;
    this.id = sched.nextJobId();
    this.schedFence.init(entity, sched);
    this.state = 'armed';
  }

  /** `drm_sched_entity_push_job`: the job is the scheduler's, and may be freed before this returns. */
  async push(): Promise<void> {
    await this.entity.push(this);
  }

  /** `drm_sched_job_cleanup`: for a job that is not pushed, or from `freeJob`. */
  async cleanup(): Promise<void> {
    const fence = this.schedFence;
    this.fence = null;
    if (fence.armed) await fence.finished.put();
    for (const dependency of this.dependencies.splice(0)) await dependency.put();
  }
}
