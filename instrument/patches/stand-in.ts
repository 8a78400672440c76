/** Gives a function the name, the length and the own properties of the one it stands in for. */
export function dressed<F extends object>(replacement: F, original: object): F {
  for (const key of Reflect.ownKeys(original)) {
    const descriptor = Object.getOwnPropertyDescriptor(original, key);
    const own = Object.getOwnPropertyDescriptor(replacement, key);
    if (descriptor === undefined || own?.configurable === false) continue;
    if (own !== undefined && key !== 'name' && key !== 'length') continue;
    const isItself = descriptor.value === original;
    Object.defineProperty(replacement, key, isItself ? { ...descriptor, value: replacement } : descriptor);
  }
  return replacement;
}

/** A function that looks like `original` and does `call` with what it is called on and with. */
export function standIn<F extends object>(original: F, call: (self: unknown, args: unknown[]) => unknown): F {
  const replacement = function replacement(this: unknown, ...args: unknown[]): unknown {
    return call(this, args);
  };
  return dressed(replacement, original) as unknown as F;
}

/** True for what can be called with `new`. */
export function isConstructor(made: object): boolean {
  try {
    Reflect.construct(Object, [], made as never);
    return true;
  } catch {
    return false;
  }
}
