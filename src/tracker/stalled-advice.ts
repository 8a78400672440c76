import type { OpenWait } from '../core/finding.ts';
import { inWords } from '../core/in-words.ts';

const LOST_EVENT =
  'Find the code that should have triggered the event: an early return or a thrown error often skips it.';

/** What to do about waits that nobody has answered: where it began. O(waits + owners). */
export function stalledAdvice(waits: readonly OpenWait[]): string {
  const circle = circleAmong(waits);
  return circle === null ? (ownerAdvice(waits) ?? LOST_EVENT) : circleAdvice(circle);
}

/** Somebody owes what is waited for, and no wait that is seen keeps him from it. */
function ownerAdvice(waits: readonly OpenWait[]): string | null {
  for (const { owners, objectLabel } of waits) {
    const free = owners.find(({ stoppedBy = [] }) => stoppedBy.length === 0);
    if (free === undefined) continue;
    return `Look at ${free.contextName}, which has ${objectLabel} since [S]: it waits for something that dept does not see, or an early return or a thrown error has skipped what ends that.`;
  }
  return null;
}

/** Whoever owes one of these waits for another one. */
function circleAdvice(circle: readonly OpenWait[]): string {
  const names = [...new Set(circle.map(({ objectLabel }) => objectLabel))].sort();
  return names.length === 1
    ? `Who has ${inWords(names)} waits for it: do not ask for it again there, or hand down what is held.`
    : `Who has one of ${inWords(names)} waits for another one: take them in one order everywhere, or release the first before asking for the next.`;
}

function circleAmong(waits: readonly OpenWait[]): readonly OpenWait[] | null {
  const done = new Set<number>();
  for (let begin = 0; begin < waits.length; begin++) {
    const path: number[] = [];
    for (let at: number | undefined = begin; at !== undefined && !done.has(at); at = stopOf(waits[at] as OpenWait)) {
      const met = path.indexOf(at);
      if (met >= 0) return path.slice(met).map((index) => waits[index] as OpenWait);
      path.push(at);
    }
    for (const index of path) done.add(index);
  }
  return null;
}

/** What keeps whoever owes this from it, if nobody who owes it is free. */
function stopOf({ owners }: OpenWait): number | undefined {
  const areStopped = owners.every(({ stoppedBy = [] }) => stoppedBy.length > 0);
  return areStopped ? owners[0]?.stoppedBy?.[0] : undefined;
}
