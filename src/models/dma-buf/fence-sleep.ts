import { defineHow } from '../../core/how.ts';
import type { How } from '../../core/vocabulary.ts';
import type { Wait } from '../../core/wait.ts';
import type { Handle } from '../../sync/handle.ts';
import { bind, blocked, event, wait, waited } from '../../sync/hooks.ts';
import type { Parked } from '../../sync/parked.ts';
import { runtime } from '../../sync/runtime.ts';
import { arm } from '../../sync/sleep.ts';
import { jiffies, jiffiesToMs } from '../jiffies.ts';

/** How a fence is waited for, and what its signal is called. */
export const FENCE_EVENT: How = defineHow({
  sleeps: true,
  startLabel: 'start',
  waitLabel: 'dma_fence_wait',
  eventLabel: 'dma_fence_signal',
});

/** True while a signal is pending for the calling thread (`signal_pending(current)`). */
export function signalPending(): boolean {
  return runtime().thread?.signal.aborted === true;
}

/**
 * One thread's wait for fences, from the entry of the wait function to its result, and its sleep in between. Whoever
 * wakes it triggers the event of its class, as `try_to_wake_up` does for DEPT.
 */
export class DmaFenceSleep {
  readonly #handle: Handle;
  readonly #wakeIsEvent: boolean;
  readonly #begun: Wait | null;
  #parked: Parked<void> | null = null;

  /**
   * @param timeout in jiffies
   * @param wakeIsEvent the wake-up is the event of the class; false where the signal itself is, or where another fence
   *   could have woken the thread as well
   */
  constructor(handle: Handle, timeout: number, wakeIsEvent: boolean) {
    this.#handle = handle;
    this.#wakeIsEvent = wakeIsEvent;
    const timeoutMs = jiffiesToMs(timeout);
    this.#begun = wait(handle.object, FENCE_EVENT, Number.isFinite(timeoutMs) ? { timeoutMs } : null);
  }

  /** What it waits for was signaled; called in the signaling thread. */
  fired(): void {
    if (this.#wakeIsEvent) event(this.#handle.object, FENCE_EVENT);
    waited(this.#begun, 'fired');
    this.#parked?.wake();
  }

  /** `schedule_timeout`, right after the caller has looked at the signaled bit: sleeps until `fired`, at most `timeout` jiffies. @returns the jiffies that were left */
  async schedule(timeout: number, intr: boolean): Promise<number> {
    const until = jiffies() + timeout;
    await this.#sleep(timeout, intr);
    return Math.max(0, until - jiffies());
  }

  /** The wait function answers with this. @returns it */
  finish(result: number): number {
    waited(this.#begun, result > 0 ? 'fired' : result === 0 ? 'timed-out' : 'cancelled');
    return result;
  }

  async #sleep(timeout: number, intr: boolean): Promise<void> {
    const parked = runtime().park<void>({ what: `dma_fence_wait(${this.#handle.name})`, spins: false });
    this.#parked = parked;
    if (this.#begun?.pending === true) blocked(this.#begun);
    const signal = intr ? runtime().thread?.signal : undefined;
    const disarm = arm({ timeoutMs: jiffiesToMs(timeout), ...(signal && { signal }) }, () => parked.wake());
    if (signal?.aborted === true) parked.wake();
    await bind(parked.promise, this.#begun);
    disarm?.();
    this.#parked = null;
  }
}
