import { DeptError } from '../core/dept-error.ts';

/** A wait gave up after its `timeoutMs`. `name` is `TimeoutError`, as `AbortSignal.timeout` has it; the code is `ERR_DEPT_TIMEOUT`. */
export class TimeoutError extends DeptError {
  /** Milliseconds that were waited. */
  readonly timeoutMs: number;

  constructor(what: string, timeoutMs: number) {
    super(
      'ERR_DEPT_TIMEOUT',
      `${what} gave up after ${timeoutMs} ms: whoever holds it has not let go. ` +
        'See who holds it (an attached session names the holders), or allow more time.',
    );
    this.name = 'TimeoutError';
    this.timeoutMs = timeoutMs;
  }
}
