import { isObject } from '../../src/core/thenable.ts';

/**
 * What dept reads of what a program passes to a library. What is wrong with it the library is to say, in its own way and at its own
 * time: a value that is no object has no properties, and a property that cannot be read is not there.
 */
export function optionOf(passed: unknown, name: PropertyKey): unknown {
  if (!isObject(passed)) return undefined;
  try {
    return Reflect.get(passed, name) as unknown;
  } catch {
    return undefined;
  }
}

/** The same of what is a number of its own, without a conversion. */
export function numberOf(passed: unknown, name: PropertyKey): number | undefined {
  const value = optionOf(passed, name);
  return typeof value === 'number' ? value : undefined;
}

/** What `read` gives; undefined where it throws, as a getter or a conversion of the program's may. */
export function legible<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
