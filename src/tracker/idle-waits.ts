import type { EventContext } from '../core/event-context.ts';
import type { Session } from '../core/session.ts';
import { isOfPackage } from '../core/stack.ts';
import type { Wait } from '../core/wait.ts';

/**
 * These waits without those by which a library waits for work, as a worker of a queue does all the time: nobody is known to owe
 * that work, none of the others waits behind it, and the program itself has not asked for it.
 * @param stoppedBy the blocked waits that keep an event context from ending
 */
export function withoutIdle(
  waits: readonly Wait[],
  session: Session,
  stoppedBy: ReadonlyMap<EventContext, ReadonlySet<Wait>>,
): readonly Wait[] {
  const stopping = new Set<Wait>();
  const ownerless: Wait[] = [];
  for (const wait of waits) {
    const holders = session.holders(wait.object);
    if (holders.length === 0) ownerless.push(wait);
    for (const held of holders) for (const other of stoppedBy.get(held) ?? []) stopping.add(other);
  }
  const idle = new Set(ownerless.filter((wait) => !stopping.has(wait) && isOfLibrary(wait)));
  return idle.size === 0 ? waits : waits.filter((wait) => !idle.has(wait));
}

/** One that repeats itself has no stacks left to spend. */
function isOfLibrary({ stack, object }: Wait): boolean {
  return stack === null ? object.key.kind === 'event' : stack.frames.every(isOfPackage);
}
