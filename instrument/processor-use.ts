import { monotonicMs } from './monotonic-clock.ts';

/** Processor time of the whole process, as a share of the time that passed, below which no thread computes. */
const IDLE_SHARE = 0.1;

/** Tells whether any thread of the process, Node's own pool included, has computed since it was asked the last time. */
export class ProcessorUse {
  #used = process.cpuUsage();
  #askedAtMs = monotonicMs();

  isIdle(): boolean {
    const { user, system } = process.cpuUsage(this.#used);
    const nowMs = monotonicMs();
    const isIdle = (user + system) / 1000 < IDLE_SHARE * (nowMs - this.#askedAtMs);
    this.#used = process.cpuUsage();
    this.#askedAtMs = nowMs;
    return isIdle;
  }
}
