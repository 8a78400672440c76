import { Dependents } from '../core/dependents.ts';
import type { OpenWait } from '../core/finding.ts';

/**
 * That many of the waits, those first that nobody seen keeps from ending, as there it began, and then those behind them; links to the others are
 * gone. All of them in their own order where there are no more. O(waits + owners).
 */
export function firstWaits(waits: readonly OpenWait[], most: number): readonly OpenWait[] {
  if (waits.length <= most) return waits;
  const kept = [...nearest(waits)].slice(0, most).sort((a, b) => a - b);
  const indexes = new Map(kept.map((index, place) => [index, place]));
  return kept.map((index) => {
    const wait = waits[index] as OpenWait;
    const owners = wait.owners.map((owner) =>
      owner.stoppedBy === undefined
        ? owner
        : { ...owner, stoppedBy: owner.stoppedBy.flatMap((other) => indexes.get(other) ?? []) },
    );
    return { ...wait, owners };
  });
}

/** Indexes of the waits from the causes outwards; those of circles, which have none, come last. */
function nearest(waits: readonly OpenWait[]): ReadonlySet<number> {
  const stopsOf = (index: number): readonly number[] =>
    (waits[index] as OpenWait).owners.flatMap(({ stoppedBy = [] }) => stoppedBy);
  const all = [...waits.keys()];
  const causes = all.filter((index) => stopsOf(index).length === 0);
  return new Set([...new Dependents(all, stopsOf).behind(causes), ...all]);
}
