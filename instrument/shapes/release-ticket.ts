import type { EventContext } from '../../src/core/event-context.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { Claim } from './claim.ts';

/**
 * What a method that takes a lock is called on in place of the lock, once: where the method gives a function to release it,
 * which is a closure over its `this`, the ticket sees that function at work. No other promise is needed for that.
 */
export abstract class ReleaseTicket {
  readonly #taken: Claim | EventContext | null;

  /** @param taken what was asked for, or is held at once */
  constructor(taken: Claim | EventContext | null) {
    this.#taken = taken;
  }

  /** The function to release it is called now. Once is enough: what is not held any more stays as it is. */
  protected release(): void {
    if (this.#taken instanceof Claim) this.#taken.release();
    else hooks.exit(this.#taken);
  }
}
