import type { EventContext } from '../core/event-context.ts';
import type { Wait } from '../core/wait.ts';

/** One step of a circle of contexts that are blocked now: a blocked wait, and the event context its owner cannot end. */
export interface Step {
  readonly wait: Wait;
  readonly held: EventContext;
}

/** What the search asks of the waits-for graph. */
export interface BlockedWaits {
  /** True for a wait that a timeout ends, or that nobody sleeps for any more. */
  goesOnByItself(wait: Wait): boolean;
  /** Who has to end an event context before the wait can go on. */
  holdersInTheWay(wait: Wait): readonly EventContext[];
  /** The blocked waits that keep an event context from ending. */
  stoppedBy(held: EventContext): Iterable<Wait>;
  /** True where whoever waits is hardly the holder, but has met him. */
  hasOnlyMet?(wait: Wait, held: EventContext): boolean;
}

/** A blocked wait, who is in its way, and what stops each of them. */
interface Place {
  readonly wait: Wait;
  readonly ways: readonly { readonly held: EventContext; readonly blockers: readonly Place[] }[];
  readonly dependents: Place[];
  goesOn: boolean;
}

/**
 * The circle of blocked waits that `root` closes, `root` first and in reading order; null when it can still go on or
 * has only run into a circle that was closed before.
 *
 * Everything blocked that `root` can lead to is taken as stuck first; then whatever can go on is taken out until nothing
 * changes (the greatest fixpoint: assuming along one path alone calls waits stuck that a later branch sets free).
 * Each blocked wait is looked at once, and again only when one of those it depends on goes on.
 */
export function circleOfStuck(root: Wait, graph: BlockedWaits): readonly Step[] | null {
  const [first] = settled([root], graph) as [Place];
  if (first.goesOn) return null;
  const [apart] = settled([root], withoutMet(graph)) as [Place];
  return circleThrough(apart.goesOn ? first : apart);
}

/** Where enough stops the holders without those who have met them, these are in a circle of others, or behind it. */
function withoutMet(graph: BlockedWaits): BlockedWaits {
  return {
    ...graph,
    stoppedBy: (held) => [...graph.stoppedBy(held)].filter((wait) => graph.hasOnlyMet?.(wait, held) !== true),
  };
}

/**
 * Those of `waits` that cannot go on and lead to one of `ends` over waits that cannot either: who waits behind a circle,
 * and who is stuck in it beside the shortest way round. Linear in what the waits lead to.
 */
export function stuckBehind(waits: readonly Wait[], ends: ReadonlySet<Wait>, graph: BlockedWaits): ReadonlySet<Wait> {
  const all = settled(waits, graph).filter((place) => !place.goesOn);
  const behind = new Set(all.filter(({ wait }) => ends.has(wait)));
  for (const { dependents } of behind) for (const place of dependents) if (!place.goesOn) behind.add(place);
  const found = new Set([...behind].map(({ wait }) => wait));
  return new Set(waits.filter((wait) => found.has(wait)));
}

/** Every blocked wait that `roots` lead to, the roots first, each with the answer whether it can go on. */
function settled(roots: readonly Wait[], graph: BlockedWaits): readonly Place[] {
  const all = reachable(roots, graph);
  const free = all.filter((place) => !isStuck(place));
  for (const place of free) place.goesOn = true;
  for (let place = free.pop(); place !== undefined; place = free.pop()) {
    for (const dependent of place.dependents) {
      if (dependent.goesOn || isStuck(dependent)) continue;
      dependent.goesOn = true;
      free.push(dependent);
    }
  }
  return all;
}

function reachable(roots: readonly Wait[], graph: BlockedWaits): readonly Place[] {
  const known = new Map<Wait, Place>();
  const all: Place[] = [];
  const placeOf = (wait: Wait): Place => {
    const met = known.get(wait);
    if (met !== undefined) return met;
    const place: Place = { wait, ways: [], dependents: [], goesOn: false };
    known.set(wait, place);
    all.push(place);
    return place;
  };
  for (const root of roots) placeOf(root);
  for (const place of all) {
    if (graph.goesOnByItself(place.wait)) continue;
    const ways = graph.holdersInTheWay(place.wait).map((held) => ({
      held,
      blockers: [...graph.stoppedBy(held)].map(placeOf),
    }));
    Object.assign(place, { ways });
    for (const { blockers } of ways) for (const blocker of blockers) blocker.dependents.push(place);
  }
  return all;
}

/**
 * Who of those in the way must be stuck: one holder is enough for a lock, anybody who runs may trigger an event without
 * an owner, and a pool is stuck when the permits that can still come back are too few.
 */
function isStuck({ wait, ways }: Place): boolean {
  if (ways.length === 0) return false;
  const stopped = ways.filter(isStopped);
  const { capacity } = wait.object.key;
  if (capacity > 1) {
    const lost = stopped.reduce((sum, { held }) => sum + (held.more?.permits ?? 1), 0);
    return capacity - lost < (wait.more?.permits ?? 1);
  }
  return ways.every(({ held }) => held.how.sleeps) ? stopped.length === ways.length : stopped.length > 0;
}

function isStopped({ blockers }: Place['ways'][number]): boolean {
  return blockers.some((blocker) => !blocker.goesOn);
}

/**
 * The shortest way over stuck waits from `first` back to itself. Null when there is none: then it has only run into a
 * circle that was closed before.
 */
function circleThrough(first: Place): readonly Step[] | null {
  const cameBy = new Map<Place, { readonly from: Place; readonly step: Step }>();
  const open = [first];
  for (const from of open) {
    for (const { held, blockers } of from.ways) {
      for (const place of blockers) {
        if (place.goesOn || cameBy.has(place)) continue;
        cameBy.set(place, { from, step: { wait: place.wait, held } });
        if (place === first) return stepsBack(first, cameBy);
        open.push(place);
      }
    }
  }
  return null;
}

function stepsBack(
  first: Place,
  cameBy: ReadonlyMap<Place, { readonly from: Place; readonly step: Step }>,
): readonly Step[] {
  const steps: Step[] = [];
  let place = first;
  do {
    const { from, step } = cameBy.get(place) as { from: Place; step: Step };
    steps.push(step);
    place = from;
  } while (place !== first);
  return steps;
}
