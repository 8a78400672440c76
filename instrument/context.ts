import { DeptError } from '../src/core/dept-error.ts';
import { shown } from '../src/core/options.ts';
import { activeSession } from '../src/sync/hooks.ts';

/**
 * Runs `fn` as a context of its own name: reports call it by that name instead of by the function that waits. What `fn`
 * starts belongs to it, across awaits, timers and callbacks; what it waits for reaches whoever awaits its result.
 * @returns what `fn` returns
 */
export function context<T>(name: string, fn: () => T): T {
  if (typeof name !== 'string' || typeof fn !== 'function') {
    const given = `${shown(name)} and ${shown(fn)}`;
    throw new DeptError('ERR_DEPT_BAD_OPTION', `context() was given ${given}; it needs a name and a function.`);
  }
  const session = activeSession();
  if (session === null) return fn();
  const outer = session.current;
  session.current = session.asyncContext(name);
  try {
    return fn();
  } finally {
    session.current = outer;
  }
}
