import type { EventContext } from '../core/event-context.ts';
import type { ObjectId } from '../core/ids.ts';
import type { Wait } from '../core/wait.ts';

/** What lets only so many at a time do what it is held around: a lock, or a limit on tasks. */
export interface Limit {
  readonly object: ObjectId;
  readonly label: string;
  readonly most: number;
}

/** A pool that is asked for more by who has some of it. */
export interface Refill {
  readonly holds: number;
  readonly asks: number;
  /** Held all the time. */
  readonly within: readonly Limit[];
}

/** What `wait` is, that began while `held` and these were held; null where it asks for something else, or for a lock. */
export function refillOf(held: EventContext, wait: Wait, holds: readonly EventContext[]): Refill | null {
  const { object } = held;
  if (object !== wait.object || object.key.capacity < 2) return null;
  const own = holds.filter((other) => other.object === object);
  const limits = holds.filter((other) => other.object !== object && other.begin < held.begin && isLimit(other));
  return {
    holds: [held, ...own].reduce((sum, each) => sum + permitsOf(each), 0),
    asks: permitsOf(wait),
    within: limits.map((other) => ({
      object: other.object.id,
      label: other.object.label,
      most: Math.floor(other.object.key.capacity / permitsOf(other)),
    })),
  };
}

function permitsOf({ more }: EventContext | Wait): number {
  return more?.permits ?? 1;
}

/** So many at a time have it, and no more. */
function isLimit({ object, how }: EventContext): boolean {
  return !how.sleeps && how.mode !== 'read' && !object.permitsAdded;
}

/** The most that any of them held and asked for, within what all of them are in. Null where one of them is something else. */
export function mostOf(refills: readonly (Refill | null)[]): Refill | null {
  const [first, ...others] = refills.filter((refill) => refill !== null);
  if (first === undefined || others.length + 1 < refills.length) return null;
  return {
    holds: Math.max(first.holds, ...others.map(({ holds }) => holds)),
    asks: Math.max(first.asks, ...others.map(({ asks }) => asks)),
    within: first.within.filter((limit) =>
      others.every((each) => each.within.some((other) => isSameLimit(limit, other))),
    ),
  };
}

/**
 * What keeps a pool from running dry whose holders ask it for more: so few do so at a time that all of them get it, whoever else
 * has some of it gives that back. Null when nothing does. @param isSplit what has let one holder do so several times at once
 */
export function limitOf(
  refills: readonly (Refill | null)[],
  capacity: number,
  isSplit: (object: ObjectId) => boolean,
): Limit | null {
  const refill = mostOf(refills);
  const isEnough = ({ object, most }: Limit, { holds, asks }: Refill): boolean =>
    most * holds + asks <= capacity && !isSplit(object);
  return refill?.within.find((limit) => isEnough(limit, refill)) ?? null;
}

/** For the filters the two are one. */
export function isSameRefill(a: Refill | null, b: Refill | null): boolean {
  if (a === null || b === null) return a === b;
  if (a.holds !== b.holds || a.asks !== b.asks || a.within.length !== b.within.length) return false;
  return a.within.every((limit) => b.within.some((other) => isSameLimit(limit, other)));
}

function isSameLimit(a: Limit, b: Limit): boolean {
  return a.object === b.object && a.most === b.most;
}
