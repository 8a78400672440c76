import type { DeptError } from '../../core/dept-error.ts';
import { COMPLETION } from '../../core/how.ts';
import { checkOptions } from '../../core/options.ts';
import { Handle, type Identity } from '../handle.ts';
import { bind, event, request, wait, waited } from '../hooks.ts';
import { mightSleep, misused } from '../misused.ts';
import { detail, type SleepOptions } from '../sleep.ts';
import { Sleepers } from '../sleepers.ts';
import { TimeoutError } from '../timeout-error.ts';
import { checkWait, IDENTITY_OPTIONS, WAIT_OPTIONS } from './wait-options.ts';

type Result<T> = { readonly value: T } | { readonly error: unknown };

/**
 * Something that happens once: callers wait for it, one caller completes it with a value or an error, and everybody who
 * waits then or later gets that. `reset` makes it pending again.
 */
export class Completion<T = void> {
  readonly #handle: Handle;
  readonly #sleepers: Sleepers<T>;
  #result: Result<T> | null = null;

  constructor(options: Identity = {}) {
    checkOptions('new Completion()', options, IDENTITY_OPTIONS);
    this.#handle = new Handle('completion', options);
    this.#sleepers = new Sleepers(this.#handle);
  }

  get name(): string {
    return this.#handle.name;
  }

  get isDone(): boolean {
    return this.#result !== null;
  }

  /** Callers that wait now. */
  get waiting(): number {
    return this.#sleepers.size;
  }

  /**
   * Waits until it is completed. Rejects with the error it was failed with, a `TimeoutError` after `timeoutMs`, or the
   * signal's reason.
   */
  wait(options: SleepOptions | null = null): Promise<T> {
    if (options !== null) checkWait(this, 'wait', options, WAIT_OPTIONS);
    mightSleep(COMPLETION.waitLabel, this.#handle);
    if (options?.signal?.aborted === true) return Promise.reject(options.signal.reason);
    const begun = wait(this.#handle.object, COMPLETION, detail(null, options));
    if (this.#result !== null) {
      waited(begun);
      return bind(outcome(this.#result), begun);
    }
    if (options?.timeoutMs === 0) {
      waited(begun, 'timed-out');
      return Promise.reject(new TimeoutError(this.name, 0));
    }
    return this.#sleepers.sleep({
      begun,
      operation: COMPLETION.waitLabel,
      options,
      refusable: true,
      refused: (parked, why) =>
        parked.fail(
          why === 'cancelled' ? options?.signal?.reason : new TimeoutError(this.name, options?.timeoutMs ?? 0),
        ),
    });
  }

  /** @throws DeptError `ERR_DEPT_ALREADY_DONE` when it was completed or failed before */
  complete(value: T): void {
    this.#settle({ value });
    this.#sleepers.wakeAll(value);
  }

  /** Completes it with an error, which every waiter is rejected with. @throws DeptError `ERR_DEPT_ALREADY_DONE` */
  fail(error: unknown): void {
    this.#settle({ error });
    this.#sleepers.failAll(error, 'fired');
  }

  /** Announces that somebody works towards completing it from here: what that context waits for counts. */
  requested(): void {
    request(this.#handle.object);
  }

  /** Makes it pending again. @throws DeptError `ERR_DEPT_BUSY` while callers wait */
  reset(): void {
    if (this.waiting > 0) throw this.#misused('reinit', 'ERR_DEPT_BUSY', 'is reset while callers wait for it');
    this.#result = null;
  }

  #settle(result: Result<T>): void {
    if (this.#result !== null) {
      throw this.#misused('already-done', 'ERR_DEPT_ALREADY_DONE', 'is completed twice; reset it in between');
    }
    this.#result = result;
    event(this.#handle.object, COMPLETION);
  }

  #misused(kind: string, code: `ERR_DEPT_${string}`, what: string): DeptError {
    return misused(kind, code, this.#handle, `${this.name} ${what}.`);
  }
}

function outcome<T>(result: Result<T>): Promise<T> {
  return 'value' in result ? Promise.resolve(result.value) : Promise.reject(result.error);
}
