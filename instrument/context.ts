import { activeSession } from '../src/sync/hooks.ts';

/**
 * Runs `fn` as a context of its own name: reports call it by that name instead of by the function that waits. What `fn`
 * starts belongs to it, across awaits, timers and callbacks; what it waits for reaches whoever awaits its result.
 * @returns what `fn` returns
 */
export function context<T>(name: string, fn: () => T): T {
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
