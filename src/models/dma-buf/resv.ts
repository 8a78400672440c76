import { EINVAL, ENOMEM } from '../../sync/errno.ts';
import { type WwAcquireContext, WwClass } from '../../sync/ww-acquire-context.ts';
import { WwMutex } from '../../sync/ww-mutex.ts';
import { Lifetime } from '../lifetime.ts';
import { raceWindow } from '../race-window.ts';
import { RcuPointer } from '../rcu-pointer.ts';
import { kmalloc } from '../slab.ts';
import { bug, bugOn, warnOn } from '../warn.ts';
import type { DmaFence } from './fence.ts';
import { isDmaFenceContainer } from './fence-container.ts';
import { dmaFenceIsLater, dmaFenceIsLaterOrSame } from './fence-context.ts';
import type { DmaFenceWaitOptions } from './fence-wait.ts';
import * as queries from './resv-fences.ts';
import { DMA_RESV_FIXES, type DmaResvFixes } from './resv-fixes.ts';
import { DmaResvList } from './resv-list.ts';
import type { DmaResvUsage } from './resv-usage.ts';

/*
who adds                          dma_resv                       who waits

lock()                            [ lock | fences --> list ]     waitTimeout(KERNEL)    moves and clears
reserveFences(n)  -- -ENOMEM -->     KERNEL    f1                waitTimeout(WRITE)     + writers: before reading
   ... no way back from here ...     WRITE     f2                waitTimeout(READ)      + readers: before writing
addFence(f, level)  ---------->      READ      f3                waitTimeout(BOOKKEEP)  + everything: before it is freed
unlock()                             BOOKKEEP  f4
*/

/**
 * `reservation_ww_class`: static, as in the kernel, and Wait-Die. All reservation objects are one class: what is held of
 * it, and not under an acquire context, must not be asked for again.
 */
export const RESERVATION_WW_CLASS: WwClass = new WwClass('reservation_ww_class', { waitDie: true });

export interface DmaResvOptions {
  /** Names the object in messages and reports. */
  readonly label?: string;
  /** Another class than `reservation_ww_class`, as one with the Wound-Wait rule. */
  readonly wwClass?: WwClass;
  /** CONFIG_DEBUG_MUTEXES: slots that were reserved are lost with the lock. On if not given, as wherever lockdep runs. */
  readonly debugMutexes?: boolean;
  readonly fixes?: Partial<DmaResvFixes>;
}

/** Slots of the first list. */
const FIRST_SLOTS = 4;

/**
 * `struct dma_resv` (include/linux/dma-resv.h, drivers/dma-buf/dma-resv.c): a lock, and what has to be waited for before
 * its memory is used. A fence that is signaled keeps its place, and its reference, until somebody needs the slot, so
 * fences live much longer than what they stand for.
 */
export class DmaResv {
  /** `fences`: replaced under the lock, read inside RCU readers. */
  readonly fences: RcuPointer<DmaResvList> = new RcuPointer<DmaResvList>();
  readonly fixes: DmaResvFixes;
  readonly memory: Lifetime;
  readonly #lock: WwMutex;
  readonly #debugMutexes: boolean;

  /** `dma_resv_init` */
  constructor(options: DmaResvOptions = {}) {
    const { label, wwClass = RESERVATION_WW_CLASS, debugMutexes = true, fixes } = options;
    this.fixes = { ...DMA_RESV_FIXES, ...fixes };
    this.memory = new Lifetime(label ?? 'dma_resv');
    this.#lock = new WwMutex(wwClass, label === undefined ? {} : { label });
    this.#debugMutexes = debugMutexes;
  }

  get name(): string {
    return this.#lock.name;
  }

  /** `dma_resv_is_locked` */
  get isLocked(): boolean {
    return this.#lock.isLocked;
  }

  /** `dma_resv_held`: by the thread that runs. */
  get isHeld(): boolean {
    return this.#lock.isHeld;
  }

  /** `dma_resv_locking_ctx` */
  get lockingContext(): WwAcquireContext | null {
    return this.#lock.context;
  }

  /**
   * `dma_resv_lock`. Without a context it is a plain mutex, which never backs off.
   *
   * @returns 0; -EALREADY when this context holds it; -EDEADLK when the context must unlock everything and lock slowly
   */
  async lock(context: WwAcquireContext | null = null): Promise<number> {
    this.memory.check('dma_resv_lock');
    return await this.#lock.lock(context);
  }

  /** `dma_resv_lock_interruptible`. @returns as `lock`, or -EINTR */
  async lockInterruptible(context: WwAcquireContext | null = null): Promise<number> {
    this.memory.check('dma_resv_lock_interruptible');
    return await this.#lock.lockInterruptible(context);
  }

  /** `dma_resv_lock_slow`: after a back-off, with nothing held under the context. */
  async lockSlow(context: WwAcquireContext): Promise<void> {
    this.memory.check('dma_resv_lock_slow');
    await this.#lock.lockSlow(context);
  }

  /** `dma_resv_lock_slow_interruptible`. @returns 0 or -EINTR */
  async lockSlowInterruptible(context: WwAcquireContext): Promise<number> {
    this.memory.check('dma_resv_lock_slow_interruptible');
    return await this.#lock.lockSlowInterruptible(context);
  }

  /** `dma_resv_trylock`: without a context. */
  trylock(): boolean {
    this.memory.check('dma_resv_trylock');
    return this.#lock.trylock();
  }

  /** `dma_resv_unlock`. @throws DeptError `ERR_DEPT_BAD_UNLOCK` when the caller does not hold it */
  unlock(): void {
    this.memory.check('dma_resv_unlock');
    if (this.isHeld) this.#resetMaxFences();
    this.#lock.unlock();
  }

  /** `dma_resv_assert_held`: WARNs when the caller does not hold the lock. */
  assertHeld(operation = 'dma_resv_assert_held'): void {
    this.memory.check(operation);
    warnOn(!this.isHeld, `${operation}(${this.name}) without the lock of the dma_resv`);
  }

  /**
   * `dma_resv_reserve_fences`; locked. Makes room for `count` more fences, which `addFence` then needs no memory for, and
   * lets go of signaled ones when the list is replaced. @returns 0; -ENOMEM; -EINVAL, with a WARN, for none
   */
  async reserveFences(count: number): Promise<number> {
    this.assertHeld('dma_resv_reserve_fences');
    if (warnOn(!(count > 0), `dma_resv_reserve_fences(${this.name}, ${count})`)) return -EINVAL;
    const old = this.fences.dereference();
    if (old !== null && old.numFences + count <= old.maxFences) return 0;
    // Memory may be reclaimed under the lock: reclaim never takes it but by trylock.
    if (!kmalloc('dma_resv_reserve_fences', 'GFP_KERNEL')) return -ENOMEM;
    const list = new DmaResvList(slotsFor(old, count));
    const signaled: DmaFence[] = [];
    for (let index = 0; index < (old?.numFences ?? 0); index++) {
      const { fence, usage } = (old as DmaResvList).entry(index);
      if (await fence.isSignaled()) signaled.push(fence);
      else list.set(list.numFences, fence, usage);
    }
    this.fences.assign(list);
    await raceWindow('the new list is published');
    for (const fence of signaled) await fence.put();
    old?.kfreeRcu();
    return 0;
  }

  /**
   * `dma_resv_add_fence`; locked, with a slot reserved. Others can see the fence from now on. Takes the place of an
   * earlier fence of its context that was added at the same or a weaker level, or of one that is signaled.
   *
   * @throws DeptError `ERR_DEPT_BUG` without a slot
   */
  async addFence(fence: DmaFence, usage: DmaResvUsage): Promise<void> {
    fence.get();
    this.assertHeld('dma_resv_add_fence');
    warnOn(
      isDmaFenceContainer(fence),
      `dma_resv_add_fence(${this.name}) with container ${fence.label}: add its members`,
    );
    const list = this.fences.dereference();
    if (list === null) bug(`NULL pointer dereference: dma_resv_add_fence(${this.name}) and nothing was ever reserved`);
    for (let index = 0; index < list.numFences; index++) {
      const old = list.entry(index);
      const replaces = old.usage >= usage && this.#supersedes(fence, old.fence);
      if (!replaces && !(await old.fence.isSignaled())) continue;
      list.set(index, fence, usage);
      publish(fence);
      await raceWindow('the slot is given to another fence');
      await old.fence.put();
      return;
    }
    const isFull = list.numFences >= list.maxFences;
    bugOn(isFull, `dma_resv_add_fence(${this.name}) without a reserved slot: call dma_resv_reserve_fences first`);
    list.set(list.numFences, fence, usage);
    publish(fence);
  }

  /**
   * `dma_resv_replace_fences`; locked: every fence of a context becomes `replacement`, as a preempt fence an update of
   * the page table. Only for what no longer uses the memory once the new fence is signaled.
   */
  async replaceFences(context: number, replacement: DmaFence, usage: DmaResvUsage): Promise<void> {
    this.assertHeld('dma_resv_replace_fences');
    const list = this.fences.dereference();
    for (let index = 0; list !== null && index < list.numFences; index++) {
      const { fence: old } = list.entry(index);
      if (old.context !== context) continue;
      list.set(index, this.fixes.replaceTakesReference ? replacement.get() : replacement, usage);
      publish(replacement);
      await old.put();
    }
  }

  /** `dma_resv_get_fences`. @returns the unsignaled fences up to a level, with a reference each, or -ENOMEM */
  getFences(usage: DmaResvUsage): Promise<DmaFence[] | number> {
    return queries.dmaResvGetFences(this, usage);
  }

  /** `dma_resv_get_singleton`. @returns a reference to one fence for all of them, null for none, or -ENOMEM */
  getSingleton(usage: DmaResvUsage): Promise<DmaFence | null | number> {
    return queries.dmaResvGetSingleton(this, usage);
  }

  /** `dma_resv_copy_fences`; locked: has what is unsignaled in `source`, and nothing else, from now on. @returns 0 or -ENOMEM */
  copyFences(source: DmaResv): Promise<number> {
    this.assertHeld('dma_resv_copy_fences');
    return queries.dmaResvCopyFences(this, source);
  }

  /**
   * `dma_resv_wait_timeout`, in jiffies. Each of the waits is of one class unless `options` says otherwise.
   *
   * @returns the jiffies that were left, 1 for timeout 0 with nothing to wait for; 0 after the timeout; -ERESTARTSYS when
   *   `intr` and a signal is pending
   */
  waitTimeout(usage: DmaResvUsage, intr: boolean, timeout: number, options: DmaFenceWaitOptions = {}): Promise<number> {
    return queries.dmaResvWaitTimeout(this, usage, intr, timeout, options);
  }

  /** `dma_resv_test_signaled`: there is nothing left to wait for up to this level. */
  testSignaled(usage: DmaResvUsage): Promise<boolean> {
    return queries.dmaResvTestSignaled(this, usage);
  }

  /** `dma_resv_set_deadline`: somebody wants them by then (virtual ms). */
  setDeadline(usage: DmaResvUsage, deadline: number): Promise<void> {
    return queries.dmaResvSetDeadline(this, usage, deadline);
  }

  /** `dma_resv_describe`; locked. One line for each fence but the bookkeeping ones. */
  describe(): Promise<string> {
    return queries.dmaResvDescribe(this);
  }

  /** `dma_resv_fini`: nobody uses it any more. Drops the fences. WARNs while it is locked. */
  async fini(): Promise<void> {
    warnOn(this.isLocked, `dma_resv_fini(${this.name}) while it is locked`);
    this.memory.free('dma_resv_fini');
    await this.fences.assign(null)?.free();
  }

  /** `dma_resv_reset_max_fences`: whoever locks it next has to reserve again. */
  #resetMaxFences(): void {
    const list = this.fences.dereference();
    if (this.#debugMutexes && list !== null) list.maxFences = list.numFences;
  }

  #supersedes(fence: DmaFence, old: DmaFence): boolean {
    if (old.context !== fence.context) return false;
    if (!this.fixes.addTestsLater) return true;
    return this.fixes.addTestsSame ? dmaFenceIsLaterOrSame(fence, old) : dmaFenceIsLater(fence, old);
  }
}

function publish(fence: DmaFence): void {
  if (!fence.testSignaledFlag()) fence.publish();
}

function slotsFor(old: DmaResvList | null, count: number): number {
  if (old !== null && old.maxFences > 0) return Math.max(old.numFences + count, old.maxFences * 2);
  return Math.max(FIRST_SLOTS, 2 ** Math.ceil(Math.log2(count)));
}
