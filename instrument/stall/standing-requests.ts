import { Connections } from '../node/connections.ts';
import { nothingRuns } from '../node/stall-clock.ts';
import { oldestUnanswered } from '../node/unanswered-requests.ts';

/** Looks that a request must outlast before anything is asked for its sake, and looks in a row in which nothing may run then. */
const LOOKS_UNANSWERED = 2;
const LOOKS_STANDING = 4;

/** Requests of one process for which the heap is read at most: a program may keep some open on purpose. */
const MAX_TOLD = 3;

/**
 * Requests that a server of this process owes to the process itself, and that stand still: nobody answers them, and no timer, no
 * request and no connection to another process is there that could let anybody go on.
 */
export class StandingRequests {
  #oldest: WeakRef<object> | null = null;
  #looks = 0;
  #standing = 0;
  #told = 0;

  /** To be called every fraction of a second. @returns true once for each request that stands */
  look(): boolean {
    const oldest = this.#told < MAX_TOLD ? oldestUnanswered() : null;
    if (oldest === null || this.#oldest?.deref() !== oldest) {
      this.#oldest = oldest === null ? null : new WeakRef(oldest);
      this.#looks = 0;
      this.#standing = 0;
      return false;
    }
    if (++this.#looks < LOOKS_UNANSWERED || this.#standing === LOOKS_STANDING) return false;
    this.#standing = nothingRuns() && Connections.now()?.leadOutside === false ? this.#standing + 1 : 0;
    if (this.#standing < LOOKS_STANDING) return false;
    this.#told++;
    return true;
  }
}
