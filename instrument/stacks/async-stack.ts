import { types } from 'node:util';
import { isInstalled } from '../paths.ts';
import { captureStack, stackOf } from './capture-stack.ts';
import { parseStack } from './raw-frame.ts';

// Taken before anything is patched.
const { then } = Promise.prototype;
const settled = Promise.resolve();
const nothing = (): void => undefined;

/** Node runs microtasks, and what joins promises has a place among its elements: neither is a function that awaits. */
const NO_FUNCTION = /^(?:node:|index \d)/;

/** What ends a look: there is no value that could settle anything. Made once, for its stack costs more than all else. */
const looked = new Error('an async stack was looked at');

/** Gives a promise that there is for the one that a reaction is to make, and cannot settle it. */
class Existing {
  static promise: object = settled;

  constructor(executor: (ok: () => void, failed: () => void) => void) {
    executor(nothing, nothing);
    // biome-ignore lint/correctness/noConstructorReturn: it is made for this.
    return Existing.promise;
  }
}

/** One of which the engine believes that another promise is settled by it. */
class Leading extends Promise<never> {
  static override get [Symbol.species](): PromiseConstructor {
    return Existing as unknown as PromiseConstructor;
  }

  /** The other promise is not touched. */
  to(promise: object): void {
    Existing.promise = promise;
    try {
      // Not its own, which an attribution may have patched.
      void Reflect.apply(then, this, [nothing]);
    } finally {
      Existing.promise = settled;
    }
  }
}

/**
 * The stack of the functions that await a pending promise, innermost first, as the engine would print it for an error that
 * begins there: it follows a promise through `await`, `return`, `Promise.all` and resolve functions, as long as each is awaited
 * by one only. It does so for the code of a reaction; ours seems to lead to the promise, and fails: whatever of ours stayed pending
 * would look like a function that waits.
 * Told in a microtask, which costs some ten microseconds; at once, of nothing, for what is no promise of the engine.
 */
export function asyncStackOf(promise: object, frames: number, told: (stack: string) => void): void {
  if (!types.isPromise(promise)) {
    told('');
    return;
  }
  let resolve: (value: never) => void = nothing;
  const leading = new Leading((ok) => {
    resolve = ok;
  });
  leading.to(promise);
  asyncStackThrough(resolve, frames, told);
}

/** The same for the promise that this function of the engine resolves. It is not called. */
export function asyncStackThrough(
  resolve: (value: never) => void,
  frames: number,
  told: (stack: string) => void,
): void {
  const look = (): never => {
    const holder: { stack?: string } = {};
    captureStack(holder, look, frames);
    told(stackOf(holder));
    throw looked;
  };
  const looking = Reflect.apply(then, settled, [look]) as unknown as object;
  void Reflect.apply(then, looking, [resolve, nothing]);
}

/** True when a function awaits, of the program or of a library, that such a stack tells of. */
export function namesFunction(stack: string): boolean {
  return parseStack(stack).some(({ path }) => !NO_FUNCTION.test(path));
}

/** True when it tells of a function of the program, or may: there were more functions than this many. */
export function mayNameProgram(stack: string, frames: number): boolean {
  const parsed = parseStack(stack);
  return parsed.length >= frames || parsed.some(({ path }) => !NO_FUNCTION.test(path) && !isInstalled(path));
}
