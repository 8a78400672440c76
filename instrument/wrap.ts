import { DeptError } from '../src/core/dept-error.ts';
import { checkOptions, FUNCTION, type OptionKind, optionKinds, shown, TEXT } from '../src/core/options.ts';
import { disown } from './own-locks/own-locks.ts';
import type { Shape } from './shapes/shape.ts';
import { patchShape } from './shapes/shape-patch.ts';

const wrapped = new WeakSet<object>();
const METHODS = ['acquire', 'tryAcquire', 'release', 'run', 'idle', 'naming'] as const;
const NAMES: OptionKind = {
  words: 'the name of a method, or a list of names',
  allows: (value) => [value].flat().every((name) => typeof name === 'string'),
};
const KINDS = optionKinds({
  ...Object.fromEntries(METHODS.map((field) => [field, NAMES])),
  name: TEXT,
  capacity: {
    words: 'a number or a function',
    allows: (value) => typeof value === 'number' || typeof value === 'function',
  },
  isFree: FUNCTION,
  releaser: {
    words: 'true or the name of a method',
    allows: (value) => value === true || typeof value === 'string',
  },
  timeoutMs: FUNCTION,
  key: FUNCTION,
});

/**
 * Tells dept what the methods of an object do that is a lock, a semaphore, a pool, a queue or a limiter of your own, or of
 * a library that dept does not know. The methods are replaced in place, on this object or, for all instances of a class, on
 * its prototype; each is one null check when nothing is installed. See docs/adapters.md.
 * @returns the object itself
 * @throws DeptError ERR_DEPT_BAD_SHAPE when a method is named that it does not have, or it was wrapped before
 */
export function wrap<T extends object>(target: T, shape: Shape): T {
  if ((typeof target !== 'object' && typeof target !== 'function') || target === null) {
    throw bad(`wrap() was given ${shown(target)}; it needs an object, or the prototype of a class.`);
  }
  if (wrapped.has(target)) throw bad('This object is wrapped already.');
  checkShape(target, shape);
  disown(target);
  if (patchShape(target, shape) === null) {
    throw bad(`wrap(): no method is named; say which one waits (acquire, tryAcquire, run or idle).`);
  }
  wrapped.add(target);
  return target;
}

/** A release with a typing error would make each hold last for ever. Of a list, one is enough: versions differ. */
function checkShape(target: object, shape: Shape): void {
  checkOptions('wrap()', shape, KINDS, 'ERR_DEPT_BAD_SHAPE');
  for (const field of METHODS) {
    const names = [shape[field] ?? []].flat();
    if (names.length === 0 || names.some((name) => typeof Reflect.get(target, name) === 'function')) continue;
    const { prototype = null } = target as { readonly prototype?: object | null };
    const isOfInstances = names.some((name) => typeof prototype?.[name as never] === 'function');
    const advice = isOfInstances ? ' Its instances have: give the prototype of the class.' : '';
    throw bad(`${field}: the object has no method ${names.join(' or ')}.${advice}`);
  }
  const { acquire, tryAcquire, release, releaser, isFree } = shape;
  if ((acquire ?? tryAcquire) !== undefined && (release ?? releaser) === undefined) {
    throw bad('wrap(): what is acquired would be held for ever; name the release, or the releaser of what is given.');
  }
  if (isFree !== undefined && releaser !== undefined) throw bad('wrap(): isFree does not go with releaser.');
}

function bad(message: string): DeptError {
  return new DeptError('ERR_DEPT_BAD_SHAPE', message);
}
