import { NODE_MAJOR } from '../process/node-major.ts';

/**
 * Gives an object the stack of what has called the function `called`: so many frames at most, or as many as a program
 * says that has fixed `Error.stackTraceLimit`.
 */
export function captureStack(holder: { stack?: string }, called: object, frames: number): void {
  const limit = Error.stackTraceLimit;
  // An assignment would throw there.
  const isSet = Reflect.set(Error, 'stackTraceLimit', frames);
  Error.captureStackTrace(holder, called as () => unknown);
  if (isSet) Error.stackTraceLimit = limit;
}

/**
 * True while the first caller of `called` is no caller but a function that awaits what the engine runs: from Node 26 on it names that one
 * where it asks a thenable. Asked of the engine itself, for who prepares stacks may print both alike, as vitest does.
 */
export function isAwaitedCall(called: object): boolean {
  if (NODE_MAJOR < 26) return false;
  const prepared = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  const holder: { stack?: unknown } = {};
  const asSites = { value: (_error: unknown, sites: unknown) => sites, writable: true, configurable: true };
  if (!Reflect.defineProperty(Error, 'prepareStackTrace', asSites)) return false;
  try {
    captureStack(holder as { stack?: string }, called, 1);
    const [first] = Array.isArray(holder.stack) ? (holder.stack as readonly CallSite[]) : [];
    return first?.isAsync() === true;
  } finally {
    if (prepared === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace');
    else Object.defineProperty(Error, 'prepareStackTrace', prepared);
  }
}

interface CallSite {
  isAsync(): boolean;
}
