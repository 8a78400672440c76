import type { Context } from '../core/context.ts';
import type { EventContext } from '../core/event-context.ts';
import type { FilterReason } from '../core/finding.ts';
import type { Histories } from '../core/history.ts';
import { NEVER, type ObjectId, PENDING } from '../core/ids.ts';
import type { Wait } from '../core/wait.ts';
import type { ContextOrder, Known } from './order.ts';
import { inBoth, isLimit, isSameLimit, isSameShare, type Limit, limitOf, type Share, shareOf } from './pool-shares.ts';

/** A lock, or a limit on tasks, held around a dependency by the context that made it. */
export interface Gate extends Limit {
  readonly shared: boolean;
}

/** When an exact context made a dependency. */
interface Ordered {
  readonly context: Context;
  /** When that was over; never, as far as is known, where several sightings are told of in one. */
  readonly held: EventContext | null;
  /** What the context knew to be over. */
  readonly known: Known;
}

/** One observation of a dependency, or several in one: under which gates, and when. */
export interface Sighting {
  readonly gates: readonly Gate[];
  /** What the context had of a pool; null for any other dependency. */
  readonly share: Share | null;
  /** Null where nothing orders it: outside of exact contexts. */
  readonly order: Ordered | null;
}

/** Why two sightings can never be under way at the same time. */
export interface Exclusion {
  readonly reason: FilterReason;
  readonly because: string;
}

/** What else was held around `wait` while `held` was owed. Of a wait that only overlaps its event context it is not known. */
export function holdsAround(held: EventContext | null, wait: Wait, histories: Histories): readonly EventContext[] {
  const holds: EventContext[] = [];
  if (held === null) return holds;
  heldDuring(wait, histories, (other) => {
    if (other !== held && other.begin < wait.begin && other.endsAfter(wait.begin)) holds.push(other);
  });
  return holds;
}

/** What was around when `context` waited while `held` was owed. @param holds what else it held then */
export function sightingOf(
  context: Context,
  held: EventContext | null,
  holds: readonly EventContext[],
  order: ContextOrder,
): Sighting {
  const gates = holds
    .filter((other) => isGate(other) && other.object !== held?.object)
    .map((other): Gate => ({ ...limitOf(other), shared: other.how.mode === 'read' }));
  const share = held === null ? null : shareOf(held, holds);
  return { gates, share, order: context.exact ? { context, held, known: order.snapshot(context) } : null };
}

/** A pool lets some in together, and keeps out who comes after them; whoever owes an event keeps nobody out. */
function isGate(held: EventContext): boolean {
  return held.object.key.capacity === 1 ? !held.how.sleeps : isLimit(held);
}

/** True where whoever waited had this one behind him: he held it, or did it for its holder. */
export function isHeldAround(held: EventContext, wait: Wait, histories: Histories): boolean {
  let isBehind = false;
  heldDuring(wait, histories, (other) => {
    isBehind ||= other === held;
  });
  return isBehind;
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
export function isUnconditional({ gates, share, order }: Sighting): boolean {
  return gates.length === 0 && order === null && (share?.within ?? []).length === 0;
}

/** For the filters the two are one. */
export function isAlike(a: Sighting, b: Sighting): boolean {
  if (a.order?.context !== b.order?.context || a.order?.held !== b.order?.held) return false;
  if (a.gates.length !== b.gates.length || !isSameShare(a.share, b.share)) return false;
  return a.gates.every((gate) => b.gates.some((other) => isSame(gate, other)));
}

/** What all of them have in common, as one sighting. */
export function inCommon(sightings: readonly [Sighting, ...Sighting[]]): Sighting {
  const [{ gates, order }, ...others] = sightings;
  const context = order?.context ?? null;
  return {
    gates: gates.filter((gate) => others.every((each) => each.gates.some((other) => isSame(gate, other)))),
    share: sightings.map((each) => each.share).reduce((a, b) => (a === null || b === null ? null : inBoth(a, b))),
    order:
      context !== null && others.every((each) => each.order?.context === context)
        ? { context, held: null, known: new Map() }
        : null,
  };
}

function isSame(a: Gate, b: Gate): boolean {
  return isSameLimit(a, b) && a.shared === b.shared;
}

/**
 * Why `a` and `b` cannot overlap in time, or null when they can. `isAlone` tells a context of which only one exists, `isSplit` a
 * gate of which one holder has had both under way.
 */
export function exclusion(
  a: Sighting,
  b: Sighting,
  isAlone: (context: Context) => boolean,
  isSplit: (gate: ObjectId) => boolean,
): Exclusion | null {
  for (const { object, label, most, shared } of a.gates) {
    const other = b.gates.find((candidate) => candidate.object === object);
    if (other === undefined || (shared && other.shared) || isSplit(object)) continue;
    if (Math.max(most, other.most) > 1) continue;
    return { reason: 'gate-lock', because: label };
  }
  if (a.order === null || b.order === null) return null;
  const [first, second] = [a.order.context, b.order.context];
  if (first.id === second.id) return isAlone(first) ? { reason: 'single-context', because: first.name } : null;
  if (before(a.order, b.order)) return { reason: 'happens-before', because: `${first.name} before ${second.name}` };
  if (before(b.order, a.order)) return { reason: 'happens-before', because: `${second.name} before ${first.name}` };
  return null;
}

/** `first` was over before `second` began, and `second` knew it. */
function before(first: Ordered, second: Ordered): boolean {
  const over = first.held?.end ?? PENDING;
  return over <= (second.known.get(first.context.id) ?? NEVER);
}
