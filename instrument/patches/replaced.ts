import { dressed } from './stand-in.ts';

type Method = (this: never, ...args: never[]) => unknown;

/**
 * Puts another function in the place of a method: with its name, its length and its attributes. What a program has fixed, as
 * @hono/node-server does the `clone` of its own Response and `--frozen-intrinsics` all there is, is left alone; so is what is not there, as
 * `fetch` in a window that jsdom makes.
 * @param wrap makes a method where the original is one, or anything else that cannot be called with `new`
 * @returns what restores it, unless somebody has replaced it since
 */
export function replaced<T extends object, N extends keyof T & string>(
  owner: T,
  name: N,
  wrap: (original: T[N] & Method) => Method,
): () => void {
  const descriptor = Object.getOwnPropertyDescriptor(owner, name);
  const original = owner[name] as T[N] & Method;
  if (typeof original !== 'function' || !(descriptor?.configurable ?? Object.isExtensible(owner)))
    return () => undefined;
  const value = dressed(wrap(original), original);
  Object.defineProperty(owner, name, {
    value,
    writable: true,
    configurable: true,
    enumerable: descriptor?.enumerable ?? false,
  });
  return () => {
    if (owner[name] !== (value as unknown)) return;
    if (descriptor === undefined) delete owner[name];
    else Object.defineProperty(owner, name, descriptor);
  };
}

/** The same for a getter. */
export function replacedGetter<T extends object>(
  owner: T,
  name: keyof T,
  wrap: (original: (this: T) => unknown) => (this: T) => unknown,
): () => void {
  const descriptor = Object.getOwnPropertyDescriptor(owner, name);
  const original = descriptor?.get as ((this: T) => unknown) | undefined;
  if (descriptor?.configurable !== true || original === undefined) return () => undefined;
  const get = dressed(wrap(original), original);
  Object.defineProperty(owner, name, { ...descriptor, get });
  return () => {
    if (Object.getOwnPropertyDescriptor(owner, name)?.get === get) Object.defineProperty(owner, name, descriptor);
  };
}
