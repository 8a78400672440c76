import { COMPLETION, defineHow } from '../core/how.ts';
import { ERESTARTSYS } from './errno.ts';
import { Handle, type Identity } from './handle.ts';
import { bind, enter, event, exit, request, wait, waited } from './hooks.ts';
import { mightSleep, misused } from './misused.ts';
import { runtime } from './runtime.ts';
import { checkTimeout, detail, type SleepOptions } from './sleep.ts';
import { Sleepers } from './sleepers.ts';

const COMPLETE_ALL = defineHow({ ...COMPLETION, eventLabel: 'complete_all' });

/**
 * `struct completion`: counts events, so that one that comes before its wait is not lost. `completeAll` opens it for
 * ever, until `reinit`.
 */
export class KernelCompletion {
  readonly #handle: Handle;
  readonly #sleepers: Sleepers<number>;
  #done = 0;

  constructor(identity: Identity = {}) {
    this.#handle = new Handle('completion', identity);
    this.#sleepers = new Sleepers(this.#handle);
  }

  get name(): string {
    return this.#handle.name;
  }

  /** `completion_done`: true when a wait would not sleep. */
  get isDone(): boolean {
    return this.#done > 0;
  }

  get waiting(): number {
    return this.#sleepers.size;
  }

  /** `wait_for_completion` */
  async wait(): Promise<void> {
    await this.#wait(null, () => 0);
  }

  /** `wait_for_completion_timeout`. @returns 0 after `timeoutMs`, else the milliseconds that were left, at least 1 */
  async waitTimeout(timeoutMs: number): Promise<number> {
    checkTimeout(timeoutMs);
    const until = runtime().now() + timeoutMs;
    const result = await this.#wait({ timeoutMs }, () => -1);
    return result < 0 ? 0 : Math.max(1, until - runtime().now());
  }

  /** `wait_for_completion_interruptible`. @returns 0 or -ERESTARTSYS */
  async waitInterruptible(signal: AbortSignal | undefined = runtime().thread?.signal): Promise<number> {
    return this.#wait(signal === undefined ? null : { signal }, () => -ERESTARTSYS);
  }

  /** `try_wait_for_completion`: takes one event without sleeping. */
  tryWait(): boolean {
    if (this.#done === 0) return false;
    this.#consume();
    return true;
  }

  /** `sdt_ecxt_enter`: the caller is the one who will complete it; ends with `using` or `[Symbol.dispose]()`. */
  owe(): Disposable {
    const held = enter(this.#handle.object, COMPLETION);
    return { [Symbol.dispose]: () => exit(held) };
  }

  /** `complete`: one event, which wakes one waiter or is kept for the next one. */
  complete(): void {
    event(this.#handle.object, COMPLETION);
    if (this.#sleepers.wakeOne(0)) {
      // The request the event answered was everybody's: those who sleep on still ask.
      if (this.waiting > 0) request(this.#handle.object);
    } else if (this.#done !== Number.POSITIVE_INFINITY) this.#done++;
  }

  /** `complete_all`: wakes everybody, and nobody sleeps from now on. */
  completeAll(): void {
    event(this.#handle.object, COMPLETE_ALL);
    this.#done = Number.POSITIVE_INFINITY;
    this.#sleepers.wakeAll(0);
  }

  /** `reinit_completion`. @throws DeptError `ERR_DEPT_BUSY` while somebody waits */
  reinit(): void {
    if (this.waiting > 0) {
      throw misused(
        'reinit-waited',
        'ERR_DEPT_BUSY',
        this.#handle,
        `reinit_completion(${this.name}) while ${this.waiting} wait: they may sleep for ever. Complete it first.`,
      );
    }
    this.#done = 0;
  }

  #wait(sleep: SleepOptions | null, refusal: () => number): Promise<number> {
    mightSleep(COMPLETION.waitLabel, this.#handle);
    const begun = wait(this.#handle.object, COMPLETION, detail(null, sleep));
    if (this.#done > 0) {
      this.#consume();
      waited(begun);
      return bind(Promise.resolve(0), begun);
    }
    if (sleep?.timeoutMs === 0 || sleep?.signal?.aborted === true) {
      waited(begun, sleep.timeoutMs === 0 ? 'timed-out' : 'cancelled');
      return Promise.resolve(refusal());
    }
    return this.#sleepers.sleep({
      begun,
      operation: COMPLETION.waitLabel,
      options: sleep,
      refused: (parked) => parked.wake(refusal()),
    });
  }

  #consume(): void {
    if (this.#done !== Number.POSITIVE_INFINITY) this.#done--;
  }
}
