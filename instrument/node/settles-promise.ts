const NATIVE = 'function () { [native code] }';

/** True for the `resolve` of a promise itself: a native function without a name. */
export function settlesPromise(listener: unknown): boolean {
  return (
    typeof listener === 'function' &&
    // The name of a bound function is put together when it is asked for: the length sorts most of them out.
    listener.length === 1 &&
    listener.name === '' &&
    !Object.hasOwn(listener, 'prototype') &&
    Function.prototype.toString.call(listener) === NATIVE
  );
}
