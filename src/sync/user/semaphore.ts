import { DeptError } from '../../core/dept-error.ts';
import { defineHow } from '../../core/how.ts';
import { shown } from '../../core/options.ts';
import type { Demand } from '../permit-queue.ts';
import type { SleepOptions } from '../sleep.ts';
import type { Guard } from './guard.ts';
import { Guarded, type LockOptions } from './guarded.ts';

const ACQUIRE = defineHow({ startLabel: 'acquire', waitLabel: 'acquire', eventLabel: 'release' });
const TRY_ACQUIRE = defineHow({ ...ACQUIRE, trylock: true, startLabel: 'try_acquire', waitLabel: 'try_acquire' });
const RUN_ACQUIRE = defineHow({ ...ACQUIRE, structured: true });

const ONE: Demand = Object.freeze({ how: ACQUIRE, tryHow: TRY_ACQUIRE, permits: 1, barges: false });
const RUN_ONE: Demand = Object.freeze({ ...ONE, how: RUN_ACQUIRE });

/** What a caller may ask of a semaphore. */
export interface AcquireOptions extends SleepOptions {
  /** Permits taken at once; 1 if not given. */
  readonly permits?: number;
}

/**
 * A pool of permits. First come, first served: a caller that wants many is not overtaken by those who want few.
 * A holder that asks for more can deadlock with other holders whatever the capacity.
 */
export class Semaphore {
  readonly #lock: Guarded;
  readonly #capacity: number;

  /** @throws DeptError `ERR_DEPT_BAD_OPTION` when `capacity` is no whole number from 1 */
  constructor(capacity: number, options: LockOptions = {}) {
    checkPermits(capacity, Number.MAX_SAFE_INTEGER, options?.name ?? 'semaphore');
    this.#capacity = capacity;
    this.#lock = new Guarded('semaphore', capacity, capacity, options);
  }

  get name(): string {
    return this.#lock.name;
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Permits nobody has. */
  get available(): number {
    return this.#lock.free;
  }

  /** True when no permit is left. */
  get isLocked(): boolean {
    return this.#lock.free === 0;
  }

  /** Callers that wait now. */
  get waiting(): number {
    return this.#lock.waiting;
  }

  /**
   * Waits for permits. Rejects like `Mutex.lock`.
   *
   * @throws DeptError `ERR_DEPT_BAD_OPTION` when more are asked for than there can ever be
   */
  acquire(options: AcquireOptions | null = null): Promise<Guard> {
    return this.#lock.take(this.#demand(ONE, options?.permits), options, more(options?.permits));
  }

  /** @returns a guard, or null when it would have to wait */
  tryAcquire(permits = 1): Guard | null {
    return this.#lock.tryTake(this.#demand(ONE, permits), more(permits));
  }

  /** Runs `fn` with permits taken until what it returns has settled. */
  runExclusive<T>(fn: () => T | PromiseLike<T>, options: AcquireOptions | null = null): Promise<T> {
    return this.#lock.run(this.#demand(RUN_ONE, options?.permits), options, fn, more(options?.permits));
  }

  /** No use is allowed afterwards. @throws DeptError `ERR_DEPT_BUSY` while permits are out */
  destroy(): void {
    this.#lock.destroy(this.#lock.free !== this.#capacity);
  }

  #demand(one: Demand, permits = 1): Demand {
    if (permits === 1) return one;
    checkPermits(permits, this.#capacity, this.name);
    return { ...one, permits };
  }
}

function more(permits = 1): { permits: number } | null {
  return permits === 1 ? null : { permits };
}

function checkPermits(permits: number, most: number, name: string): void {
  if (Number.isSafeInteger(permits) && permits >= 1 && permits <= most) return;
  throw new DeptError(
    'ERR_DEPT_BAD_OPTION',
    `${name}: ${shown(permits)} permits can never be granted. Ask for a whole number from 1 to ${most}.`,
  );
}
