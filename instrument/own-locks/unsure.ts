/** Sleeps, and looks again. */
export const POLLED: RegExp =
  /\bnew\s+Promise\s*(?:<[^<>]*>)?\s*\(\s*\(?\s*([\w$]+)[^()]*\)?\s*=>\s*(?:\{\s*)?(?:setTimeout|setImmediate)\s*\(\s*\1\b[^()]*\)\s*;?\s*\}?\s*\)/g;

const WHO_AND_HOW_LONG = String.raw`AsyncLocalStorage|getStore|setTimeout|timeout\w*|timers?|reentran\w*|recursive|\w*[oO]wner\w*|AbortSignal|abort\w*|deadline`;

/** What nobody can tell from a text: who may have it twice, or for how long it is waited for. */
export const UNSURE_OF_WAITS: RegExp = new RegExp(String.raw`\b(?:${WHO_AND_HOW_LONG})\b`);
/** The same, or who may have it beside others. */
export const UNSURE: RegExp = new RegExp(
  String.raw`\b(?:${WHO_AND_HOW_LONG}|readers?|writers?|\w*[rR]eadLock|\w*[wW]riteLock|shared)\b`,
);
