const NATIVE = 'function () { [native code] }';

/** True for the `resolve` of a promise itself: a native function without a name. */
export function settlesPromise(listener: unknown): boolean {
  return (
    typeof listener === 'function' &&
    listener.name === '' &&
    listener.length === 1 &&
    !Object.hasOwn(listener, 'prototype') &&
    Function.prototype.toString.call(listener) === NATIVE
  );
}
