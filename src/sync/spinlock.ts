import { LOCK, TRYLOCK } from '../core/how.ts';
import type { HowMuch } from '../core/vocabulary.ts';
import type { Identity } from './handle.ts';
import {
  type IrqFlags,
  localBhDisable,
  localBhEnable,
  localIrqDisable,
  localIrqEnable,
  localIrqRestore,
  localIrqSave,
  preemptDisable,
  preemptEnable,
} from './irq-flags.ts';
import { KernelLock } from './kernel-lock.ts';
import { misused } from './misused.ts';
import type { Demand } from './permit-queue.ts';

const TAKE: Demand = Object.freeze({ how: LOCK, tryHow: TRYLOCK, permits: 1, barges: false });

export interface SpinLockOptions extends Identity {
  /** `raw_spinlock_t` */
  readonly raw?: boolean;
}

/**
 * `spinlock_t`: busy-waits (each simulated thread has its own processor), and forbids sleeping while it is held. An
 * interrupt that takes a lock of the thread it interrupted spins for ever, which is what the irq variants prevent.
 */
export class SpinLock {
  readonly #lock: KernelLock;
  readonly #saved: IrqFlags[] = [];

  constructor(options: SpinLockOptions = {}) {
    const { raw = false, ...identity } = options;
    this.#lock = new KernelLock(raw ? 'raw_spinlock' : 'spinlock', 1, identity, { spins: true });
  }

  get name(): string {
    return this.#lock.name;
  }

  /** `spin_is_locked` */
  get isLocked(): boolean {
    return this.#lock.isLocked;
  }

  /** True when the thread that runs holds it (`lockdep_is_held`). */
  get isHeld(): boolean {
    return this.#lock.isHeld;
  }

  get waiting(): number {
    return this.#lock.waiting;
  }

  /** `spin_lock`; with `more.nest` `spin_lock_nested`. */
  async lock(more: HowMuch | null = null): Promise<void> {
    preemptDisable();
    await this.#lock.take(TAKE, more);
  }

  /** `spin_trylock`; allowed everywhere. */
  trylock(): boolean {
    preemptDisable();
    const taken = this.#lock.tryTake(TAKE);
    if (!taken) preemptEnable();
    return taken;
  }

  /** `spin_unlock`. @throws DeptError `ERR_DEPT_BAD_UNLOCK` */
  unlock(): void {
    this.#lock.release(1, 'spin_unlock', 'owner');
    preemptEnable();
  }

  /** `spin_lock_irqsave`. @returns the flags `unlockIrqrestore` needs */
  async lockIrqsave(more: HowMuch | null = null): Promise<IrqFlags> {
    const flags = localIrqSave();
    await this.lock(more);
    this.#saved.push(flags);
    return flags;
  }

  /** `spin_unlock_irqrestore`. @throws DeptError `ERR_DEPT_BAD_UNLOCK`, `ERR_DEPT_BAD_FLAGS` for flags of another lock */
  unlockIrqrestore(flags: IrqFlags): void {
    const index = this.#saved.lastIndexOf(flags);
    if (index < 0) {
      throw misused(
        'bad-irq-flags',
        'ERR_DEPT_BAD_FLAGS',
        this.#lock.handle,
        `spin_unlock_irqrestore(${this.name}) with flags it did not save. Restore the flags of the matching lockIrqsave().`,
      );
    }
    this.unlock();
    this.#saved.splice(index, 1);
    localIrqRestore(flags);
  }

  /** `spin_lock_irq` */
  async lockIrq(more: HowMuch | null = null): Promise<void> {
    localIrqDisable();
    await this.lock(more);
  }

  /** `spin_unlock_irq`: interrupts are on afterwards whatever they were before. */
  unlockIrq(): void {
    this.unlock();
    localIrqEnable();
  }

  /** `spin_lock_bh` */
  async lockBh(more: HowMuch | null = null): Promise<void> {
    localBhDisable();
    await this.lock(more);
  }

  /** `spin_unlock_bh` */
  unlockBh(): void {
    this.unlock();
    localBhEnable();
  }

  /** The memory is initialised again. @throws DeptError `ERR_DEPT_BUSY` while it is held */
  init(): void {
    this.#lock.init();
  }

  /** The memory goes. @throws DeptError `ERR_DEPT_BUSY` while it is held or waited for */
  destroy(): void {
    this.#lock.destroy();
  }
}
