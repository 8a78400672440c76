import type { Context } from '../core/context.ts';
import { type Exclusion, exclusion, type Sighting } from './sighting.ts';

/**
 * Why a circle can never hang: two of its dependencies are never under way at the same time, in none of their sightings.
 * `sightings` holds one list for each dependency, null for one that was seen too often to remember.
 * Quadratic in the length of the circle and in the sightings kept (8 at most).
 */
export function excludedBy(
  sightings: readonly (readonly Sighting[] | null)[],
  isAlone: (context: Context) => boolean,
): Exclusion | null {
  for (let i = 0; i < sightings.length; i++) {
    for (let j = i + 1; j < sightings.length; j++) {
      const why = alwaysExcluded(sightings[i] ?? null, sightings[j] ?? null, isAlone);
      if (why !== null) return why;
    }
  }
  return null;
}

function alwaysExcluded(
  left: readonly Sighting[] | null,
  right: readonly Sighting[] | null,
  isAlone: (context: Context) => boolean,
): Exclusion | null {
  if (left === null || right === null) return null;
  let why: Exclusion | null = null;
  for (const a of left) {
    for (const b of right) {
      why = exclusion(a, b, isAlone);
      if (why === null) return null;
    }
  }
  return why;
}
