import { ENOSPC } from '../../sync/errno.ts';
import { SpinLock } from '../../sync/spinlock.ts';
import type { DrmSchedEntity } from './entity.ts';
import type { DrmSchedPolicy } from './priority.ts';
import type { DrmGpuScheduler } from './sched.ts';

/** `struct drm_sched_rq`: the entities of one priority that have, or had, something to run. */
export class DrmSchedRq {
  readonly lock: SpinLock = new SpinLock({ name: 'drm_sched_rq.lock' });
  readonly entities: Set<DrmSchedEntity> = new Set();
  readonly sched: DrmGpuScheduler;
  readonly #policy: DrmSchedPolicy;
  /** `current_entity`: whom the round robin served last. */
  #current: DrmSchedEntity | null = null;
  /** The least virtual runtime seen: entities that come back start there and not in the past. */
  #minRuntime = 0;

  constructor(sched: DrmGpuScheduler, policy: DrmSchedPolicy) {
    this.sched = sched;
    this.#policy = policy;
  }

  /** `drm_sched_rq_add_entity`, with `lock` held. */
  add(entity: DrmSchedEntity): void {
    if (this.entities.has(entity)) return;
    this.entities.add(entity);
  }

  /** An entity that was idle has a job again: it catches up with those that ran meanwhile. */
  rejoin(entity: DrmSchedEntity): void {
    entity.virtualRuntime = Math.max(entity.virtualRuntime, this.#minRuntime);
  }

  /** `drm_sched_rq_remove_entity`, with `lock` held. */
  remove(entity: DrmSchedEntity): void {
    this.entities.delete(entity);
    if (this.#current === entity) this.#current = null;
  }

  /**
   * `drm_sched_rq_select_entity_*`: the entity whose job goes next. O(entities).
   *
   * @param fits tells whether the head job of an entity finds credits
   * @returns null when nobody is ready; -ENOSPC when the one that is next does not fit, and then nobody behind it is tried
   */
  async select(fits: (entity: DrmSchedEntity) => boolean): Promise<DrmSchedEntity | null | number> {
    await this.lock.lock();
    try {
      const entity = this.#next();
      if (entity === null) return null;
      if (!fits(entity)) return -ENOSPC;
      this.#current = entity;
      this.#minRuntime = Math.max(this.#minRuntime, entity.virtualRuntime);
      entity.idle.reinit();
      return entity;
    } finally {
      this.lock.unlock();
    }
  }

  #next(): DrmSchedEntity | null {
    const ready = [...this.entities].filter((entity) => entity.isReady);
    if (this.#policy === 'rr') return this.#afterCurrent(ready);
    const key = this.#policy === 'fifo' ? waitingSince : virtualRuntime;
    // Of equal ones the first that came, as in the rb tree.
    return ready.reduce<DrmSchedEntity | null>(
      (best, entity) => (best === null || key(entity) < key(best) ? entity : best),
      null,
    );
  }

  #afterCurrent(ready: readonly DrmSchedEntity[]): DrmSchedEntity | null {
    const order = [...this.entities];
    const at = this.#current === null ? -1 : order.indexOf(this.#current);
    const behind = ready.find((entity) => order.indexOf(entity) > at);
    return behind ?? ready[0] ?? null;
  }
}

function waitingSince(entity: DrmSchedEntity): number {
  return entity.oldestJobWaiting;
}

function virtualRuntime(entity: DrmSchedEntity): number {
  return entity.virtualRuntime;
}
