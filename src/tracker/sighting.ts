import type { Context } from '../core/context.ts';
import type { EventContext } from '../core/event-context.ts';
import type { FilterReason } from '../core/finding.ts';
import type { Histories } from '../core/history.ts';
import { NEVER, type ObjectId, PENDING, type Tick } from '../core/ids.ts';
import type { Wait } from '../core/wait.ts';
import type { ContextOrder, Known } from './order.ts';

/** A lock held around a dependency by the context that made it. */
interface Gate {
  readonly object: ObjectId;
  readonly label: string;
  readonly shared: boolean;
}

/** One observation of a dependency: who made it, under which gates, and what that context knew to be over. */
export interface Sighting {
  readonly context: Context;
  readonly begin: Tick;
  readonly held: EventContext | null;
  readonly known: Known;
  readonly gates: readonly Gate[];
}

/** Why two sightings can never be under way at the same time. */
export interface Exclusion {
  readonly reason: FilterReason;
  readonly because: string;
}

/** What was around when `wait` began in `context` while `held` was owed. */
export function sightingOf(
  context: Context,
  held: EventContext | null,
  wait: Wait,
  order: ContextOrder,
  histories: Histories,
): Sighting {
  const gates: Gate[] = [];
  const add = (other: EventContext): void => {
    const covers = other.begin < wait.begin && other.endsAfter(wait.begin);
    if (other === held || !covers || other.object === held?.object || !isGate(other)) return;
    gates.push({ object: other.object.id, label: other.object.label, shared: other.how.mode === 'read' });
  };
  // Gates of a wait that only overlaps its event context are not known to cover all of it.
  if (held !== null) heldDuring(wait, histories, add);
  const begin = held === null ? wait.begin : held.begin;
  return { context, begin, held, known: context.exact ? order.snapshot(context) : new Map(), gates };
}

/** Several contexts can hold permits of one pool, or owe one event, at the same time: neither keeps anybody out. */
function isGate({ object, how }: EventContext): boolean {
  return object.key.capacity === 1 && !how.sleeps;
}

function heldDuring(wait: Wait, histories: Histories, visit: (held: EventContext) => void): void {
  if (wait.context.exact) {
    wait.context.forEachHeld(visit);
    return;
  }
  // What a caller holds lasts as long as it waits for what is done for it.
  const visitAll = (held: EventContext): void => {
    visit(held);
    if (held.endsAfter(wait.begin)) held.more?.caller?.forEach(visitAll);
  };
  histories.each(wait.history, NEVER, ({ held }) => {
    if (held !== null) visitAll(held);
  });
}

/** True for a sighting that nothing can exclude: later ones of the same dependency need no look. */
export function isUnconditional(sighting: Sighting): boolean {
  return sighting.gates.length === 0 && !sighting.context.exact;
}

/** Why `a` and `b` cannot overlap in time, or null when they can. `isAlone` tells a context of which only one exists. */
export function exclusion(a: Sighting, b: Sighting, isAlone: (context: Context) => boolean): Exclusion | null {
  for (const gate of a.gates) {
    const other = b.gates.find((candidate) => candidate.object === gate.object);
    if (other !== undefined && !(gate.shared && other.shared)) return { reason: 'gate-lock', because: gate.label };
  }
  if (!a.context.exact || !b.context.exact) return null;
  if (a.context.id === b.context.id) {
    return isAlone(a.context) ? { reason: 'single-context', because: a.context.name } : null;
  }
  if (before(a, b)) return { reason: 'happens-before', because: `${a.context.name} before ${b.context.name}` };
  if (before(b, a)) return { reason: 'happens-before', because: `${b.context.name} before ${a.context.name}` };
  return null;
}

/** `first` was over before `second` began, and `second` knew it. */
function before(first: Sighting, second: Sighting): boolean {
  const over = first.held?.end ?? PENDING;
  return over <= (second.known.get(first.context.id) ?? NEVER);
}
