import { type Alike, type OpenWait, waitCount } from '../core/finding.ts';
import type { Stack } from '../core/stack.ts';

type Owner = OpenWait['owners'][number];

/**
 * The same waits with those that are alike as one: at the same place, for the same thing, which the same ones owe. Behind a pool that
 * has run dry a server has a hundred requests, and one of them says it all. Linear in the waits and their owners.
 */
export function foldAlike(waits: readonly OpenWait[]): readonly OpenWait[] {
  const { folded, indexes } = fold(waits, keyOf);
  return folded.map((wait) => ({
    ...wait,
    owners: fold(wait.owners, ownerKey).folded.map((owner) => ({
      ...owner,
      ...(owner.stoppedBy === undefined ? {} : { stoppedBy: moved(owner.stoppedBy, indexes) }),
    })),
  }));
}

/** The first of those with each key, and for each of all of them the index of the one that stands for it. */
function fold<T extends Alike>(
  all: readonly T[],
  keyOfEach: (each: T) => string,
): { readonly folded: readonly T[]; readonly indexes: readonly number[] } {
  const known = new Map<string, { readonly index: number; readonly first: T; count: number }>();
  const indexes = all.map((each) => {
    const key = keyOfEach(each);
    const like = known.get(key) ?? { index: known.size, first: each, count: 0 };
    known.set(key, like);
    like.count += waitCount([each]);
    return like.index;
  });
  return { folded: [...known.values()].map(({ first, count }) => ({ ...first, ...alike(count) })), indexes };
}

function moved(stoppedBy: readonly number[], indexes: readonly number[]): readonly number[] {
  return [...new Set(stoppedBy.flatMap((index) => indexes[index] ?? []))];
}

function alike(count: number): { readonly alike?: number } {
  return count === 1 ? {} : { alike: count - 1 };
}

function keyOf({ contextName, label, className, objectLabel, stack, owners }: OpenWait): string {
  return JSON.stringify([contextName, label, className, objectLabel, placeOf(stack), owners.map(ownerKey)]);
}

function ownerKey({ contextName, startLabel, stack, stoppedBy = [] }: Owner): string {
  return JSON.stringify([contextName, startLabel, placeOf(stack), stoppedBy]);
}

function placeOf(stack: Stack | null): string {
  const [frame] = stack?.frames ?? [];
  return frame === undefined ? '' : `${frame.file}:${frame.line}:${frame.column}`;
}
