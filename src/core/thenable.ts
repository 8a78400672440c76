/** True for what can have properties of its own: objects and functions. */
export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** True for whatever can be awaited: promises, and what others take for one. What cannot be asked is for whoever awaits it to meet. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  try {
    return isObject(value) && typeof (value as { readonly then?: unknown }).then === 'function';
  } catch {
    return false;
  }
}
