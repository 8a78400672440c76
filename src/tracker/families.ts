import type { ClassKey } from '../core/classes.ts';
import type { ObjectId } from '../core/ids.ts';
import type { Stack } from '../core/stack.ts';

/** Somebody takes an object of this key there. */
export interface Take {
  readonly key: ClassKey;
  readonly stack: Stack | null;
}

/** How often a dependency between classes by first use is looked at for the instances it is seen between. */
const MAX_SEEN = 64;

/** The instances that a dependency was seen between. */
export type InstanceIds = readonly [from: ObjectId, to: ObjectId];

interface Seen {
  readonly pairs: InstanceIds[];
  times: number;
}

/**
 * Objects whose making was not seen have the place of their first use as class: locks in an array, of which some were first
 * used as `locks[low]` and some as `locks[high]`, are of two. A place that takes objects of both shows that they are of one
 * family: their order is one of instances, as within a class.
 */
export class Families {
  readonly #parents = new Map<ClassKey, ClassKey>();
  readonly #seen = new Map<number, Seen>();

  /** A dependency, by its edge number, was seen between these. @returns false when that was often enough */
  note(edge: number, from: ObjectId, to: ObjectId): boolean {
    const seen = this.#seen.get(edge) ?? { pairs: [], times: 0 };
    this.#seen.set(edge, seen);
    if (!seen.pairs.some((pair) => pair[0] === from && pair[1] === to)) seen.pairs.push([from, to]);
    return ++seen.times < MAX_SEEN;
  }

  /** What was noted, by edge number. */
  get pairs(): Iterable<readonly [edge: number, pairs: readonly InstanceIds[]]> {
    return [...this.#seen].map(([edge, { pairs }]) => [edge, pairs] as const);
  }

  areOne(one: ClassKey, other: ClassKey): boolean {
    return this.rootOf(one) === this.rootOf(other);
  }

  /**
   * Keys that are taken at one place are of one family from here on. Where a place is not known, it may be that of any other.
   * @returns true when there were such that were not before
   */
  join(takes: readonly Take[]): boolean {
    const places = takes.map(({ stack }) => placeOf(stack));
    const isKnown = places.every((place) => place !== null);
    const byPlace = new Map<string | null, ClassKey>();
    let isNew = false;
    for (const [i, { key }] of takes.entries()) {
      const place = isKnown ? (places[i] ?? null) : null;
      const other = byPlace.get(place) ?? key;
      byPlace.set(place, other);
      if (this.areOne(key, other)) continue;
      this.#parents.set(this.rootOf(key), this.rootOf(other));
      isNew = true;
    }
    return isNew;
  }

  /** One key that stands for the family of this one. */
  rootOf(key: ClassKey): ClassKey {
    let root = key;
    for (let parent = this.#parents.get(root); parent !== undefined; parent = this.#parents.get(root)) root = parent;
    return root;
  }
}

function placeOf(stack: Stack | null): string | null {
  const [frame] = stack?.direct ?? stack?.frames ?? [];
  return frame === undefined ? null : `${frame.path ?? frame.file}:${frame.line}:${frame.column}`;
}
