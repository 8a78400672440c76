import { Connections } from '../node/connections.ts';
import { nothingRuns } from '../node/stall-clock.ts';
import { oldestUnanswered } from '../node/unanswered-requests.ts';
import { OwnWeakRef } from '../own-weak-ref.ts';
import { ProcessorUse } from '../process/processor-use.ts';
import { wouldBeLate } from './due-timers.ts';
import { msToRead } from './stall-picture.ts';

/** Looks that a request must outlast before anything is asked for its sake, and looks in a row in which nothing may run then. */
const LOOKS_UNANSWERED = 2;
const LOOKS_STANDING = 4;

/**
 * Looks in a row, four seconds, in which no thread may compute where timers and connections are there: those of a data base always are.
 * Twice as many each time that the heap was read for that: a server whose answers take long is not read again and again.
 */
const LOOKS_IDLE = 16;

/** Requests of one process for which the heap is read at most where nothing runs: a program may keep some open on purpose. */
const MAX_STANDING = 3;

/** What is known of a process without reading its heap. */
export interface ProcessSigns {
  /** No timer, no request and no connection to another process is there that could let anybody go on. */
  readonly isStanding: () => boolean;
  /** No thread has computed since this was asked the last time. */
  readonly isIdle: () => boolean;
  /** Somebody sleeps who would oversleep if the heap was read now. */
  readonly isAboutToWake: () => boolean;
}

/**
 * Requests that a server of this process owes and that stand still: nobody answers them, and nothing is there that could let anybody go
 * on; or the process has done nothing for long, whatever is there.
 */
export class StandingRequests {
  readonly #signs: ProcessSigns;
  #oldest: WeakRef<object> | null = null;
  #looks = 0;
  #standing = 0;
  #idle = 0;
  #isTold = false;
  #stood = 0;
  #patience = LOOKS_IDLE;

  constructor(signs: ProcessSigns = signsOfProcess()) {
    this.#signs = signs;
  }

  /** To be called every fraction of a second. @returns true once for each request that stands */
  look(): boolean {
    const oldest = oldestUnanswered();
    if (oldest === null || this.#oldest?.deref() !== oldest) {
      this.#oldest = oldest === null ? null : new OwnWeakRef(oldest);
      this.#looks = 0;
      this.#standing = 0;
      this.#idle = 0;
      this.#isTold = false;
      return false;
    }
    if (++this.#looks < LOOKS_UNANSWERED || this.#isTold) return false;
    this.#idle = this.#signs.isIdle() ? this.#idle + 1 : 0;
    this.#standing = this.#stood < MAX_STANDING && this.#signs.isStanding() ? this.#standing + 1 : 0;
    const isIdle = this.#idle >= this.#patience && !(this.#idle < 2 * this.#patience && this.#signs.isAboutToWake());
    this.#isTold = isIdle || this.#standing >= LOOKS_STANDING;
    if (isIdle) this.#patience *= 2;
    else if (this.#isTold) this.#stood++;
    return this.#isTold;
  }
}

function signsOfProcess(): ProcessSigns {
  let processor: ProcessorUse | null = null;
  return {
    isAboutToWake: () => wouldBeLate(msToRead()),
    isStanding: () => nothingRuns() && Connections.now()?.leadOutside === false,
    isIdle: () => {
      processor ??= new ProcessorUse();
      return processor.isIdle();
    },
  };
}
