import type { Context } from '../core/context.ts';
import { type ContextId, NEVER, type Tick } from '../core/ids.ts';

/** For each other context, the last of its ticks that is known to lie before this point. */
export type Known = ReadonlyMap<ContextId, Tick>;

const NOTHING: Known = new Map();

/**
 * Happens-before between exact contexts, as far as tracked waits enforce it: who waited for an event comes after
 * everything its trigger had done or knew. Locks order nothing, their order is an accident of the run.
 * One vector per context that ever waited; a merge is linear in the contexts known.
 */
export class ContextOrder {
  readonly #known = new Map<ContextId, Map<ContextId, Tick>>();

  /** `waiter` goes on only because `trigger` had come this far. */
  learn(waiter: Context, trigger: Context, at: Tick): void {
    if (!waiter.exact || !trigger.exact || waiter.id === trigger.id) return;
    let mine = this.#known.get(waiter.id);
    if (mine === undefined) {
      mine = new Map();
      this.#known.set(waiter.id, mine);
    }
    mine.set(trigger.id, at);
    for (const [context, tick] of this.#known.get(trigger.id) ?? NOTHING) {
      if ((mine.get(context) ?? NEVER) < tick) mine.set(context, tick);
    }
  }

  /** What `context` knows now; a copy, because it goes on learning. */
  snapshot(context: Context): Known {
    const known = this.#known.get(context.id);
    return known === undefined ? NOTHING : new Map(known);
  }

  forget(context: Context): void {
    this.#known.delete(context.id);
  }
}
