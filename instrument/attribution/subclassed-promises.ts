import { types } from 'node:util';
import { linkTo } from './promise-links.ts';
import type { Hooked } from './promise-notes.ts';

type Then = (this: unknown, ...args: unknown[]) => unknown;

const NATIVE = Promise.prototype;
const known = new WeakSet<object>();

/**
 * What `then` of a subclass makes is made by a constructor, and the engine does not say which promise it waits for. So
 * `then` of each subclass that is met says it.
 */
export function meetSubclass(promise: Hooked): void {
  // Cheaper than its prototype; whatever awaits it asks for this as well.
  if (promise.constructor === Promise) return;
  const prototype = Object.getPrototypeOf(promise) as object | null;
  if (prototype === (NATIVE as unknown) || prototype === null || known.has(prototype)) return;
  known.add(prototype);
  if (isOfAnotherRealm(prototype)) return;
  const own = Reflect.getOwnPropertyDescriptor(prototype, 'then');
  // An own one may be a getter; an inherited one is looked up by each call.
  const then = own === undefined ? null : own.value;
  if (then !== null && typeof then !== 'function') return;
  const inherited = (): Then => (Object.getPrototypeOf(prototype) as { then: Then }).then;
  const wrapped = function wrapped(this: unknown, ...args: unknown[]): unknown {
    const result = Reflect.apply(then ?? inherited(), this, args);
    if (types.isPromise(result) && types.isPromise(this)) linkTo(result, this);
    return result;
  };
  Object.defineProperty(wrapped, 'name', { value: 'then', configurable: true });
  Object.defineProperty(wrapped, 'length', { value: then?.length ?? 2, configurable: true });
  // False where the prototype is frozen, as Node's own are.
  Reflect.defineProperty(prototype, 'then', { value: wrapped, writable: true, configurable: true, enumerable: false });
}

/** `Promise.prototype` of another realm: the engine says what its `then` makes, and whoever shares a realm with us would keep ours for ever. */
function isOfAnotherRealm(prototype: object): boolean {
  const base = Object.getPrototypeOf(prototype) as object | null;
  return base !== null && Object.getPrototypeOf(base) === null;
}
