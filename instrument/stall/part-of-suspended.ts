import type { SuspendedFunction } from '../../src/core/finding.ts';

/** Those of the functions that are wanted, and all that these wait for, as a list of its own. */
export function partOf(
  all: readonly SuspendedFunction[],
  isWanted: (each: SuspendedFunction) => boolean,
): readonly SuspendedFunction[] {
  const wanted = new Set(all.filter(isWanted));
  for (const each of wanted) for (const index of each.waitsFor) wanted.add(all[index] as SuspendedFunction);
  return only(all, wanted);
}

/** These functions alone, as a list of their own: they wait for each other, whomever else they wait for. */
export function only(
  all: readonly SuspendedFunction[],
  wanted: ReadonlySet<SuspendedFunction | undefined>,
): readonly SuspendedFunction[] {
  const kept = all.filter((each) => wanted.has(each));
  const indexes = new Map(kept.map((each, index) => [each, index]));
  return kept.map((each) => ({
    ...each,
    waitsFor: each.waitsFor.flatMap((index) => indexes.get(all[index] as SuspendedFunction) ?? []),
  }));
}
