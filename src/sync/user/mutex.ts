import { defineHow, LOCK, TRYLOCK } from '../../core/how.ts';
import type { Demand } from '../permit-queue.ts';
import type { SleepOptions } from '../sleep.ts';
import type { Guard } from './guard.ts';
import { Guarded, type LockOptions } from './guarded.ts';

const TAKE: Demand = Object.freeze({ how: LOCK, tryHow: TRYLOCK, permits: 1, barges: false });
const RUN: Demand = Object.freeze({
  ...TAKE,
  how: defineHow({ structured: true }),
  tryHow: defineHow({ structured: true, trylock: true, startLabel: 'trylock', waitLabel: 'trylock' }),
});

/**
 * A mutual exclusion lock for asynchronous code. First come, first served: a release hands the lock to the caller who
 * waits longest. Not recursive: a holder that locks again waits for itself.
 */
export class Mutex {
  readonly #lock: Guarded;

  constructor(options: LockOptions = {}) {
    this.#lock = new Guarded('mutex', 1, 1, options);
  }

  get name(): string {
    return this.#lock.name;
  }

  get isLocked(): boolean {
    return this.#lock.free === 0;
  }

  /** Callers that wait now. */
  get waiting(): number {
    return this.#lock.waiting;
  }

  /**
   * Waits for the lock. Rejects with a `TimeoutError` after `timeoutMs`, or with the signal's reason when aborted.
   *
   * @throws DeptError `ERR_DEPT_DESTROYED`, `ERR_DEPT_BAD_OPTION`
   */
  lock(options: SleepOptions | null = null): Promise<Guard> {
    return this.#lock.take(TAKE, options);
  }

  /** @returns a guard, or null when the lock is taken */
  tryLock(): Guard | null {
    return this.#lock.tryTake(TAKE);
  }

  /** Runs `fn` under the lock until what it returns has settled. */
  runExclusive<T>(fn: () => T | PromiseLike<T>, options: SleepOptions | null = null): Promise<T> {
    return this.#lock.run(RUN, options, fn);
  }

  /** No use is allowed afterwards. @throws DeptError `ERR_DEPT_BUSY` while it is locked */
  destroy(): void {
    this.#lock.destroy(this.isLocked);
  }
}
