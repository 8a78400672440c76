import type { Session } from '../src/core/session.ts';
import type { QueuedCircles } from '../src/tracker/queued-circles.ts';
import type { Step } from '../src/tracker/stuck-waits.ts';
import type { WaitsFor } from '../src/tracker/waits-for.ts';

/** What has stood in a queue for so long, in milliseconds, may be in a circle. */
const OLD_MS = 2_000;
/** Looks after which the same is asked again; twice as many each time, up to a minute. */
const PATIENCE = 8;
const MAX_PATIENCE = 240;

/**
 * Tells of deadlocks among those who ask with a callback: nobody is known to sleep then, so it takes a look at the heap to know that
 * whoever has asked can go on in no other way.
 */
export class QueuedSuspicion {
  readonly #session: Session;
  readonly #waitsFor: WaitsFor;
  readonly #judge: (circles: QueuedCircles) => readonly Step[];
  #now = 0;
  #asksAt = 0;
  #patience = PATIENCE;

  /** @param judge which of the waits certainly keep what is held from being given back; asked seldom, for it is dear */
  constructor(session: Session, waitsFor: WaitsFor, judge: (circles: QueuedCircles) => readonly Step[]) {
    this.#session = session;
    this.#waitsFor = waitsFor;
    this.#judge = judge;
  }

  /** To be called every fraction of a second. */
  look(): void {
    if (++this.#now < this.#asksAt) return;
    const circles = this.#waitsFor.queuedCircles((wait) => (this.#session.ageOf(wait) ?? 0) >= OLD_MS);
    if (circles.steps().length === 0) return;
    this.#asksAt = this.#now + this.#patience;
    this.#patience = Math.min(2 * this.#patience, MAX_PATIENCE);
    this.#waitsFor.keep(this.#judge(circles));
  }
}
