import { EALREADY, EDEADLK, ENOMEM } from '../../sync/errno.ts';
import { WwAcquireContext } from '../../sync/ww-acquire-context.ts';
import { type DmaResv, RESERVATION_WW_CLASS } from '../dma-buf/resv.ts';
import { kmalloc } from '../slab.ts';

/*
init()
  |
  v                     -EDEADLK on some object
cleanup() <-------------------------------------------- lockObj(), prepareObj(), prepareArray()
  | true: again, with everything unlocked                ^   the first call locks the object
  +------------------------------------------------------+   of the contention slowly, then its own
  | false: all locked
  v
addFence() on each ... fini()
*/

/** What `drm_exec` needs of a `struct drm_gem_object`. */
export interface DrmExecObject {
  readonly resv: DmaResv;
  /** `drm_gem_object_get` */
  get(): unknown;
  /** `drm_gem_object_put` */
  put(): Promise<void> | void;
}

/** `DRM_EXEC_INTERRUPTIBLE_WAIT`: waits for locks end with -EINTR when a signal is pending. */
export const DRM_EXEC_INTERRUPTIBLE_WAIT = 1;
/** `DRM_EXEC_IGNORE_DUPLICATES`: an object that is locked already is locked, instead of -EALREADY. */
export const DRM_EXEC_IGNORE_DUPLICATES = 2;

/** Objects that a page of pointers holds. */
const PAGE_OF_OBJECTS = 512;

/**
 * `struct drm_exec` (include/drm/drm_exec.h, drivers/gpu/drm/drm_exec.c): locks the reservations of any number of objects
 * under one acquire context, and starts again for as long as there is contention. Where a lock call answers -EDEADLK,
 * everything is unlocked, and the object of the contention is locked first the next time.
 */
export class DrmExec {
  readonly flags: number;
  readonly #objects: DrmExecObject[] = [];
  #maxObjects: number;
  #ticket: WwAcquireContext | null = null;
  /** With a reference; to be locked before anything else. */
  #contended: DrmExecObject | null = null;
  /** With a reference: the last contended one, which the caller has not asked for again yet. */
  #prelocked: DrmExecObject | null = null;

  /** `drm_exec_init`, with room for `count` objects at first. */
  constructor(flags = 0, count = 0) {
    this.flags = flags;
    const room = count > 0 ? count : PAGE_OF_OBJECTS;
    // Where this fails, the first use tries again.
    this.#maxObjects = kmalloc('drm_exec_init', 'GFP_KERNEL') ? room : 0;
  }

  /** `drm_exec_for_each_locked_object`: in the order in which they were locked. */
  get lockedObjects(): readonly DrmExecObject[] {
    return [...this.#objects];
  }

  /** `ticket`: null before the loop. */
  get ticket(): WwAcquireContext | null {
    return this.#ticket;
  }

  /** `drm_exec_is_contended`: some lock call answered -EDEADLK; go to the end of the loop (`drm_exec_retry_on_contention`). */
  get isContended(): boolean {
    return this.#contended !== null;
  }

  /**
   * `drm_exec_until_all_locked`: runs the loop's body until there is no contention left.
   *
   * @returns what the body answered last: 0, or the error other than -EDEADLK that ended the loop
   */
  async untilAllLocked(body: () => Promise<number>): Promise<number> {
    let result = 0;
    while (await this.cleanup()) {
      result = await body();
      if (result !== 0 && !this.isContended) return result;
    }
    return result;
  }

  /**
   * `drm_exec_cleanup`, the condition of the loop. With a contention everything is unlocked. @returns whether to go round
   * (again); false when all is locked, and nothing more may be
   */
  async cleanup(): Promise<boolean> {
    if (this.#ticket === null) {
      this.#ticket = new WwAcquireContext(RESERVATION_WW_CLASS);
      return true;
    }
    if (this.#contended === null) {
      this.#ticket.done();
      return false;
    }
    await this.#unlockAll();
    return true;
  }

  /**
   * `drm_exec_lock_obj`: locks the object, and takes a reference.
   *
   * @returns 0; -EDEADLK on contention; -EALREADY when it is locked already; -EINTR; -ENOMEM
   */
  async lockObj(object: DrmExecObject): Promise<number> {
    const before = await this.#lockContended();
    if (before !== 0) return before;
    if (this.#prelocked === object) {
      this.#prelocked = null;
      await object.put();
      return 0;
    }
    const result = await (this.#isInterruptible
      ? object.resv.lockInterruptible(this.#ticket)
      : object.resv.lock(this.#ticket));
    if (result === -EDEADLK) {
      object.get();
      this.#contended = object;
    }
    if (result === -EALREADY && (this.flags & DRM_EXEC_IGNORE_DUPLICATES) !== 0) return 0;
    return result === 0 ? this.#locked(object) : result;
  }

  /** `drm_exec_unlock_obj`: one that was locked lately. Nothing for one that is not locked. */
  async unlockObj(object: DrmExecObject): Promise<void> {
    const at = this.#objects.lastIndexOf(object);
    if (at < 0) return;
    object.resv.unlock();
    this.#objects.splice(at, 1);
    await object.put();
  }

  /** `drm_exec_prepare_obj`: locks the object and reserves slots. @returns as `lockObj`, or -EINVAL for no slots */
  async prepareObj(object: DrmExecObject, fences: number): Promise<number> {
    const result = await this.lockObj(object);
    if (result !== 0) return result;
    const reserved = await object.resv.reserveFences(fences);
    if (reserved !== 0) await this.unlockObj(object);
    return reserved;
  }

  /** `drm_exec_prepare_array`: up to the first one that fails. @returns as `prepareObj` */
  async prepareArray(objects: readonly DrmExecObject[], fences: number): Promise<number> {
    for (const object of objects) {
      const result = await this.prepareObj(object, fences);
      if (result !== 0) return result;
    }
    return 0;
  }

  /** `drm_exec_fini`: unlocks everything. */
  async fini(): Promise<void> {
    await this.#unlockAll();
    if (this.#ticket === null) return;
    const contended = this.#contended;
    this.#contended = null;
    await contended?.put();
    this.#ticket.fini();
  }

  get #isInterruptible(): boolean {
    return (this.flags & DRM_EXEC_INTERRUPTIBLE_WAIT) !== 0;
  }

  /** `drm_exec_lock_contended` */
  async #lockContended(): Promise<number> {
    const object = this.#contended;
    const ticket = this.#ticket;
    if (object === null || ticket === null) return 0;
    // Forgotten in any case, so that the caller can handle the error.
    this.#contended = null;
    let result = 0;
    if (this.#isInterruptible) result = await object.resv.lockSlowInterruptible(ticket);
    else await object.resv.lockSlow(ticket);
    if (result === 0) result = this.#locked(object);
    if (result === 0) this.#prelocked = object;
    else await object.put();
    return result;
  }

  /** `drm_exec_obj_locked`. Unlocks it again when there is no room to remember it. @returns 0 or -ENOMEM */
  #locked(object: DrmExecObject): number {
    if (this.#objects.length === this.#maxObjects) {
      if (!kmalloc('drm_exec_obj_locked', 'GFP_KERNEL')) {
        object.resv.unlock();
        return -ENOMEM;
      }
      this.#maxObjects += PAGE_OF_OBJECTS;
    }
    object.get();
    this.#objects.push(object);
    return 0;
  }

  /** `drm_exec_unlock_all` */
  async #unlockAll(): Promise<void> {
    for (let object = this.#objects.pop(); object !== undefined; object = this.#objects.pop()) {
      object.resv.unlock();
      await object.put();
    }
    const prelocked = this.#prelocked;
    this.#prelocked = null;
    await prelocked?.put();
  }
}
