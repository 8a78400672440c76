import { shortestPath } from '../core/circle-search.ts';
import type { ClassKey } from '../core/classes.ts';
import type { EventContext } from '../core/event-context.ts';
import type { DependencyGraph } from '../core/graph.ts';
import type { ObjectId } from '../core/ids.ts';
import type { Wait } from '../core/wait.ts';

/** What lets only so many at a time do what it is held around: a lock, or a limit on tasks. */
export interface Limit {
  readonly object: ObjectId;
  readonly label: string;
  readonly most: number;
}

/** Objects of one class of which it is remembered that a holder does several things at once; the oldest are forgotten. */
const MAX_SPLIT = 4096;

/** What somebody has of a pool while he waits for something else. */
export interface Share {
  readonly permits: number;
  /** Held all the time. */
  readonly within: readonly Limit[];
}

/** Who has part of a pool and waits, by the dependency that this makes. */
interface Sharing {
  readonly graph: DependencyGraph;
  readonly edge: number;
  readonly share: Share;
}

/** What `held` is to whoever waits now and holds these too; null for a lock. */
export function shareOf(held: EventContext, holds: readonly EventContext[]): Share | null {
  const { object } = held;
  if (object.key.capacity < 2) return null;
  const own = holds.filter((other) => other.object === object);
  const limits = holds.filter((other) => other.object !== object && other.begin < held.begin && isLimit(other));
  return {
    permits: [held, ...own].reduce((sum, each) => sum + permitsOf(each), 0),
    within: limits.map(limitOf),
  };
}

/** As many may have it at a time as there is room for who have as much of it as this one. */
export function limitOf(held: EventContext): Limit {
  const { id, label, key } = held.object;
  return { object: id, label, most: Math.floor(key.capacity / permitsOf(held)) };
}

/** So many at a time have it, and no more. */
export function isLimit({ object, how }: EventContext): boolean {
  return !how.sleeps && how.mode !== 'read' && !object.permitsAdded;
}

export function permitsOf({ more }: EventContext | Wait): number {
  return more?.permits ?? 1;
}

/** What two of them have in common: the larger share, within what both are in. */
export function inBoth(a: Share, b: Share): Share {
  return {
    permits: Math.max(a.permits, b.permits),
    within: a.within.filter((limit) => b.within.some((other) => isSameLimit(limit, other))),
  };
}

export function isSameShare(a: Share | null, b: Share | null): boolean {
  if (a === null || b === null) return a === b;
  const isSameSize = a.permits === b.permits && a.within.length === b.within.length;
  return isSameSize && inBoth(a, b).within.length === a.within.length;
}

export function isSameLimit(a: Limit, b: Limit): boolean {
  return a.object === b.object && a.most === b.most;
}

/**
 * Who has part of a pool and waits, class by class of pools. Where a lock or a limit around all of them lets so few do so that
 * enough is left, the pool never runs dry: everybody else gives back what he has. Who waits for what leads to no circle does so too.
 */
export class PoolShares {
  readonly #sharing = new Map<ClassKey, readonly Sharing[]>();
  /** The most that anybody wanted who had something else. */
  readonly #asked = new Map<ClassKey, number>();
  readonly #split = new Map<ClassKey, Set<ObjectId>>();

  /** Somebody who has this share waits, as the dependency says. @returns true when it was not known that so much is taken so freely */
  note(key: ClassKey, graph: DependencyGraph, edge: number, share: Share): boolean {
    const all = this.#sharing.get(key) ?? [];
    const known = all.find((each) => each.edge === edge && each.graph === graph) ?? null;
    const both = known === null ? share : inBoth(known.share, share);
    if (known !== null && isSameShare(known.share, both)) return false;
    this.#sharing.set(key, [...all.filter((each) => each !== known), { graph, edge, share: both }]);
    return known !== null;
  }

  /** Somebody who has something else wants so many. @returns true when nobody did before */
  asked(key: ClassKey, permits: number): boolean {
    if (permits <= (this.#asked.get(key) ?? 1)) return false;
    this.#asked.set(key, permits);
    return true;
  }

  /** One holder of that object has done several things at once with it. @returns true when that is new */
  split(key: ClassKey, object: ObjectId): boolean {
    const split = this.#split.get(key) ?? new Set();
    this.#split.set(key, split);
    if (split.has(object)) return false;
    const [oldest] = split;
    if (oldest !== undefined && split.size >= MAX_SPLIT) split.delete(oldest);
    split.add(object);
    return true;
  }

  isSplit(key: ClassKey, object: ObjectId): boolean {
    return this.#split.get(key)?.has(object) === true;
  }

  /** What keeps pools of this class from running dry; null when nothing does. Looks for the circles of the dependencies on them. */
  limitOf(key: ClassKey): Limit | null {
    const [first, ...others] = (this.#sharing.get(key) ?? []).filter(isOnCircle).map(({ share }) => share);
    if (first === undefined) return null;
    const { permits, within } = others.reduce(inBoth, first);
    const isEnough = ({ object, most }: Limit): boolean =>
      most * permits + (this.#asked.get(key) ?? 1) <= key.capacity && !this.isSplit(key, object);
    return within.find(isEnough) ?? null;
  }
}

function isOnCircle({ graph, edge }: Sharing): boolean {
  return shortestPath(graph, graph.to(edge), graph.from(edge)) !== null;
}
