import type { TrackedObject } from './tracked-object.ts';
import type { Misuse } from './vocabulary.ts';

export function initHeld(object: TrackedObject): Misuse {
  return { kind: 'init-held', object, message: `${object.label} is initialised while it is held` };
}

export function destroyHeld(object: TrackedObject): Misuse {
  return { kind: 'destroy-held', object, message: `${object.label} is destroyed while it is held` };
}

/** @param label of the call that uses it */
export function usedAfterDestroy(object: TrackedObject, label: string): Misuse {
  return { kind: 'use-after-destroy', object, message: `${label}(${object.label}) after it was destroyed` };
}
