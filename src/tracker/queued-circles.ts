import type { EventContext } from '../core/event-context.ts';
import type { History } from '../core/history.ts';
import { NEVER } from '../core/ids.ts';
import type { Session } from '../core/session.ts';
import type { TrackedObject } from '../core/tracked-object.ts';
import type { Wait } from '../core/wait.ts';
import { type BlockedWaits, type Step, stuckBehind } from './stuck-waits.ts';

/** Waits in queues that are looked at, of those that were asked for by who had something behind him. */
const MAX_WAITS = 1_000;

/**
 * The waits that are stuck if whoever has asked for something with a callback ends what he holds only when that is called. He may do
 * so before, or elsewhere: who can tell says which of the holders go on.
 */
export class QueuedCircles {
  /** Of the queued waits that may keep an event context from ending one for each object: the others stand in the same line. */
  readonly #keptBy = new Map<EventContext, Map<TrackedObject, Wait>>();
  readonly #roots = new Set<Wait>();
  readonly #goingOn = new Set<EventContext>();
  readonly #session: Session;
  readonly #graph: BlockedWaits;

  /** @param isOld what has not waited for so long is not looked at */
  constructor(session: Session, view: BlockedWaits, isOld: (wait: Wait) => boolean) {
    this.#session = session;
    this.#graph = {
      ...view,
      stoppedBy: (held) => {
        const queued = this.#keptBy.get(held)?.values() ?? [];
        return this.#goingOn.has(held) ? [] : [...view.stoppedBy(held), ...queued];
      },
    };
    let [looked, last]: [number, History | null] = [0, null];
    for (const wait of session.sleeping) {
      if (!wait.isQueued || wait.timed || wait.history === null || !isOld(wait)) continue;
      // Those that were asked for at once share it.
      if (wait.history !== last) this.#addAsked(wait, wait.history);
      last = wait.history;
      if (++looked >= MAX_WAITS) break;
    }
  }

  /** This holder ends what he holds by himself, or may. */
  goesOn(held: EventContext): void {
    this.#goingOn.add(held);
  }

  /** The waits that are stuck, with who is in the way of each. */
  steps(): readonly Step[] {
    const circles = stuckBehind([...this.#roots], this.#roots, this.#graph);
    if (circles.size === 0) return [];
    const stuck = stuckBehind([...this.#session.sleeping], circles, this.#graph);
    return [...stuck].flatMap((wait) => this.#graph.holdersInTheWay(wait).map((held) => ({ wait, held })));
  }

  #addAsked(wait: Wait, history: History): void {
    this.#session.histories.each(history, NEVER, ({ held }) => {
      if (held === null || !held.open) return;
      this.#roots.add(wait);
      const known = this.#keptBy.get(held) ?? new Map<TrackedObject, Wait>();
      this.#keptBy.set(held, known);
      if (!known.has(wait.object)) known.set(wait.object, wait);
    });
  }
}
