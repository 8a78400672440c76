import { Connections } from '../node/connections.ts';
import { nothingRuns } from '../node/stall-clock.ts';
import { oldestUnanswered } from '../node/unanswered-requests.ts';
import { ProcessorUse } from '../processor-use.ts';

/** Looks that a request must outlast before anything is asked for its sake, and looks in a row in which nothing may run then. */
const LOOKS_UNANSWERED = 2;
const LOOKS_STANDING = 4;

/** Looks in a row, ten seconds, in which no thread may compute where timers and connections are there: those of a data base always are. */
const LOOKS_IDLE = 40;

/** Requests of one process for which the heap is read at most: a program may keep some open on purpose. */
const MAX_TOLD = 3;

/**
 * Requests that a server of this process owes and that stand still: nobody answers them, and no timer, no request and no connection
 * to another process is there that could let anybody go on; or the process has done nothing for long, whatever is there.
 */
export class StandingRequests {
  #oldest: WeakRef<object> | null = null;
  #looks = 0;
  #standing = 0;
  #idle = 0;
  #isTold = false;
  #told = 0;
  #processor: ProcessorUse | null = null;

  /** To be called every fraction of a second. @returns true once for each request that stands */
  look(): boolean {
    const oldest = this.#told < MAX_TOLD ? oldestUnanswered() : null;
    if (oldest === null || this.#oldest?.deref() !== oldest) {
      this.#oldest = oldest === null ? null : new WeakRef(oldest);
      this.#looks = 0;
      this.#standing = 0;
      this.#idle = 0;
      this.#isTold = false;
      return false;
    }
    if (++this.#looks < LOOKS_UNANSWERED || this.#isTold) return false;
    this.#processor ??= new ProcessorUse();
    this.#idle = this.#processor.isIdle() ? this.#idle + 1 : 0;
    this.#standing = nothingRuns() && Connections.now()?.leadOutside === false ? this.#standing + 1 : 0;
    this.#isTold = this.#standing >= LOOKS_STANDING || this.#idle >= LOOKS_IDLE;
    if (this.#isTold) this.#told++;
    return this.#isTold;
  }
}
