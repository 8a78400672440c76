import type { OpenWait } from '../core/finding.ts';
import type { Stack } from '../core/stack.ts';

type Owner = OpenWait['owners'][number];

/**
 * The same waits with those that are alike as one: at the same place, for the same thing, which the same ones owe. Behind a pool that
 * has run dry a server has a hundred requests, and one of them says it all. Linear in the waits and their owners.
 */
export function foldAlike(waits: readonly OpenWait[]): readonly OpenWait[] {
  const folded = new Map<string, { readonly index: number; readonly wait: OpenWait; count: number }>();
  const indexes = waits.map((wait) => {
    const key = keyOf(wait);
    const known = folded.get(key);
    if (known === undefined) folded.set(key, { index: folded.size, wait, count: countOf(wait) });
    else known.count += countOf(wait);
    return known?.index ?? folded.size - 1;
  });
  return [...folded.values()].map(({ wait, count }) => ({
    ...wait,
    ...alike(count),
    owners: foldOwners(wait.owners, indexes),
  }));
}

/** How many waits these stand for. */
export function waitCount(waits: readonly OpenWait[]): number {
  return waits.reduce((sum, wait) => sum + countOf(wait), 0);
}

function foldOwners(owners: readonly Owner[], indexes: readonly number[]): readonly Owner[] {
  const folded = new Map<string, { readonly owner: Owner; count: number }>();
  for (const owner of owners) {
    const key = ownerKey(owner);
    const known = folded.get(key);
    if (known === undefined) folded.set(key, { owner, count: countOf(owner) });
    else known.count += countOf(owner);
  }
  return [...folded.values()].map(({ owner, count }) => ({
    ...owner,
    ...alike(count),
    ...(owner.stoppedBy === undefined ? {} : { stoppedBy: moved(owner.stoppedBy, indexes) }),
  }));
}

function moved(stoppedBy: readonly number[], indexes: readonly number[]): readonly number[] {
  return [...new Set(stoppedBy.flatMap((index) => indexes[index] ?? []))];
}

function countOf({ alike: more = 0 }: Pick<OpenWait, 'alike'>): number {
  return 1 + more;
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
