import type { EventContext } from '../core/event-context.ts';
import type { ObjectId, Tick } from '../core/ids.ts';

/** What was done under a hold: a dependency, and when it began. */
interface Done {
  readonly edge: number;
  readonly begin: Tick;
}

/** What is remembered of one hold, the newest of each dependency. */
const MAX_DONE = 16;

/** Pairs remembered; a lock that is made anew for each request has its own each time, and the oldest are forgotten. */
const MAX_PAIRS = 65_536;

/**
 * Dependencies that were under way at the same time under one and the same hold. A lock keeps others out; it does not keep
 * apart what its own holder has started side by side.
 */
export class Forks {
  readonly #done = new WeakMap<EventContext, Done[]>();
  readonly #pairs = new Set<string>();

  /**
   * This dependency, which began then, is over; `isBehind` tells what the code that runs now has behind it.
   * @returns true when it was not known to be under way beside one of the others
   */
  note(hold: EventContext, edge: number, begin: Tick, isBehind: (begin: Tick) => boolean): boolean {
    const done = this.#done.get(hold) ?? [];
    let isNew = false;
    for (const other of done) {
      if (isBehind(other.begin)) continue;
      const pair = pairOf(hold.object.id, edge, other.edge);
      if (this.#pairs.has(pair)) continue;
      if (this.#pairs.size >= MAX_PAIRS) this.#pairs.delete(this.#pairs.values().next().value ?? '');
      this.#pairs.add(pair);
      isNew = true;
    }
    this.#done.set(hold, [...done.filter((other) => other.edge !== edge), { edge, begin }].slice(-MAX_DONE));
    return isNew;
  }

  /** True when a holder of the object has had both of them under way at the same time. */
  areTogether(object: ObjectId, left: number, right: number): boolean {
    return this.#pairs.has(pairOf(object, left, right));
  }
}

function pairOf(object: ObjectId, left: number, right: number): string {
  return left < right ? `${object} ${left} ${right}` : `${object} ${right} ${left}`;
}
