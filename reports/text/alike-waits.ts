import type { OpenWait } from '../../src/core/finding.ts';
import { placeOf, siteText } from './frames.ts';
import { contextLetter } from './names.ts';

/** A server that hangs has a wait for each of its requests. The first of those that read the same say it all. */
const MAX_ALIKE = 3;

/** A wait that a report shows. */
export interface ShownWait {
  readonly wait: OpenWait;
  /** Its place among all of them, which its letter comes from. */
  readonly index: number;
  /** How many others that read like this one are left out behind it. */
  readonly more: number;
}

/** All open waits, but of many that differ only in their age the first ones. Those that others wait behind are shown in any case. */
export function shownWaits(waits: readonly OpenWait[]): readonly ShownWait[] {
  const named = new Set(waits.flatMap(({ owners }) => owners.flatMap(({ stoppedBy = [] }) => stoppedBy)));
  const texts = waits.map((wait, index) => (named.has(index) ? `${index}` : textOf(wait)));
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  const met = new Map<string, number>();
  return waits.flatMap((wait, index) => {
    const text = texts[index] ?? '';
    const before = met.get(text) ?? 0;
    met.set(text, before + 1);
    if (before >= MAX_ALIKE) return [];
    const more = before === MAX_ALIKE - 1 ? (counts.get(text) ?? 0) - MAX_ALIKE : 0;
    return [{ wait, index, more }];
  });
}

/** `and 97 more like context C`; nothing where none is left out. */
export function leftOutLines({ index, more }: ShownWait): readonly string[] {
  return more === 0 ? [] : [`and ${more} more like context ${contextLetter(index)}`];
}

function textOf({ contextName, label, className, objectLabel, stack, owners }: OpenWait): string {
  const owed = owners.map((owner) => [owner.contextName, owner.startLabel, siteOf(owner.stack), owner.stoppedBy]);
  return JSON.stringify([contextName, label, className, objectLabel, siteOf(stack), owed]);
}

function siteOf(stack: OpenWait['stack']): string | null {
  const place = placeOf(stack);
  return place === null ? null : siteText(place);
}
