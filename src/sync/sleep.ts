import { DeptError } from '../core/dept-error.ts';
import type { HowMuch } from '../core/vocabulary.ts';
import { runtime } from './runtime.ts';

/** How long a caller is willing to wait. */
export interface SleepOptions {
  /** Milliseconds after which the wait gives up; 0 only tries; Infinity and nothing wait for ever. */
  readonly timeoutMs?: number;
  /** Ends the wait when aborted. */
  readonly signal?: AbortSignal;
}

/** Why a wait ended without what it waited for. */
export type Refusal = 'timed-out' | 'cancelled';

/** @throws DeptError `ERR_DEPT_BAD_OPTION` when `timeoutMs` is negative or not a number */
export function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs === undefined || timeoutMs >= 0) return;
  throw new DeptError('ERR_DEPT_BAD_OPTION', `timeoutMs must be 0 or more milliseconds, not ${timeoutMs}.`);
}

/** Arms timeout and abort of one sleep. @returns what disarms both, null when neither was asked for */
export function arm(sleep: SleepOptions | null, giveUp: (why: Refusal) => void): (() => void) | null {
  if (sleep === null) return null;
  const { timeoutMs, signal } = sleep;
  const timed = timeoutMs !== undefined && timeoutMs !== Number.POSITIVE_INFINITY;
  if (!timed && signal === undefined) return null;
  const cancelTimer = timed ? runtime().timer(() => end('timed-out'), timeoutMs) : null;
  const onAbort = (): void => end('cancelled');
  signal?.addEventListener('abort', onAbort);
  const disarm = (): void => {
    cancelTimer?.();
    signal?.removeEventListener('abort', onAbort);
  };
  const end = (why: Refusal): void => {
    disarm();
    giveUp(why);
  };
  return disarm;
}

/** What the wait's record should say about this call: allocates only when there is a timeout to add. */
export function detail(more: HowMuch | null, sleep: SleepOptions | null): HowMuch | null {
  const timeoutMs = sleep?.timeoutMs;
  return timeoutMs === undefined ? more : { ...more, timeoutMs };
}
