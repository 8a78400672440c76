import type { ObjectKind } from '../../src/core/classes.ts';
import type { TrackedObject } from '../../src/core/tracked-object.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { legible } from '../patches/passed-options.ts';

/** Keys remembered for one owner; the oldest is forgotten for a new one. */
const MAX_KEYS = 4096;

/**
 * One tracked object for each key of a lock that has keys. They share the class of their owner and are told apart as its
 * instances: keys in a consistent order are no circle.
 */
export class KeyedObjects {
  readonly #owner: TrackedObject | null;
  readonly #objects = new Map<unknown, TrackedObject | null>();

  constructor(owner: TrackedObject | null) {
    this.#owner = owner;
  }

  /** The object of this key, made on first use. */
  of(key: unknown): TrackedObject | null {
    if (this.#owner === null) return null;
    const known = this.#objects.get(key);
    if (known !== undefined) return known;
    if (this.#objects.size >= MAX_KEYS) this.#objects.delete(this.#objects.keys().next().value);
    const { kind, name, site, capacity } = this.#owner.key;
    const made = hooks.track({
      kind: kind as ObjectKind,
      name,
      site,
      capacity,
      label: legible(() => String(key)) ?? name,
    });
    this.#objects.set(key, made);
    return made;
  }
}
