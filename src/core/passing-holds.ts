import type { Context } from './context.ts';
import type { EventContext } from './event-context.ts';
import type { Histories } from './history.ts';
import type { Tick } from './ids.ts';
import type { Nest, Nests } from './nest.ts';
import type { TrackedObject } from './tracked-object.ts';
import type { How } from './vocabulary.ts';

/** What has been learnt so far. */
export interface Known {
  /** How often something of what was known has become open again. */
  readonly reopened: number;
}

/**
 * Holds that have passed before in the same nest and taught nothing: a free lock is taken, and given back before anything
 * else happens. Such a hold is on its object like any other, but it takes no tick, keeps no history and nobody is told, until
 * something happens beside it: then it, and what it lies in, begins for all to see. To take and to end one allocates nothing
 * and costs a few comparisons.
 */
export class PassingHolds {
  readonly #histories: Histories;
  readonly #known: Known;
  readonly #none: Nest;
  /** The nest of those that are open now. */
  #open: Nest;

  constructor(histories: Histories, nests: Nests, known: Known) {
    this.#histories = histories;
    this.#known = known;
    this.#none = nests.root;
    this.#open = nests.root;
  }

  /** True while none is open. */
  get isEmpty(): boolean {
    return this.#open === this.#none;
  }

  /** The hold that begins now; null where it is to be recorded. @param at the last tick that was given out */
  take(object: TrackedObject, how: How, context: Context, at: Tick): EventContext | null {
    // What is yet to be learnt of its class needs a stack.
    if (this.#histories.active || object.key.captures > 0 || object.destroyed) return null;
    const nest = this.#open.with(object, how);
    const held = nest?.passing ?? null;
    if (nest === null || held === null || held.context !== context) return null;
    if (held.object !== object) held.object = object;
    held.at = at;
    held.end = null;
    object.addHolder(held);
    this.#open = nest;
    return held;
  }

  /** @returns false where its end is to be recorded */
  end(held: EventContext): boolean {
    const nest = this.#open;
    if (nest.passing !== held || !this.#teachesNothing(nest)) return false;
    held.end = held.at;
    held.object.removeHolder(held);
    this.#open = nest.outer ?? this.#none;
    return true;
  }

  /** It has ended and taught nothing: the next one that begins as it did, in the same nest, may pass. So may those around it. */
  admit({ nest, context }: EventContext): void {
    if (nest === null || nest.passing !== null || !this.#teachesNothing(nest)) return;
    for (let each: Nest | null = nest; each !== null; each = each.outer) each.passing ??= each.anotherHold(context);
  }

  /** Something happens: no hold that is open now passes. @returns them, the oldest first */
  record(): readonly EventContext[] {
    const all: EventContext[] = [];
    for (let nest: Nest | null = this.#open; nest !== null; nest = nest.outer) {
      if (nest.passing !== null) all.push(nest.passing);
      nest.passing = null;
    }
    this.#open = this.#none;
    return all.reverse();
  }

  /** Its innermost hold does not by ending before the others. */
  #teachesNothing({ depth, knownAt }: Nest): boolean {
    return depth === 0 || knownAt === this.#known.reopened;
  }
}
