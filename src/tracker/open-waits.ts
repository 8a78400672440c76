import { className } from '../core/classes.ts';
import type { EventContext } from '../core/event-context.ts';
import type { OpenWait } from '../core/finding.ts';
import type { Session } from '../core/session.ts';
import type { Stack } from '../core/stack.ts';
import type { TrackedObject } from '../core/tracked-object.ts';
import type { Wait } from '../core/wait.ts';
import { awaitedClass } from './blocked-wait.ts';
import { callerName } from './caller-names.ts';
import { excessLabel, isExcessive } from './excess.ts';

/**
 * Open waits in words, each with those who owe its event.
 * @param stoppedBy the blocked waits that keep an event context from ending
 */
export function describeOpen(
  waits: readonly Wait[],
  session: Session,
  stoppedBy: ReadonlyMap<EventContext, ReadonlySet<Wait>>,
): readonly OpenWait[] {
  const indexes = new Map(waits.map((wait, index) => [wait, index]));
  const held = heldBehind(stoppedBy);
  return waits.map((wait) => ({
    contextName: callerName(wait.context, [wait.stack, ...(held.get(wait) ?? [])]),
    label: wait.how.waitLabel,
    className: className(awaitedClass(wait, session)),
    objectLabel: isExcessive(wait) ? excessLabel(labelOf(wait.object), wait) : labelOf(wait.object),
    stack: wait.stack,
    ageMs: session.ageOf(wait),
    owners: session.holders(wait.object).map((owner) => ({
      contextName: callerName(owner.context, [owner.stack]),
      startLabel: owner.how.startLabel,
      stack: owner.stack,
      stoppedBy: [...(stoppedBy.get(owner) ?? [])].flatMap((other) => indexes.get(other) ?? []),
    })),
  }));
}

/** Where whoever waits took what he holds meanwhile, last first: a wait in a callback without a name is called after that, as in a circle. */
function heldBehind(stoppedBy: ReadonlyMap<EventContext, ReadonlySet<Wait>>): ReadonlyMap<Wait, (Stack | null)[]> {
  const stacks = new Map<Wait, (Stack | null)[]>();
  for (const [{ stack }, waits] of stoppedBy) {
    for (const wait of waits) stacks.set(wait, [stack, ...(stacks.get(wait) ?? [])]);
  }
  return stacks;
}

function labelOf(object: TrackedObject): string {
  return object.label === object.key.name ? object.label : `${object.label} (${object.key.name})`;
}
