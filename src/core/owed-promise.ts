import type { EventContext } from './event-context.ts';
import type { TrackedObject } from './tracked-object.ts';
import type { How, HowMuch } from './vocabulary.ts';
import type { Wait } from './wait.ts';

/**
 * A promise whose settling is an event: what computes it owes that event, and who awaits it waits for it. For promises
 * that are shared; the one that only its maker awaits is no event.
 */
export class OwedPromise {
  readonly object: TrackedObject;
  readonly how: How;
  readonly more: HowMuch | null;
  /** Ends when it settles; null when nobody is known to compute it. */
  held: EventContext | null = null;
  /** True when to await it is a wait. */
  isShared = false;
  isSettled = false;
  /** Waits for it that have not ended. */
  waits: Wait[] = [];

  constructor(object: TrackedObject, how: How, more: HowMuch | null) {
    this.object = object;
    this.how = how;
    this.more = more;
  }
}
