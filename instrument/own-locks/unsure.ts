/** Sleeps, and looks again. */
export const POLLED: RegExp =
  /\bnew\s+Promise\s*(?:<[^<>]*>)?\s*\(\s*\(?\s*([\w$]+)[^()]*\)?\s*=>\s*(?:\{\s*)?(?:setTimeout|setImmediate)\s*\(\s*\1\b[^()]*\)\s*;?\s*\}?\s*\)/g;
/** What nobody can tell from a text: who may have it twice, or beside others, or for how long it is waited for. */
export const UNSURE: RegExp =
  /\b(?:AsyncLocalStorage|getStore|setTimeout|timeout\w*|timers?|reentran\w*|recursive|\w*[oO]wner\w*|readers?|writers?|\w*[rR]eadLock|\w*[wW]riteLock|shared|AbortSignal|abort\w*|deadline)\b/;
