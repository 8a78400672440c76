import { NODE_MAJOR } from '../process/node-major.ts';
import { withNamesOf } from './engine-names.ts';
import { foreignPrepare, type Prepare } from './foreign-prepare.ts';

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
 * The stack that was captured, at the lines of what runs. Where the program has Node read source maps Node would print those of the sources,
 * and a package may have been built in a folder that nobody has: whose code it is only the file tells that runs. Where somebody else
 * prepares stacks, as jest does, he alone knows the lines, and the engine the names.
 */
export function stackOf(holder: { stack?: string }): string {
  const foreign = foreignPrepare();
  if (foreign === null && !process.sourceMapsEnabled) return holder.stack ?? '';
  const print: Prepare = (error, sites) => {
    const unmapped = sites.map((site) => `    at ${String(site)}`);
    if (foreign === null) return ['Error', ...unmapped].join('\n');
    const stack: unknown = Reflect.apply(foreign, Error, [error, sites]);
    return typeof stack === 'string' ? withNamesOf(unmapped, stack) : stack;
  };
  return prepared(print, () => holder.stack ?? '') ?? holder.stack ?? '';
}

/**
 * True while the first caller of `called` is no caller but a function that awaits what the engine runs: from Node 26 on it names that one
 * where it asks a thenable. Asked of the engine itself, for who prepares stacks may print both alike, as vitest does.
 */
export function isAwaitedCall(called: object): boolean {
  if (NODE_MAJOR < 26) return false;
  const holder: { stack?: unknown } = {};
  const first = prepared(
    (_error, sites) => sites,
    () => {
      captureStack(holder as { stack?: string }, called, 1);
      return Array.isArray(holder.stack) ? (holder.stack as readonly CallSite[])[0] : null;
    },
  );
  return first?.isAsync() === true;
}

/** Does the work while stacks are prepared like that; null where the program has seen to it that nobody can. */
function prepared<Done>(prepare: Prepare, work: () => Done): Done | null {
  const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  const descriptor = { value: prepare, writable: true, configurable: true };
  if (!Reflect.defineProperty(Error, 'prepareStackTrace', descriptor)) return null;
  try {
    return work();
  } finally {
    if (before === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace');
    else Object.defineProperty(Error, 'prepareStackTrace', before);
  }
}

interface CallSite {
  isAsync(): boolean;
}
