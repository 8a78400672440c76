import { monotonicMs } from './monotonic-clock.ts';
import { processorMs } from './processor-time.ts';

/** Processor time of the whole process, as a share of the time that passed, below which no thread computes. */
const IDLE_SHARE = 0.1;

/** Tells whether any thread of the process, Node's own pool included, has computed since it was asked the last time. */
export class ProcessorUse {
  readonly #idleShare: number;
  #usedMs = processorMs();
  #askedAtMs = monotonicMs();

  constructor(idleShare: number = IDLE_SHARE) {
    this.#idleShare = idleShare;
  }

  isIdle(): boolean {
    const nowMs = monotonicMs();
    const usedMs = processorMs();
    const isIdle = usedMs - this.#usedMs < this.#idleShare * (nowMs - this.#askedAtMs);
    this.#usedMs = usedMs;
    this.#askedAtMs = nowMs;
    return isIdle;
  }
}
