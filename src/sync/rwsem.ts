import { DOWNGRADE, defineHow, LOCK, TRYLOCK } from '../core/how.ts';
import type { HowMuch } from '../core/vocabulary.ts';
import type { Identity } from './handle.ts';
import { ALL, KernelLock } from './kernel-lock.ts';
import type { Demand } from './permit-queue.ts';
import { runtime } from './runtime.ts';

// Linux tracks an rwsem's readers like writers; here they have a class of their own, and wait behind queued writers.
const DOWN_READ = defineHow({ mode: 'read', startLabel: 'down_read', waitLabel: 'down_read', eventLabel: 'up_read' });
const DOWN_WRITE = defineHow({ ...LOCK, startLabel: 'down_write', waitLabel: 'down_write', eventLabel: 'up_write' });
const READ: Demand = Object.freeze({
  how: DOWN_READ,
  tryHow: defineHow({ ...DOWN_READ, trylock: true, startLabel: 'down_read_trylock' }),
  permits: 1,
  barges: false,
});
const WRITE: Demand = Object.freeze({
  how: DOWN_WRITE,
  tryHow: defineHow({ ...TRYLOCK, startLabel: 'down_write_trylock', eventLabel: 'up_write' }),
  permits: ALL,
  barges: false,
});
const DOWNGRADED = defineHow({ ...DOWNGRADE, eventLabel: 'up_read' });

/**
 * `struct rw_semaphore`: sleeps; fair, so a waiting writer stops new readers and reading twice is a deadlock when a
 * writer comes in between. No upgrade.
 */
export class RwSemaphore {
  readonly #lock: KernelLock;

  constructor(identity: Identity = {}) {
    this.#lock = new KernelLock('rwsem', ALL, identity);
  }

  get name(): string {
    return this.#lock.name;
  }

  /** `rwsem_is_locked` */
  get isLocked(): boolean {
    return this.#lock.isLocked;
  }

  /** `rwsem_is_contended` and by how many. */
  get waiting(): number {
    return this.#lock.waiting;
  }

  /** `down_read`; with `more.nest` `down_read_nested`. */
  async downRead(more: HowMuch | null = null): Promise<void> {
    await this.#lock.take(READ, more);
  }

  /** `down_read_interruptible`. @returns 0 or -EINTR */
  downReadInterruptible(signal: AbortSignal | undefined = runtime().thread?.signal): Promise<number> {
    return this.#lock.take(READ, null, signal === undefined ? null : { signal });
  }

  /** `down_read_trylock` */
  downReadTrylock(): boolean {
    return this.#lock.tryTake(READ);
  }

  /** `down_write`; with `more.nest` `down_write_nested`. */
  async downWrite(more: HowMuch | null = null): Promise<void> {
    await this.#lock.take(WRITE, more);
  }

  /** `down_write_killable`. @returns 0 or -EINTR */
  downWriteKillable(signal: AbortSignal | undefined = runtime().thread?.signal): Promise<number> {
    return this.#lock.take(WRITE, null, signal === undefined ? null : { signal });
  }

  /** `down_write_trylock` */
  downWriteTrylock(): boolean {
    return this.#lock.tryTake(WRITE);
  }

  /** `up_read`. @throws DeptError `ERR_DEPT_BAD_UNLOCK` */
  upRead(): void {
    this.#lock.release(1, 'up_read', 'owner');
  }

  /** `up_read_non_owner`: another thread gives back what was read-locked. @throws DeptError `ERR_DEPT_BAD_UNLOCK` */
  upReadNonOwner(): void {
    this.#lock.release(1, 'up_read_non_owner', 'anybody');
  }

  /** `up_write`. @throws DeptError `ERR_DEPT_BAD_UNLOCK` */
  upWrite(): void {
    this.#lock.release(ALL, 'up_write', 'owner');
  }

  /** `downgrade_write`: goes on as a reader, and lets the readers in front of the queue in. */
  downgradeWrite(): void {
    this.#lock.downgrade(DOWNGRADED, 'downgrade_write');
  }

  /** @throws DeptError `ERR_DEPT_BUSY` while it is held or waited for */
  destroy(): void {
    this.#lock.destroy();
  }
}
