import { DeptError, type DeptErrorCode } from '../core/dept-error.ts';
import type { TrackedObject } from '../core/tracked-object.ts';
import type { MisuseKind } from '../core/vocabulary.ts';
import { misuse } from '../sync/hooks.ts';

/**
 * `WARN_ON`: a rule was broken, and the kernel goes on. Observers hear a misuse of kind `warn`.
 *
 * @returns the condition
 */
export function warnOn(condition: boolean, message: string, object: TrackedObject | null = null): boolean {
  if (condition) misuse('warn', object, `WARNING: ${message}`);
  return condition;
}

/** `BUG()`: the kernel cannot go on. @throws DeptError `ERR_DEPT_BUG` always, after observers heard a misuse of kind `bug` */
export function bug(message: string, object: TrackedObject | null = null): never {
  throw crash('bug', 'ERR_DEPT_BUG', `kernel BUG: ${message}`, object);
}

/** `BUG_ON`. @throws DeptError `ERR_DEPT_BUG` when the condition holds */
export function bugOn(condition: boolean, message: string, object: TrackedObject | null = null): void {
  if (condition) bug(message, object);
}

/** Tells observers of a misuse the kernel would not survive. @returns the error to throw at the call site */
export function crash(
  kind: MisuseKind,
  code: DeptErrorCode,
  message: string,
  object: TrackedObject | null = null,
): DeptError {
  misuse(kind, object, message);
  return new DeptError(code, message);
}
