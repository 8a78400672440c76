import { DOWNGRADE, defineHow, READ_LOCK, READ_TRYLOCK, WRITE_LOCK, WRITE_TRYLOCK } from '../../core/how.ts';
import type { Demand } from '../permit-queue.ts';
import type { SleepOptions } from '../sleep.ts';
import type { Guard } from './guard.ts';
import { Guarded, type LockOptions } from './guarded.ts';

/** A writer takes every permit, a reader one. */
const ALL = Number.MAX_SAFE_INTEGER;

const READ: Demand = Object.freeze({ how: READ_LOCK, tryHow: READ_TRYLOCK, permits: 1, barges: false });
const WRITE: Demand = Object.freeze({ how: WRITE_LOCK, tryHow: WRITE_TRYLOCK, permits: ALL, barges: false });
const KEEP_READ: Demand = Object.freeze({ ...READ, how: DOWNGRADE });
const RUN_READ: Demand = Object.freeze({ ...READ, how: defineHow({ ...READ_LOCK, structured: true }) });
const RUN_WRITE: Demand = Object.freeze({ ...WRITE, how: defineHow({ ...WRITE_LOCK, structured: true }) });

/**
 * Many readers or one writer, first come, first served: a reader waits behind a writer that came before it. So a reader
 * that reads again while a writer waits is a deadlock.
 */
export class RwLock {
  readonly #lock: Guarded;

  constructor(options: LockOptions = {}) {
    this.#lock = new Guarded('rwsem', ALL, 1, options);
  }

  get name(): string {
    return this.#lock.name;
  }

  get isLocked(): boolean {
    return this.#lock.free !== ALL;
  }

  get isWriteLocked(): boolean {
    return this.#lock.free === 0;
  }

  /** Guards of readers open now. */
  get readers(): number {
    return this.isWriteLocked ? 0 : ALL - this.#lock.free;
  }

  /** Callers that wait now. */
  get waiting(): number {
    return this.#lock.waiting;
  }

  /** Waits for the writers before this caller. Rejects like `Mutex.lock`. */
  readLock(options: SleepOptions | null = null): Promise<Guard> {
    return this.#lock.take(READ, options);
  }

  /** Waits for everybody before this caller. Rejects like `Mutex.lock`. */
  writeLock(options: SleepOptions | null = null): Promise<Guard> {
    return this.#lock.take(WRITE, options);
  }

  tryReadLock(): Guard | null {
    return this.#lock.tryTake(READ);
  }

  tryWriteLock(): Guard | null {
    return this.#lock.tryTake(WRITE);
  }

  /** Turns a writer's guard into a reader's; readers that wait in front come in. */
  downgrade(guard: Guard): void {
    this.#lock.shrink(guard, KEEP_READ);
  }

  runShared<T>(fn: () => T | PromiseLike<T>, options: SleepOptions | null = null): Promise<T> {
    return this.#lock.run(RUN_READ, options, fn);
  }

  runExclusive<T>(fn: () => T | PromiseLike<T>, options: SleepOptions | null = null): Promise<T> {
    return this.#lock.run(RUN_WRITE, options, fn);
  }

  /** No use is allowed afterwards. @throws DeptError `ERR_DEPT_BUSY` while it is locked */
  destroy(): void {
    this.#lock.destroy(this.isLocked);
  }
}
