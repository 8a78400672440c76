import { isObject } from '../../src/core/thenable.ts';

/** True for what has all of these methods, its own or not: what a library makes may be something else in another version. */
export function hasMethods(value: unknown, names: readonly string[]): boolean {
  return isObject(value) && names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}
