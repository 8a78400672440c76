import { standIn } from '../patches/stand-in.ts';
import type { Callable } from './adapter.ts';

type Define = typeof Object.defineProperties;

let isDefining = false;

/**
 * Lets `watched` replace the method `drain` of a queue that `make` makes. async 3 defines it so that nobody can change it
 * later, and nobody sees it before: only while it is defined can it be replaced.
 */
export function replacingDrain<T>(make: () => T, watched: (drain: Callable) => Callable): T {
  const { defineProperties } = Object;
  // One maker goes through another.
  if (isDefining) return make();
  const define = standIn(defineProperties, (self, [target, properties]) => {
    const drain = (properties as PropertyDescriptorMap)['drain'];
    const isDrain = typeof drain?.value === 'function' && 'saturated' in (properties as object);
    const replaced = isDrain ? { drain: { ...drain, value: watched(drain.value as Callable) } } : {};
    return Reflect.apply(defineProperties, self, [target, { ...(properties as object), ...replaced }]);
  }) as Define;
  isDefining = Reflect.set(Object, 'defineProperties', define);
  try {
    return make();
  } finally {
    if (isDefining) Object.defineProperties = defineProperties;
    isDefining = false;
  }
}
