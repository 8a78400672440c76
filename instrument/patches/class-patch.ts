import { isObject } from '../../src/core/thenable.ts';

/** Prototypes that are patched now: several modules of a package lead to one. */
const patched = new WeakSet<object>();

/**
 * Patches the class that a module exports, or is, where it has this method itself: its own prototype or one above.
 * @param more methods that it must have too, its own or not
 * @returns what restores it; null when there is none, or it is patched already
 */
export function patchClass<P extends object>(
  made: unknown,
  method: keyof P,
  patch: (prototype: P) => (() => void) | null,
  more: readonly (keyof P)[] = [],
): (() => void) | null {
  let prototype: unknown = typeof made === 'function' ? made.prototype : null;
  while (isObject(prototype) && !Object.hasOwn(prototype, method)) prototype = Object.getPrototypeOf(prototype);
  if (!isObject(prototype) || patched.has(prototype)) return null;
  const owner = prototype as P;
  if ([method, ...more].some((name) => typeof owner[name] !== 'function')) return null;
  const restore = patch(owner);
  if (restore === null) return null;
  patched.add(owner);
  return () => {
    patched.delete(owner);
    restore();
  };
}

/** One restoration of all that were made, last first; null when there are none. */
export function restoreAll(undo: readonly ((() => void) | null)[]): (() => void) | null {
  const made = undo.filter((restore) => restore !== null);
  if (made.length === 0) return null;
  return () => {
    for (const restore of made.toReversed()) restore();
  };
}
