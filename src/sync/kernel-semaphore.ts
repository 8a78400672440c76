import { DeptError } from '../core/dept-error.ts';
import { defineHow } from '../core/how.ts';
import type { HowMuch } from '../core/vocabulary.ts';
import type { Identity } from './handle.ts';
import { event, request } from './hooks.ts';
import { KernelLock } from './kernel-lock.ts';
import type { Demand } from './permit-queue.ts';
import { runtime } from './runtime.ts';
import { checkTimeout, type SleepOptions } from './sleep.ts';

const DOWN = defineHow({ startLabel: 'down', waitLabel: 'down', eventLabel: 'up' });
const TAKE: Demand = Object.freeze({
  how: DOWN,
  tryHow: defineHow({ ...DOWN, trylock: true, startLabel: 'down_trylock', waitLabel: 'down_trylock' }),
  permits: 1,
  barges: false,
});

export interface KernelSemaphoreOptions extends Identity {
  /**
   * Counts are signals: what is taken is used up, nobody owes it back, and every `up()` is an event. Say so for the free
   * slots of a producer and consumer too. True for a semaphore that starts at 0 if not given.
   */
  readonly signals?: boolean;
}

/**
 * `struct semaphore`: a counter without owners, first come first served. Anybody may `up()`: a count that was taken with
 * `down()` is given back, a count nobody took is an event.
 */
export class KernelSemaphore {
  readonly #lock: KernelLock;

  /** @throws DeptError `ERR_DEPT_BAD_OPTION` when `count` is no whole number from 0 */
  constructor(count: number, options: KernelSemaphoreOptions = {}) {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new DeptError('ERR_DEPT_BAD_OPTION', `A semaphore starts with a whole number from 0, not ${count}.`);
    }
    const { signals = count === 0, ...identity } = options;
    this.#lock = new KernelLock('semaphore', count, identity, { consumed: signals });
  }

  get name(): string {
    return this.#lock.name;
  }

  get count(): number {
    return this.#lock.free;
  }

  get waiting(): number {
    return this.#lock.waiting;
  }

  /** `down` */
  async down(more: HowMuch | null = null): Promise<void> {
    await this.#take(more, null);
  }

  /** `down_interruptible`. @returns 0 or -EINTR */
  downInterruptible(signal: AbortSignal | undefined = runtime().thread?.signal): Promise<number> {
    return this.#take(null, signal === undefined ? null : { signal });
  }

  /** `down_timeout`. @returns 0, or -ETIME after `timeoutMs` */
  downTimeout(timeoutMs: number): Promise<number> {
    checkTimeout(timeoutMs);
    return this.#take(null, { timeoutMs });
  }

  /** `down_trylock`. @returns true when taken; the kernel answers 0 then */
  downTrylock(): boolean {
    return this.#lock.tryTake(TAKE);
  }

  /** `up`, by anybody. */
  up(): void {
    if (this.#lock.isLocked) {
      this.#lock.release(1, 'up', 'anybody');
      return;
    }
    event(this.#lock.handle.object, DOWN);
    this.#lock.add(1);
    if (this.waiting > 0) request(this.#lock.handle.object);
  }

  #take(more: HowMuch | null, sleep: SleepOptions | null): Promise<number> {
    const taken = this.#lock.take(TAKE, more, sleep);
    // Nobody holds a count, so what is waited for is somebody's signal: it is asked for from here.
    if (this.#lock.waiting > 0 && !this.#lock.isLocked) request(this.#lock.handle.object);
    return taken;
  }
}
