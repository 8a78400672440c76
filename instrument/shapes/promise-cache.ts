import { defineHow } from '../../src/core/how.ts';
import type { Session } from '../../src/core/session.ts';
import type { TrackedObject } from '../../src/core/tracked-object.ts';
import type { How } from '../../src/core/vocabulary.ts';
import * as hooks from '../../src/sync/hooks.ts';
import type { NamedPlace } from '../first-use.ts';

/** A promise that several may await: what computes it owes its settling. */
export const SHARED_PROMISE: How = defineHow({ startLabel: 'compute', waitLabel: 'await', eventLabel: 'settle' });

/** Keys told apart in one cache, and in all that are made at one place; what comes beyond is not watched. */
const MAX_KEYS = 256;
/** Longest key that is a name. */
const MAX_LENGTH = 64;

/** Names by the place of their caches: one that is made anew for each request has other keys each time. */
const namesOf = new WeakMap<Session, Map<string, Set<string>>>();

/**
 * The promises that a cache hands out. Each key is a class of its own, because values depend on values: user 1 on team 2, and
 * team 2 on user 3, is no circle. A key is known again when its value is computed anew.
 */
export class PromiseCache {
  readonly #place: NamedPlace | null;
  readonly #objects = new Map<unknown, TrackedObject>();

  constructor(place: NamedPlace | null) {
    this.#place = place;
  }

  /** What is tracked for this key; null when nothing is. */
  of(key: unknown): TrackedObject | null {
    const known = this.#objects.get(key);
    if (known !== undefined) return known;
    if (this.#place === null || !isName(key) || this.#objects.size >= MAX_KEYS) return null;
    const { name, site } = this.#place;
    const ofKey = key === undefined ? name : `${name}(${String(key)})`;
    if (!hasRoomFor(ofKey, this.#place)) return null;
    const made = hooks.track({ kind: 'promise', name: ofKey, site });
    if (made !== null) this.#objects.set(key, made);
    return made;
  }

  /** A call that computes the value, or finds out that another call does. */
  computed<T>(key: unknown, call: () => T, computes?: () => boolean): T {
    return hooks.owing(this.of(key), SHARED_PROMISE, null, call, computes);
  }

  /** A promise of the value that the caller is given. */
  shared<T>(key: unknown, result: T): T {
    return result instanceof Promise ? hooks.share(result, this.of(key), SHARED_PROMISE) : result;
  }
}

type Key = string | number | bigint | boolean | symbol | null | undefined;

function hasRoomFor(ofKey: string, { name, site }: NamedPlace): boolean {
  const session = hooks.activeSession();
  if (session === null) return false;
  const places = namesOf.get(session) ?? new Map<string, Set<string>>();
  namesOf.set(session, places);
  const place = `${name} ${site}`;
  const names = places.get(place) ?? new Set<string>();
  places.set(place, names);
  return names.has(ofKey) || (names.size < MAX_KEYS && names.add(ofKey).has(ofKey));
}

function isName(key: unknown): key is Key {
  return typeof key === 'string' ? key.length <= MAX_LENGTH : typeof key !== 'object' && typeof key !== 'function';
}
