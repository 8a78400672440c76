import { className } from '../core/classes.ts';
import type { EventContext } from '../core/event-context.ts';
import type { OpenWait } from '../core/finding.ts';
import type { Session } from '../core/session.ts';
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
  return waits.map((wait) => ({
    contextName: callerName(wait.context, [wait.stack]),
    label: wait.how.waitLabel,
    className: className(awaitedClass(wait, session)),
    objectLabel: isExcessive(wait) ? excessLabel(labelOf(wait.object), wait) : labelOf(wait.object),
    stack: wait.stack,
    ageMs: session.ageOf(wait),
    owners: session.holders(wait.object).map((held) => ({
      contextName: callerName(held.context, [held.stack]),
      startLabel: held.how.startLabel,
      stack: held.stack,
      stoppedBy: [...(stoppedBy.get(held) ?? [])].flatMap((other) => indexes.get(other) ?? []),
    })),
  }));
}

function labelOf(object: TrackedObject): string {
  return object.label === object.key.name ? object.label : `${object.label} (${object.key.name})`;
}
