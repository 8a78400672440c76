import { defineHow } from '../core/how.ts';
import { ERESTARTSYS, ETIME } from './errno.ts';
import { Handle, type Identity } from './handle.ts';
import { bind, event, request, wait, waited } from './hooks.ts';
import { mightSleep } from './misused.ts';
import { runtime } from './runtime.ts';
import { checkTimeout, detail, type SleepOptions } from './sleep.ts';
import { Sleepers } from './sleepers.ts';

const WAIT_EVENT = defineHow({ sleeps: true, startLabel: 'start', waitLabel: 'wait_event', eventLabel: 'wake_up' });

export interface WaitEventOptions {
  /** Only one exclusive waiter is woken by a `wakeUp`. */
  readonly exclusive?: boolean;
}

/**
 * `wait_queue_head_t`: sleep until a condition holds. The condition is looked at before sleeping and after each wake-up,
 * so a wake-up without a change is harmless and a change without a wake-up is a hang.
 */
export class WaitQueueHead {
  readonly #handle: Handle;
  readonly #sleepers: Sleepers<number>;

  constructor(identity: Identity = {}) {
    this.#handle = new Handle('waitqueue', identity);
    this.#sleepers = new Sleepers(this.#handle);
  }

  get name(): string {
    return this.#handle.name;
  }

  /** `waitqueue_active` and how many. */
  get waiting(): number {
    return this.#sleepers.size;
  }

  /** `wait_event`; with `exclusive` `wait_event_exclusive_cmd`. `condition` must neither sleep nor lock. */
  async waitEvent(condition: () => boolean, options: WaitEventOptions = {}): Promise<void> {
    await this.#until(condition, null, options);
  }

  /** `wait_event_timeout`. @returns 0 after `timeoutMs`, else the milliseconds that were left, at least 1 */
  async waitEventTimeout(condition: () => boolean, timeoutMs: number, options: WaitEventOptions = {}): Promise<number> {
    checkTimeout(timeoutMs);
    const until = runtime().now() + timeoutMs;
    const result = await this.#until(condition, { timeoutMs }, options);
    return result < 0 ? 0 : Math.max(1, until - runtime().now());
  }

  /** `wait_event_interruptible`. @returns 0 or -ERESTARTSYS */
  waitEventInterruptible(
    condition: () => boolean,
    signal: AbortSignal | undefined = runtime().thread?.signal,
    options: WaitEventOptions = {},
  ): Promise<number> {
    return this.#until(condition, signal === undefined ? null : { signal }, options);
  }

  /** `wake_up_nr`: wakes everybody in front of the `exclusive`-th exclusive waiter, and that one. */
  wakeUp(exclusive = 1): number {
    event(this.#handle.object, WAIT_EVENT);
    const woken = this.#sleepers.wakeSome(0, exclusive);
    // The request the event answered was everybody's: those who sleep on still ask.
    if (this.waiting > 0) request(this.#handle.object);
    return woken;
  }

  /** `wake_up_all` */
  wakeUpAll(): number {
    return this.wakeUp(Number.POSITIVE_INFINITY);
  }

  async #until(condition: () => boolean, sleep: SleepOptions | null, options: WaitEventOptions): Promise<number> {
    mightSleep(WAIT_EVENT.waitLabel, this.#handle);
    const until = runtime().now() + (sleep?.timeoutMs ?? 0);
    for (let left = sleep; ; left = remaining(sleep, until)) {
      const begun = wait(this.#handle.object, WAIT_EVENT, detail(null, left));
      if (condition()) {
        waited(begun);
        return bind(Promise.resolve(0), begun);
      }
      if (left?.timeoutMs === 0 || left?.signal?.aborted === true) {
        waited(begun, left.timeoutMs === 0 ? 'timed-out' : 'cancelled');
        return left.timeoutMs === 0 ? -ETIME : -ERESTARTSYS;
      }
      const result = await this.#sleepers.sleep({
        begun,
        operation: WAIT_EVENT.waitLabel,
        options: left,
        exclusive: options.exclusive ?? false,
        refused: (parked, why) => parked.wake(why === 'timed-out' ? -ETIME : -ERESTARTSYS),
      });
      // Like the kernel: a condition that came true with the timeout counts.
      if (result < 0) return condition() ? 0 : result;
    }
  }
}

function remaining(sleep: SleepOptions | null, until: number): SleepOptions | null {
  return sleep?.timeoutMs === undefined ? sleep : { timeoutMs: Math.max(0, until - runtime().now()) };
}
