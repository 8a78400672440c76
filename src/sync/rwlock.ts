import { READ_LOCK, READ_LOCK_RECURSIVE, READ_TRYLOCK, WRITE_LOCK, WRITE_TRYLOCK } from '../core/how.ts';
import type { HowMuch } from '../core/vocabulary.ts';
import type { Identity } from './handle.ts';
import { preemptDisable, preemptEnable } from './irq-flags.ts';
import { ALL, KernelLock } from './kernel-lock.ts';
import type { Demand } from './permit-queue.ts';
import { runtime } from './runtime.ts';

const READ: Demand = Object.freeze({ how: READ_LOCK, tryHow: READ_TRYLOCK, permits: 1, barges: false });
const READ_RECURSIVE: Demand = Object.freeze({ ...READ, how: READ_LOCK_RECURSIVE, barges: true });
const WRITE: Demand = Object.freeze({ how: WRITE_LOCK, tryHow: WRITE_TRYLOCK, permits: ALL, barges: false });

export interface RwSpinLockOptions extends Identity {
  /** Readers pass queued writers. Without it they do so in interrupts only, as with queued rwlocks. */
  readonly recursiveReaders?: boolean;
}

/** `rwlock_t`: a spinning reader-writer lock. Readers never sleep while they hold it. */
export class RwSpinLock {
  readonly #lock: KernelLock;
  readonly #recursive: boolean;

  constructor(options: RwSpinLockOptions = {}) {
    const { recursiveReaders = false, ...identity } = options;
    this.#recursive = recursiveReaders;
    this.#lock = new KernelLock('rwlock', ALL, identity, { spins: true });
  }

  get name(): string {
    return this.#lock.name;
  }

  get isLocked(): boolean {
    return this.#lock.isLocked;
  }

  get waiting(): number {
    return this.#lock.waiting;
  }

  /** `read_lock` */
  async readLock(more: HowMuch | null = null): Promise<void> {
    const recursive = this.#recursive || runtime().thread?.interrupt === true;
    preemptDisable();
    await this.#lock.take(recursive ? READ_RECURSIVE : READ, more);
  }

  /** `read_trylock`: passes queued writers. */
  readTrylock(): boolean {
    return this.#try(READ_RECURSIVE);
  }

  /** `read_unlock`. @throws DeptError `ERR_DEPT_BAD_UNLOCK` */
  readUnlock(): void {
    this.#lock.release(1, 'read_unlock', 'owner');
    preemptEnable();
  }

  /** `write_lock` */
  async writeLock(more: HowMuch | null = null): Promise<void> {
    preemptDisable();
    await this.#lock.take(WRITE, more);
  }

  /** `write_trylock` */
  writeTrylock(): boolean {
    return this.#try(WRITE);
  }

  /** `write_unlock`. @throws DeptError `ERR_DEPT_BAD_UNLOCK` */
  writeUnlock(): void {
    this.#lock.release(ALL, 'write_unlock', 'owner');
    preemptEnable();
  }

  #try(demand: Demand): boolean {
    preemptDisable();
    const taken = this.#lock.tryTake(demand);
    if (!taken) preemptEnable();
    return taken;
  }
}
