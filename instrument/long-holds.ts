import { NEVER, type Tick } from '../src/core/ids.ts';
import type { Session } from '../src/core/session.ts';

/** Looks, two seconds, that make a hold a long one. */
const LOOKS_LONG = 8;
/** Stacks that a class of which something is held for long may spend between two looks: some ten microseconds. */
const STACKS_EACH = 4;
/** What is owed that is looked at, the oldest first. */
const MAX_OWED = 64;

/**
 * What is held for long may never be given back, and whoever forgets that once does it again. So its class, which spent its
 * stacks long ago on those who did well, gets some for the next ones: of a pool that runs dry a report tells where its
 * connections were taken. Where nothing is held for long no stack is captured.
 */
export class LongHolds {
  readonly #session: Session;
  #looks = 0;
  #recent: Tick = NEVER;
  /** What was held then is held for long. */
  #long: Tick = NEVER;

  constructor(session: Session) {
    this.#session = session;
  }

  /** To be called every fraction of a second. */
  look(): void {
    const { histories, now, stackBudget } = this.#session;
    if (++this.#looks % LOOKS_LONG === 0) {
      this.#long = this.#recent;
      this.#recent = now;
    }
    histories.eachOwedBefore(this.#long, MAX_OWED, (held) => {
      // A request or a promise is owed as long as it takes.
      if (held.hasWait || held.how.trylock) stackBudget.grant(held.object.key, STACKS_EACH);
    });
  }
}
