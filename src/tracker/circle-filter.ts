import type { Context } from '../core/context.ts';
import type { ObjectId } from '../core/ids.ts';
import { limitOf } from './refill.ts';
import { type Exclusion, exclusion, type Sighting } from './sighting.ts';

/** A dependency of a circle, with its sightings: null when it was seen in a way that nothing can exclude. */
export interface Seen {
  readonly edge: number;
  readonly sightings: readonly Sighting[] | null;
}

/** What the filters ask of the rest. */
export interface Around {
  /** A context of which there is only one. */
  isAlone(context: Context): boolean;
  /** One holder of the object has had both edges under way at the same time. */
  areTogether(object: ObjectId, left: number, right: number): boolean;
}

/**
 * Why a circle can never hang: two of its dependencies are never under way at the same time, in none of their sightings.
 * Quadratic in the length of the circle and in the sightings kept (8 at most).
 */
export function excludedBy(circle: readonly Seen[], around: Around): Exclusion | null {
  for (let i = 0; i < circle.length; i++) {
    for (let j = i + 1; j < circle.length; j++) {
      const why = alwaysExcluded(circle[i] as Seen, circle[j] as Seen, around);
      if (why !== null) return why;
    }
  }
  return null;
}

/** Why a pool of this capacity never runs dry though its holders ask it for more: only so few do so at a time. */
export function excludedFromItself({ edge, sightings }: Seen, capacity: number, around: Around): Exclusion | null {
  const isSplit = (object: ObjectId): boolean => around.areTogether(object, edge, edge);
  const refills = sightings?.map(({ refill }) => refill) ?? [];
  const limit = limitOf(refills, capacity, isSplit);
  return limit === null ? null : { reason: limit.most === 1 ? 'gate-lock' : 'limited', because: limit.label };
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
