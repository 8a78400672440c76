import type { Dependency } from '../core/dependency.ts';
import type { EventContext } from '../core/event-context.ts';
import type { ClassId } from '../core/ids.ts';
import type { Session } from '../core/session.ts';
import { EventPlaces } from './event-places.ts';
import { dependencyFrom, type Observation } from './observation.ts';
import type { ContextOrder } from './order.ts';
import type { Policy } from './policy.ts';
import { isUnconditional, type Sighting, sightingOf } from './sighting.ts';

/** What is kept of an observation: the evidence of a new dependency, and what was around it each time. */
export class Evidence {
  readonly #session: Session;
  readonly #policy: Policy;
  readonly #order: ContextOrder;
  readonly #eventPlaces: EventPlaces = new EventPlaces();

  constructor(session: Session, policy: Policy, order: ContextOrder) {
    this.#session = session;
    this.#policy = policy;
    this.#order = order;
  }

  /** The evidence of a new dependency. Stacks of here and now are exact, so they are taken now. */
  describe(seen: Observation, owed: ClassId, awaited: ClassId): Dependency {
    const { classes, limits, stackBudget } = this.#session;
    const here = this.#session.capture();
    if (seen.rule === 'release') seen.held?.endsAt(here);
    if (seen.rule === 'wait') seen.wait.stack = here;
    const event = seen.event === null ? null : { ...seen.event, stack: here };
    for (const key of [seen.held?.object.key, seen.wait.object.key]) {
      if (key !== undefined) stackBudget.grant(key, limits.maxStacksPerClass >> 2);
    }
    const dependency = dependencyFrom({ ...seen, event }, classes.get(owed), classes.get(awaited), this.#eventPlaces);
    return seen.rule === 'release' ? { ...dependency, event: { ...dependency.event, stack: here } } : dependency;
  }

  /** @param holds what was held around it @returns null where nothing can exclude it */
  sighting({ context, held }: Observation, holds: readonly EventContext[]): Sighting | null {
    if (!this.#policy.filters) return null;
    const sighting = sightingOf(context, held, holds, this.#order);
    return isUnconditional(sighting) ? null : sighting;
  }
}
