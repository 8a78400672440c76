import { ECANCELED } from '../../sync/errno.ts';
import { SpinLock } from '../../sync/spinlock.ts';
import { DmaFence } from '../dma-buf/fence.ts';
import { DmaFenceFlag, type DmaFenceOps } from '../dma-buf/fence-ops.ts';
import { Lifetime } from '../lifetime.ts';
import { raceWindow } from '../race-window.ts';
import { rcu } from '../rcu.ts';
import { bug } from '../warn.ts';
import type { DrmSchedEntity } from './entity.ts';
import type { DrmGpuScheduler } from './sched.ts';

/** `DRM_SCHED_FENCE_FLAG_HAS_DEADLINE_BIT` */
export const HAS_DEADLINE: number = DmaFenceFlag.USER_BITS;
/** `DRM_SCHED_FENCE_DONT_PIPELINE`: whoever depends on it waits until it is finished, on the same ring too. */
export const DONT_PIPELINE: number = DmaFenceFlag.USER_BITS + 1;

/** `to_drm_sched_fence`: which struct a fence is embedded in. */
const containers = new WeakMap<DmaFence, DrmSchedFence>();

function container(fence: DmaFence): DrmSchedFence {
  return containers.get(fence) ?? bug(`dma_fence ${fence.label} is not one of the scheduler's`);
}

const getDriverName = (): string => 'drm_sched';
const getTimelineName = (fence: DmaFence): string => container(fence).sched.name;

const SCHEDULED_OPS: DmaFenceOps = Object.freeze({
  getDriverName,
  getTimelineName,
  release: (fence: DmaFence) => container(fence).releaseScheduled(),
});

const FINISHED_OPS: DmaFenceOps = Object.freeze({
  getDriverName,
  getTimelineName,
  release: (fence: DmaFence) => container(fence).releaseFinished(),
  setDeadline: (fence: DmaFence, deadline: number) => container(fence).setDeadline(deadline),
});

/**
 * `struct drm_sched_fence` (drivers/gpu/drm/scheduler/sched_fence.c): two fences of a job in one piece of memory. One is
 * signaled when the job is on the hardware, the other when it is done. Both have a `release`, so their ops stay, and the
 * scheduler's module must outlive them.
 */
export class DrmSchedFence {
  readonly owner: object | null;
  readonly memory: Lifetime;
  /** The lock of both fences before each got its own. */
  readonly lock: SpinLock | null;
  /** The hardware's fence, with a reference. */
  parent: DmaFence | null = null;
  /** When somebody wants it finished, in virtual ms; of use with `HAS_DEADLINE`. */
  deadline = 0;
  #sched: DrmGpuScheduler | null = null;
  #scheduled: DmaFence | null = null;
  #finished: DmaFence | null = null;

  /** `drm_sched_fence_alloc`. The fences follow with `init`. */
  constructor(entity: DrmSchedEntity, owner: object | null) {
    this.owner = owner;
    this.memory = new Lifetime(`drm_sched_fence of ${entity.name}`);
    const own = entity.rq?.sched.fixes.schedFenceInlineLock !== false;
    this.lock = own ? null : new SpinLock({ name: 'drm_sched_fence.lock' });
  }

  /** The struct `fence` is part of, null for a fence of somebody else (`to_drm_sched_fence`). */
  static of(fence: DmaFence): DrmSchedFence | null {
    return containers.get(fence) ?? null;
  }

  /** `drm_sched_fence_init`: both get the entity's next number, in two contexts. */
  init(entity: DrmSchedEntity, sched: DrmGpuScheduler): void {
    this.#sched = sched;
    const seq = ++entity.fenceSeq;
    const options = this.lock === null ? {} : { lockMemory: this.memory };
    const make = (ops: DmaFenceOps, context: number, name: string): DmaFence => {
      const lockClass = `drm_sched_fence.${name}`;
      const fence = new DmaFence(ops, this.lock, context, seq, { ...options, lockClass, map: `${sched.name}_${name}` });
      containers.set(fence, this);
      return fence;
    };
    this.#scheduled = make(SCHEDULED_OPS, entity.fenceContext, 'scheduled');
    this.#finished = make(FINISHED_OPS, entity.fenceContext + 1, 'finished');
    // Waits may begin from here on, so whoever has to signal them counts.
    this.#scheduled.publish();
    this.#finished.publish();
  }

  get armed(): boolean {
    return this.#finished !== null;
  }

  get sched(): DrmGpuScheduler {
    return this.#sched ?? bug('drm_sched_fence: used before drm_sched_job_arm()');
  }

  get scheduled(): DmaFence {
    return this.#scheduled ?? bug('drm_sched_fence.scheduled: used before drm_sched_job_arm()');
  }

  get finished(): DmaFence {
    return this.#finished ?? bug('drm_sched_fence.finished: used before drm_sched_job_arm()');
  }

  /** `drm_sched_fence_scheduled`: the job is on the hardware; `parent` is the fence there, or null for an error. */
  async schedule(parent: DmaFence | null): Promise<void> {
    // The parent first: whoever sees the job scheduled may look for it.
    if (parent !== null) await this.#setParent(parent);
    await this.scheduled.signal();
  }

  /** `drm_sched_fence_finished` */
  async finish(result: number): Promise<void> {
    if (result !== 0) this.finished.setError(result);
    await this.finished.signal();
  }

  /** The job's entity is guilty: it still goes through `runJob`, where the driver looks at the error. */
  cancel(): void {
    this.finished.setError(-ECANCELED);
  }

  /** `drm_sched_fence_set_deadline_finished`: the earliest is kept, and the hardware's fence is told. */
  async setDeadline(deadline: number): Promise<void> {
    const { finished } = this;
    const flags = await finished.lockIrqsave();
    if (finished.testFlag(HAS_DEADLINE) && this.deadline < deadline) {
      finished.unlockIrqrestore(flags);
      return;
    }
    this.deadline = deadline;
    finished.testAndSetFlag(HAS_DEADLINE);
    finished.unlockIrqrestore(flags);
    await raceWindow('HAS_DEADLINE is set');
    // Pairs with setParent: one of the two sees what the other wrote.
    await this.parent?.setDeadline(deadline);
  }

  /** `drm_sched_fence_release_finished`: the struct stays until the other fence is released. */
  async releaseFinished(): Promise<void> {
    await this.scheduled.put();
  }

  /** `drm_sched_fence_release_scheduled`: the whole struct goes, after a grace period. */
  async releaseScheduled(): Promise<void> {
    await this.parent?.put();
    // Both fences are part of the memory that goes.
    this.scheduled.free();
    this.finished.free();
    rcu().call(() => this.memory.free('drm_sched_fence_free'));
  }

  /** `drm_sched_fence_set_parent` */
  async #setParent(parent: DmaFence): Promise<void> {
    this.parent = parent.get();
    await raceWindow('the parent is set');
    if (this.finished.testFlag(HAS_DEADLINE)) await parent.setDeadline(this.deadline);
  }
}
