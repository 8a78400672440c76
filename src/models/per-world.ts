import { type Runtime, runtime } from '../sync/runtime.ts';

/**
 * State the kernel keeps once for a machine (a global counter, the RCU of the system): one value for each world, made at
 * first use, so that runs do not see each other and every run begins with the same numbers.
 */
export function perWorld<T>(make: () => T): () => T {
  const values = new WeakMap<Runtime, { readonly value: T }>();
  return () => {
    const world = runtime();
    const known = values.get(world);
    if (known !== undefined) return known.value;
    const value = make();
    values.set(world, { value });
    return value;
  };
}
