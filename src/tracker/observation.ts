import type { EventClass } from '../core/classes.ts';
import type { Context } from '../core/context.ts';
import type { ContextName, Dependency, InstancePair, Place, Rule } from '../core/dependency.ts';
import type { EventContext } from '../core/event-context.ts';
import type { IrqType } from '../core/irq.ts';
import type { Stack } from '../core/stack.ts';
import type { TrackedObject } from '../core/tracked-object.ts';
import type { How } from '../core/vocabulary.ts';
import type { Wait } from '../core/wait.ts';
import { EventPlaces } from './event-places.ts';

/** What was seen when a dependency showed itself; turned into a `Dependency` only when it is new. */
export interface Observation {
  readonly rule: Rule;
  readonly context: Context;
  /** The event context that was open, or null when its start is only known as a request. */
  readonly held: EventContext | null;
  readonly wait: Wait;
  /** The event that was triggered, for rules that act at the event. */
  readonly event: { readonly object: TrackedObject; readonly how: How; readonly stack: Stack | null } | null;
}

const contextNames = new WeakMap<Context, ContextName>();

/** The name of a context, one object for all its dependencies. */
export function contextName(context: Context): ContextName {
  const known = contextNames.get(context);
  if (known !== undefined) return known;
  const name = { id: context.id, name: context.name, kind: context.kind };
  contextNames.set(context, name);
  return name;
}

const NO_IRQS: readonly IrqType[] = Object.freeze([]);

/** Copies everything a report needs out of the live records. @param places shared with the other dependencies that stay */
export function dependencyFrom(
  seen: Observation,
  from: EventClass,
  to: EventClass,
  places: EventPlaces = new EventPlaces(),
): Dependency {
  const { held, wait, event } = seen;
  const fromObject = held?.object ?? event?.object ?? wait.object;
  const start: Place = { label: held?.how.startLabel ?? null, class: from, stack: held?.stack ?? null };
  const waited: Place = { label: wait.how.waitLabel, class: to, stack: wait.stack };
  const eventLabel = event?.how.eventLabel ?? held?.how.eventLabel ?? null;
  return {
    from,
    to,
    rule: seen.rule,
    context: contextName(seen.context),
    start,
    wait: waited,
    event: places.of(eventLabel, from, event?.stack ?? null),
    waker: held === null ? (fromObject.requestedBy?.stack ?? null) : null,
    timed: wait.timed,
    irqs: NO_IRQS,
    instances: instancePair(fromObject, wait.object),
    at: wait.begin,
  };
}

/** Null where the instances say nothing that their classes do not say. */
function instancePair(from: TrackedObject, to: TrackedObject): InstancePair | null {
  const isPlain = from.label === from.key.name && to.label === to.key.name;
  if (isPlain && from.key !== to.key) return null;
  return { from: from.id, fromLabel: from.label, to: to.id, toLabel: to.label };
}
