import { DeptError } from '../src/core/dept-error.ts';
import { disown } from './own-locks/own-locks.ts';
import { patchShape, type Shape } from './shapes/shape.ts';

const wrapped = new WeakSet<object>();
const METHODS = ['acquire', 'tryAcquire', 'release', 'run', 'idle'] as const;

/**
 * Tells dept what the methods of an object do that is a lock, a semaphore, a pool, a queue or a limiter of your own, or of
 * a library that dept does not know. The methods are replaced in place, on this object or, for all instances of a class, on
 * its prototype; each is one null check when nothing is installed. See docs/adapters.md.
 * @returns the object itself
 * @throws DeptError ERR_DEPT_BAD_SHAPE when a method is named that it does not have, or it was wrapped before
 */
export function wrap<T extends object>(target: T, shape: Shape): T {
  if (wrapped.has(target)) throw new DeptError('ERR_DEPT_BAD_SHAPE', 'This object is wrapped already.');
  checkMethods(target, shape);
  disown(target);
  if (patchShape(target, shape) === null) {
    throw new DeptError('ERR_DEPT_BAD_SHAPE', `The object has none of the methods: ${JSON.stringify(shape)}.`);
  }
  wrapped.add(target);
  return target;
}

/** A release with a typing error would make each hold last for ever. Of a list, one is enough: versions differ. */
function checkMethods(target: object, shape: Shape): void {
  for (const field of METHODS) {
    const names = [shape[field] ?? []].flat();
    if (names.length === 0 || names.some((name) => typeof Reflect.get(target, name) === 'function')) continue;
    throw new DeptError('ERR_DEPT_BAD_SHAPE', `${field}: the object has no method ${names.join(' or ')}.`);
  }
}
