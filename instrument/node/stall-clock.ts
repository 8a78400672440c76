import { clearInterval, setInterval } from 'node:timers';
import { ProcessorUse } from '../process/processor-use.ts';
import { Connections } from './connections.ts';
import { hasUnheardWorker } from './started-workers.ts';

/** Time between two looks at what may be stuck, in milliseconds. */
const LOOK_EVERY_MS = 250;

/** Looks that something stuck must outlast when nothing else in the process can run by itself. */
const LOOKS_WHEN_QUIET = 4;

/**
 * The same, a minute, while timers or requests are under way, or something may come from another process or thread: what is awaited of
 * one of them before the stuck thing is gone on with may take its time.
 */
const LOOKS_WHEN_BUSY = 240;

/** Handles that only wait for somebody outside, and writes that only wait for a reader; all else will run by itself. */
const PASSIVE =
  /^(?:TCP(?:Server|Socket)?Wrap|TLSWrap|Pipe(?:Server|Socket)?Wrap|TTYWrap|ProcessWrap|MessagePort|Worker|WORKER|FSEventWrap|StatWatcher|UDPWrap|SignalWrap|(?:Simple)?WriteWrap|ShutdownWrap|HTTP\w*|HTTP2\w*)$/;

/** One look: what was stuck before it too can be told of. */
export interface Look {
  /** Nothing is left to run: what is stuck now stays so. */
  readonly isLast: boolean;
  /**
   * True for what has been stuck over this many looks, the present one included.
   * @param polling how many of those who are stuck look again and again by themselves, with `setImmediate`
   */
  outlasts(looks: number, polling?: number): boolean;
}

/** Looks for what is stuck. @returns true while there is something to look at again */
export type Looker = (look: Look) => boolean;

/**
 * Looks at intervals at whatever may be stuck, as long as there is something to look at, and once more when the event
 * loop runs empty. Keeps no event loop alive; a program in which nothing is ever stuck has no timer.
 */
export class StallClock {
  readonly #lookers: Looker[] = [];
  readonly #atEnd = (): void => this.look(true);
  #timer: NodeJS.Timeout | null = null;

  readonly #isQuiet: (polling: number) => boolean;
  /** Native code and workers compute without any sign but this one. */
  readonly #processor: ProcessorUse | null;
  /** Looks in a row before which no thread had computed: on a busy machine one that does may get little in one of them. */
  #idleFor = 0;

  /** @param isQuiet tells that nothing can let those go on who are stuck now, but for so many that poll */
  constructor(isQuiet: (polling: number) => boolean = nothingComes) {
    this.#isQuiet = isQuiet;
    this.#processor = isQuiet === nothingComes ? new ProcessorUse() : null;
    process.on('beforeExit', this.#atEnd);
  }

  add(looker: Looker): void {
    this.#lookers.push(looker);
  }

  /** There is something to look at from now on. */
  arm(): void {
    this.#timer ??= setInterval(() => this.look(false), LOOK_EVERY_MS).unref();
  }

  look(isLast: boolean): void {
    const quiet = new Map<number, boolean>();
    this.#idleFor = this.#processor?.isIdle() === false ? 0 : this.#idleFor + 1;
    const computes = this.#processor !== null && this.#idleFor < LOOKS_WHEN_QUIET;
    const look: Look = {
      isLast,
      outlasts: (looks, polling = 0) => {
        if (isLast || looks >= LOOKS_WHEN_BUSY) return true;
        if (looks < LOOKS_WHEN_QUIET) return false;
        const isQuiet = quiet.get(polling) ?? ((polling > 0 || !computes) && this.#isQuiet(polling));
        quiet.set(polling, isQuiet);
        return isQuiet;
      },
    };
    // Each of them looks: no short cut.
    const goesOn = this.#lookers.map((looker) => looker(look)).includes(true);
    if (!goesOn) this.#disarm();
  }

  stop(): void {
    this.#disarm();
    this.#lookers.length = 0;
    process.off('beforeExit', this.#atEnd);
  }

  #disarm(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}

/** True while nothing runs, and nobody outside of this thread can say anything either: what a data base is asked for may take its time. */
export function nothingComes(polling: number = 0): boolean {
  return nothingRuns(polling) && !hasUnheardWorker() && Connections.now()?.leadOutside !== true;
}

/** True while no timer and no request is under way that could go on by itself, but for so many that poll. */
export function nothingRuns(polling: number = 0): boolean {
  const active = process.getActiveResourcesInfo().filter((name) => !PASSIVE.test(name));
  return active.length <= polling && active.every((name) => name === 'Immediate');
}
