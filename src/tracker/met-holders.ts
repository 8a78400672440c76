import type { EventContext } from '../core/event-context.ts';
import type { Histories } from '../core/history.ts';
import { NEVER } from '../core/ids.ts';
import type { Wait } from '../core/wait.ts';

/** Who keeps what from ending, as far as histories tell. */
export interface Stops {
  stoppedBy(held: EventContext): Iterable<Wait>;
  /** What this wait keeps from ending. */
  owedBy(wait: Wait): ReadonlySet<EventContext>;
}

/**
 * True where whoever waits has only met the holder: at a barrier, or by a message. He holds something that neither of the two took
 * under what the other one has, and somebody else keeps this holder from going on without having that.
 */
export function hasOnlyMet(wait: Wait, held: EventContext, stops: Stops, histories: Histories): boolean {
  const own = [...stops.owedBy(wait)].filter(
    (other) => other !== held && !isUnder(other, held, histories) && !isUnder(held, other, histories),
  );
  if (own.length === 0) return false;
  return [...stops.stoppedBy(held)].some(
    (other) => other !== wait && own.every((each) => !stops.owedBy(other).has(each)),
  );
}

/** It was taken when the other one was behind it. */
function isUnder(inner: EventContext, outer: EventContext, histories: Histories): boolean {
  let isFound = false;
  histories.each(inner.wait?.history ?? null, NEVER, ({ held }) => {
    isFound ||= held === outer;
  });
  return isFound;
}
