import type { EventContext } from '../../src/core/event-context.ts';
import type { Session } from '../../src/core/session.ts';
import type { Wait } from '../../src/core/wait.ts';
import { isLeftBehind } from '../../src/tracker/stalled.ts';
import type { Step } from '../../src/tracker/stuck-waits.ts';
import type { WaitsFor } from '../../src/tracker/waits-for.ts';
import { isLending } from '../holders/lent-parts.ts';
import { CONFIRM_AFTER_MS } from '../suspicion.ts';
import type { StallCheck } from './stall-check.ts';

/** For so long somebody must have waited, and after that as long for the same holds, before the heap is read for them. */
const LONG_MS = 5_000;
/** The same in a process that has done nothing for seconds: in that time nobody took anything or gave it back. */
const LONG_IDLE_MS = 3_000;
/** How often the heap is read for the sake of one hold at most: the first time it may still have had something to answer. */
const READS = 2;
/** Looks between two that count, a second. */
const LOOKS_EACH = 1_000 / CONFIRM_AFTER_MS;

interface InTheWay {
  readonly sinceLook: number;
  reads: number;
}

/**
 * Looks for what was taken and never given back while somebody waits for it, as the connections of a pool that runs dry. The heap has to be
 * read for that, so each time that nothing is found twice as long a time passes before the next one.
 */
export class AbandonmentWatch {
  readonly #session: Session;
  readonly #waitsFor: WaitsFor;
  readonly #stalls: Pick<StallCheck, 'onAbandoned' | 'abandoned'>;
  readonly #inTheWay = new WeakMap<EventContext, InTheWay>();
  #look = 0;
  #patience = (2 * LONG_MS) / CONFIRM_AFTER_MS;
  #readsAtLook = 0;

  constructor(session: Session, waitsFor: WaitsFor, stalls: Pick<StallCheck, 'onAbandoned' | 'abandoned'>) {
    this.#session = session;
    this.#waitsFor = waitsFor;
    this.#stalls = stalls;
  }

  /** To be called every `CONFIRM_AFTER_MS`. @param isIdle the process has done nothing for seconds */
  look(isIdle: boolean): void {
    const longMs = isIdle ? LONG_IDLE_MS : LONG_MS;
    if (++this.#look % LOOKS_EACH !== 0 && !isIdle) return;
    if (!this.#session.sleeping.some((wait) => this.#isLong(wait, longMs))) return;
    const all = this.#stepsOf((wait) => this.#isLong(wait, longMs));
    const steps = isIdle ? all : all.filter(({ held }) => this.#isLongInTheWay(held));
    const unread = steps.filter(({ held }) => this.#placeOf(held).reads < READS);
    if (this.#look < this.#readsAtLook || unread.length === 0) return;
    for (const held of new Set(steps.map((step) => step.held))) this.#placeOf(held).reads++;
    const objects = new Set([...this.#stalls.onAbandoned(steps)].map(({ object }) => object));
    if (objects.size > 0) {
      this.#stalls.abandoned(this.#waitsFor.takeStalled((wait) => !wait.timed && objects.has(wait.object)));
      return;
    }
    this.#patience *= 2;
    this.#readsAtLook = this.#look + this.#patience;
  }

  /** Who is in the way of these; of those who wait for the same the first one stands for all. */
  #stepsOf(isLong: (wait: Wait) => boolean): readonly Step[] {
    const asked = new Set<object>();
    return this.#waitsFor.stepsFrom((wait) => {
      if (asked.has(wait.object) || !isLong(wait)) return false;
      asked.add(wait.object);
      return true;
    });
  }

  #isLong(wait: Wait, forMs: number): boolean {
    if (wait.timed || !isLending(wait.object)) return false;
    return isLeftBehind(wait) && (this.#session.ageOf(wait) ?? 0) >= forMs;
  }

  #isLongInTheWay(held: EventContext): boolean {
    return (this.#look - this.#placeOf(held).sinceLook) * CONFIRM_AFTER_MS >= LONG_MS;
  }

  #placeOf(held: EventContext): InTheWay {
    let place = this.#inTheWay.get(held);
    if (place === undefined) {
      place = { sinceLook: this.#look, reads: 0 };
      this.#inTheWay.set(held, place);
    }
    return place;
  }
}
