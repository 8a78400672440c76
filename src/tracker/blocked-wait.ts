import type { EventClass } from '../core/classes.ts';
import type { Dependency } from '../core/dependency.ts';
import type { EventContext } from '../core/event-context.ts';
import type { Session } from '../core/session.ts';
import type { EventBit } from '../core/tracked-object.ts';
import type { Wait } from '../core/wait.ts';
import { awaitedBits, owedBit, WRITE_BIT } from './event-bits.ts';
import { dependencyFrom } from './observation.ts';
import { DEPT_POLICY } from './policy.ts';
import type { Step } from './stuck-waits.ts';

/**
 * Who has to end an event context before this wait can go on. A reader passes readers; and who has taken from what counts events
 * does not owe the next one, which anybody may give.
 */
export function holdersInTheWay(wait: Wait, session: Session): readonly EventContext[] {
  if (wait.object.countsEvents) return [];
  const bits = awaitedBits(wait.object.key, wait.how, DEPT_POLICY);
  return session.holders(wait.object).filter((held) => bits.includes(owedBit(held.object.key, held.how, DEPT_POLICY)));
}

/** The class of what it waits for: the event that the first in its way owes. */
export function awaitedClass(wait: Wait, session: Session): EventClass {
  const blocking = holdersInTheWay(wait, session)[0];
  return session.classes.get(wait.object.classOf(blocking === undefined ? WRITE_BIT : bitOf(blocking)));
}

/** A step of a circle of blocked waits, as the dependency that it is. */
export function dependencyOf({ wait, held }: Step, session: Session): Dependency {
  const from = session.classes.get(held.object.classOf(bitOf(held)));
  const seen = { rule: 'wait', context: wait.context, held, wait, event: null } as const;
  return dependencyFrom(seen, from, awaitedClass(wait, session));
}

function bitOf({ object, how }: EventContext): EventBit {
  return owedBit(object.key, how, DEPT_POLICY);
}
