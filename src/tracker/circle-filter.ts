import type { ClassKey } from '../core/classes.ts';
import type { Context } from '../core/context.ts';
import type { Dependency } from '../core/dependency.ts';
import type { ObjectId } from '../core/ids.ts';
import type { Limit } from './pool-shares.ts';
import { type Exclusion, exclusion, type Sighting } from './sighting.ts';

/** A dependency of a circle, with its sightings: null when it was seen in a way that nothing can exclude. */
export interface Seen {
  readonly edge: number;
  readonly dependency: Dependency;
  readonly sightings: readonly Sighting[] | null;
}

/** What the filters ask of the rest. */
export interface Around {
  /** A context of which there is only one. */
  isAlone(context: Context): boolean;
  /** One holder of the object has had both edges under way at the same time. */
  areTogether(object: ObjectId, left: number, right: number): boolean;
  /** What keeps pools of this class from running dry. */
  limitOf(key: ClassKey): Limit | null;
  /** One holder of the object has taken pools of this class several times at once. */
  isSplit(key: ClassKey, object: ObjectId): boolean;
}

/**
 * Why a circle can never hang: two of its dependencies are never under way at the same time, in none of their sightings; or it runs
 * through a pool that never runs dry; or fewer can be in it than it takes. Quadratic in the length of the circle and in the sightings
 * kept (8 at most).
 */
export function excludedBy(circle: readonly Seen[], around: Around): Exclusion | null {
  for (const { dependency } of circle) {
    const limit = around.limitOf(dependency.from.key);
    if (limit !== null) return { reason: limit.most === 1 ? 'gate-lock' : 'limited', because: limit.label };
  }
  for (let i = 0; i < circle.length; i++) {
    for (let j = i + 1; j < circle.length; j++) {
      const why = alwaysExcluded(circle[i] as Seen, circle[j] as Seen, around);
      if (why !== null) return why;
    }
  }
  return limited(circle, around);
}

/**
 * Each dependency of a circle takes somebody of its own who is stuck, and of a circle of pools each takes as many as have all of one: a
 * limit on tasks around all of them may not let in as many.
 */
function limited(circle: readonly Seen[], around: Around): Exclusion | null {
  const all = circle.flatMap<Sighting | null>(({ sightings }) => sightings ?? [null]);
  const mostIn = (object: ObjectId): number => {
    const gates = all.map((sighting) => sighting?.gates.find((gate) => gate.object === object && !gate.shared));
    return Math.max(...gates.map((gate) => gate?.most ?? Number.POSITIVE_INFINITY));
  };
  const isSplit = (object: ObjectId): boolean =>
    circle.some(({ edge }, i) => circle.slice(0, i).some((other) => around.areTogether(object, other.edge, edge)));
  const holders = circle.reduce((sum, each) => sum + holdersOf(each), 0);
  // A pool that is asked for by who has part of it is for those who count the shares.
  const isShortOf = (object: ObjectId, most: number): boolean =>
    circle.length > 1 &&
    most < holders &&
    !circle.some(({ dependency }) => around.isSplit(dependency.from.key, object));
  const isTooFew = (object: ObjectId, most: number): boolean => most < circle.length || isShortOf(object, most);
  const limit = all[0]?.gates.find(({ object }) => isTooFew(object, mostIn(object)) && !isSplit(object));
  return limit === undefined ? null : { reason: 'limited', because: limit.label };
}

/** How many have all permits of what is owed, each as many as anybody has been seen with. */
function holdersOf({ dependency, sightings }: Seen): number {
  const { capacity } = dependency.from.key;
  const permits = sightings === null ? capacity : Math.max(...sightings.map(({ share }) => share?.permits ?? capacity));
  return Math.max(1, Math.ceil(capacity / Math.max(1, permits)));
}

function alwaysExcluded(left: Seen, right: Seen, around: Around): Exclusion | null {
  if (left.sightings === null || right.sightings === null) return null;
  const isSplit = (gate: ObjectId): boolean => around.areTogether(gate, left.edge, right.edge);
  let why: Exclusion | null = null;
  for (const a of left.sightings) {
    for (const b of right.sightings) {
      why = exclusion(a, b, (context) => around.isAlone(context), isSplit);
      if (why === null) return null;
    }
  }
  return why;
}
