import type { EventContext } from '../../core/event-context.ts';
import { MAX_ERRNO } from '../../sync/errno.ts';
import { Handle } from '../../sync/handle.ts';
import { enter, event, exit, request } from '../../sync/hooks.ts';
import type { IrqFlags } from '../../sync/irq-flags.ts';
import { Kref } from '../../sync/kref.ts';
import { runtime } from '../../sync/runtime.ts';
import { SpinLock } from '../../sync/spinlock.ts';
import { Lifetime } from '../lifetime.ts';
import { raceWindow } from '../race-window.ts';
import { bugOn, warnOn } from '../warn.ts';
import { DMA_FENCE_FIXES, type DmaFenceFixes, DmaFenceFlag, type DmaFenceOps } from './fence-ops.ts';
import { FENCE_EVENT } from './fence-sleep.ts';

export interface DmaFenceOptions {
  /** `dma_fence_init64`: seqnos are compared in all 64 bits. */
  readonly seqno64?: boolean;
  /** Class of all waits for this fence; without it each wait has the class of its call site. */
  readonly map?: string;
  /** Lock class of the inline lock; all fences share one if not given. */
  readonly lockClass?: string;
  /** The memory an external lock lies in, watched whenever the lock is used. */
  readonly lockMemory?: Lifetime;
  readonly fixes?: Partial<DmaFenceFixes>;
}

/** The fields of `struct dma_fence`: flags, ops, lock, references, and what DEPT knows of it. */
export class DmaFenceStruct {
  readonly context: number;
  readonly seqno: bigint;
  /** 0, or what went wrong; a negative errno once signaled. */
  error = 0;
  readonly memory: Lifetime;
  /** The class of its waits, where it has one of its own. */
  readonly map: Handle | null;
  readonly fixes: DmaFenceFixes;
  #flags: number;
  #ops: DmaFenceOps | null;
  readonly #lock: SpinLock;
  readonly #lockMemory: Lifetime | null;
  readonly #refcount: Kref;
  #owed: EventContext | null = null;

  /**
   * `dma_fence_init`, with `seqno64` `dma_fence_init64`. The caller has the first reference.
   *
   * @param lock null for a lock of the fence's own; another one must stay valid until the last reference is put
   * @throws DeptError `ERR_DEPT_BUG` without ops or their names
   */
  constructor(
    ops: DmaFenceOps,
    lock: SpinLock | null,
    context: number,
    seqno: bigint | number,
    options: DmaFenceOptions = {},
  ) {
    const names = ops as Partial<DmaFenceOps> | null;
    bugOn(!names?.getDriverName || !names.getTimelineName, 'dma_fence_init without ops, or without their names');
    this.context = context;
    this.seqno = BigInt(seqno);
    this.fixes = { ...DMA_FENCE_FIXES, ...options.fixes };
    bugOn(lock === null && !this.fixes.inlineLock, 'dma_fence_init with a NULL lock');
    this.#ops = ops;
    this.#lock = lock ?? new SpinLock({ name: options.lockClass ?? 'fence->inline_lock' });
    this.#lockMemory = options.lockMemory ?? null;
    this.#flags = 1 << DmaFenceFlag.INITIALIZED;
    if (lock === null) this.#flags |= 1 << DmaFenceFlag.INLINE_LOCK;
    if (options.seqno64 === true) this.#flags |= 1 << DmaFenceFlag.SEQNO64;
    this.memory = new Lifetime(`dma_fence ${this.label}`);
    this.map = options.map === undefined ? null : new Handle('fence', { name: options.map, label: this.label });
    this.#refcount = new Kref(() => undefined, { name: 'dma_fence' });
  }

  /** `context:seqno`, as the kernel prints it. */
  get label(): string {
    return `${this.context}:${this.seqno}`;
  }

  /** `rcu_dereference(fence->ops)`: null once detached. Use the value inside the same RCU reader. */
  get ops(): DmaFenceOps | null {
    this.memory.check('a read of ops');
    return this.#ops;
  }

  /** The signal needs the ops no more; what loaded them inside an RCU reader may still use them. */
  protected detachOps(): void {
    this.#ops = null;
  }

  /** `kref_read` */
  get refcount(): number {
    return this.#refcount.count;
  }

  /** `test_bit(bit, &fence->flags)` */
  testFlag(bit: number): boolean {
    return (this.#flags & (1 << bit)) !== 0;
  }

  /** `test_and_set_bit`; drivers own the bits from `USER_BITS` on. @returns what it was before */
  testAndSetFlag(bit: number): boolean {
    this.memory.check('a write of flags');
    const before = this.testFlag(bit);
    this.#flags |= 1 << bit;
    return before;
  }

  /** `dma_fence_test_signaled_flag`: looks at the bit only. */
  testSignaledFlag(): boolean {
    this.memory.check('dma_fence_test_signaled_flag');
    return this.testFlag(DmaFenceFlag.SIGNALED);
  }

  /** `dma_fence_spinlock`: the inline lock, or the external one. */
  spinlock(): SpinLock {
    this.memory.check('dma_fence_spinlock');
    this.#lockMemory?.check(`the lock of dma_fence ${this.label}`);
    return this.#lock;
  }

  /** `dma_fence_lock_irqsave` */
  async lockIrqsave(): Promise<IrqFlags> {
    await raceWindow('the lock is taken next');
    return await this.spinlock().lockIrqsave();
  }

  /** `dma_fence_unlock_irqrestore`. @throws DeptError `ERR_DEPT_BAD_UNLOCK`, `ERR_DEPT_BAD_FLAGS` */
  unlockIrqrestore(flags: IrqFlags): void {
    this.spinlock().unlockIrqrestore(flags);
  }

  /** `dma_fence_assert_held`: WARNs when the caller does not hold the lock. */
  assertHeld(): void {
    warnOn(!this.spinlock().isHeld, `dma_fence ${this.label}: its lock is not held`);
  }

  /** `dma_fence_set_error`: before the signal; WARNs after it, and for what is no negative errno, and stores it anyway. */
  setError(error: number): void {
    warnOn(this.testSignaledFlag(), `dma_fence_set_error(${this.label}, ${error}) after it was signaled`);
    warnOn(error >= 0 || error < -MAX_ERRNO, `dma_fence_set_error(${this.label}, ${error}): no negative errno`);
    this.error = error;
  }

  /** `dma_fence_get`: the caller has a reference. @returns the fence */
  get(): this {
    this.memory.check('dma_fence_get');
    this.#refcount.get();
    return this;
  }

  /** `dma_fence_get_rcu`: WARNs outside an RCU reader. @returns null when the last reference was put */
  getRcu(): this | null {
    this.memory.check('dma_fence_get_rcu');
    this.assertReader('dma_fence_get_rcu');
    return this.#refcount.getUnlessZero() ? this : null;
  }

  /** Puts a reference that is not the last one, without a promise. @returns false when it is the last: nothing was done */
  putUnlessLast(): boolean {
    if (this.#refcount.count <= 1) return false;
    this.#refcount.put();
    return true;
  }

  /** `RCU_LOCKDEP_WARN(!rcu_read_lock_held())`: outside a reader what `what` found may go at any time. */
  protected assertReader(what: string): void {
    const thread = runtime().thread;
    warnOn(thread !== null && thread.rcuNesting === 0, `suspicious RCU usage: ${what}(${this.label}) outside a reader`);
  }

  /** `kref_put`. @returns true when it was the last reference */
  protected dropReference(): boolean {
    return this.#refcount.put();
  }

  /** Whoever is heading for the signal counts from here. */
  protected requestSignal(): void {
    request(this.map?.object ?? null);
  }

  /** The calling context is the one that will signal it (`sdt_ecxt_enter`): from here all it waits for delays the fence. */
  owe(): void {
    this.#owed ??= enter(this.map?.object ?? null, FENCE_EVENT);
  }

  /** The event of the fence's own class, before any callback wakes anybody. */
  protected happens(): void {
    event(this.map?.object ?? null, FENCE_EVENT);
    exit(this.#owed);
    this.#owed = null;
  }
}
