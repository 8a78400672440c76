import { LOCK, TRYLOCK } from '../core/how.ts';
import type { HowMuch } from '../core/vocabulary.ts';
import type { Identity } from './handle.ts';
import { KernelLock } from './kernel-lock.ts';
import type { Demand } from './permit-queue.ts';
import { runtime } from './runtime.ts';

const TAKE: Demand = Object.freeze({ how: LOCK, tryHow: TRYLOCK, permits: 1, barges: false });

/**
 * `struct mutex`: sleeps, first come first served with hand-off, not recursive, released by its owner only, not for
 * interrupts. Owners are known inside a `World`.
 */
export class KernelMutex {
  readonly #lock: KernelLock;

  constructor(identity: Identity = {}) {
    this.#lock = new KernelLock('mutex', 1, identity);
  }

  get name(): string {
    return this.#lock.name;
  }

  /** `mutex_is_locked` */
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

  /** `mutex_lock`; with `more.nest` `mutex_lock_nested`, with `more.group` `mutex_lock_nest_lock`. */
  async lock(more: HowMuch | null = null): Promise<void> {
    await this.#lock.take(TAKE, more);
  }

  /** `mutex_lock_interruptible`. @returns 0, or -EINTR when the signal (the thread's own if not given) is aborted first */
  lockInterruptible(signal: AbortSignal | undefined = runtime().thread?.signal): Promise<number> {
    return this.#lock.take(TAKE, null, signal === undefined ? null : { signal });
  }

  /** `mutex_trylock`. @returns true when taken */
  trylock(): boolean {
    return this.#lock.tryTake(TAKE);
  }

  /** `mutex_unlock`. @throws DeptError `ERR_DEPT_BAD_UNLOCK` when the caller does not own it */
  unlock(): void {
    this.#lock.release(1, 'mutex_unlock', 'owner');
  }

  /** `mutex_init` of used memory. @throws DeptError `ERR_DEPT_BUSY` while it is held */
  init(): void {
    this.#lock.init();
  }

  /** `mutex_destroy`. @throws DeptError `ERR_DEPT_BUSY` while it is held or waited for */
  destroy(): void {
    this.#lock.destroy();
  }
}
