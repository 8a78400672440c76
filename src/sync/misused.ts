import { DeptError, type DeptErrorCode } from '../core/dept-error.ts';
import type { MisuseKind } from '../core/vocabulary.ts';
import type { Handle } from './handle.ts';
import { misuse } from './hooks.ts';
import { runtime } from './runtime.ts';

/** Tells observers of a misuse. @returns the error for the call site to throw */
export function misused(kind: MisuseKind, code: DeptErrorCode, handle: Handle, message: string): DeptError {
  misuse(kind, handle.object, message);
  return new DeptError(code, message);
}

/**
 * The kernel's `might_sleep()`.
 *
 * @throws DeptError `ERR_DEPT_ATOMIC` when the simulated thread may not sleep here
 */
export function mightSleep(operation: string, handle: Handle): void {
  const thread = runtime().thread;
  if (thread === null || !thread.atomic) return;
  throw misused(
    'scheduling-while-atomic',
    'ERR_DEPT_ATOMIC',
    handle,
    `scheduling while atomic: ${operation}(${handle.name}) may sleep, but ${thread.name} ${whyAtomic(thread)}. ` +
      'Take sleeping locks before spinlocks, or defer the work to a task.',
  );
}

function whyAtomic(thread: NonNullable<ReturnType<typeof runtime>['thread']>): string {
  if (thread.preemptCount > 0) return 'holds a spinlock or has preemption off';
  if (thread.rcuNesting > 0) return 'is inside an RCU reader';
  if (!thread.hardirqs) return 'has hard interrupts off';
  return 'has soft interrupts off';
}
