import { isMainThread } from 'node:worker_threads';
import type { OpenWait } from '../../src/core/finding.ts';
import type { Tick } from '../../src/core/ids.ts';
import type { Wait } from '../../src/core/wait.ts';
import { isLeftBehind } from '../../src/tracker/stalled.ts';
import type { Config } from '../config.ts';
import type { Installation } from '../install.ts';
import { monotonicMs } from '../process/monotonic-clock.ts';
import { afterEachOther } from '../threads/thread-waits.ts';
import { AbandonmentWatch } from './abandonment-watch.ts';
import { type FatalSignal, FatalSignals } from './fatal-signals.ts';
import { IdleProcess } from './idle-process.ts';
import type { StallCheck } from './stall-check.ts';
import { StandingRequests } from './standing-requests.ts';

/** How long somebody must wait for what another one holds before the end of the program is worth a word about it. */
const LONG_WAIT_MS = 1_000;

/** True while somebody has waited for that long for what another one holds. */
export function hasLongWaits({ session }: Installation, forMs: number = LONG_WAIT_MS): boolean {
  const isLong = isLongAt(session.nowMs, forMs);
  return session.sleeping.some((wait) => isLong(wait));
}

/** The same for those that no finding has told of. */
export function hasUntoldLongWaits({ session, waitsFor }: Installation, forMs: number = LONG_WAIT_MS): boolean {
  return waitsFor.hasUntold(isLongAt(session.nowMs, forMs));
}

function isLongAt(nowMs: number | null, forMs: number): (wait: Wait) => boolean {
  if (nowMs === null) return () => false;
  return (wait) =>
    wait.blockedAtMs !== null && Math.round(nowMs - wait.blockedAtMs) >= forMs && !wait.timed && isLeftBehind(wait);
}

/** Looks from time to time whether a running program stands. */
export interface StandstillWatch {
  /** To be called every fraction of a second. */
  tick(): void;
}

/**
 * Tells who waits for whom while the program runs: when it is asked by a signal, when it is sent one that ends programs
 * while somebody waits long for what another one holds, here or in a worker, and when nothing tracked has moved for the time of the
 * watchdog. Tells of functions that await each other when a request stands that a server of this process owes, and when the process
 * has done nothing for long. And of who waits for what was taken and never given back.
 */
export function watchStandstill(
  installation: Installation,
  stalls: StallCheck,
  { stallSignal, watchdogMs }: Config,
  inWorkers: () => readonly OpenWait[],
): StandstillWatch {
  const { session, waitsFor } = installation;
  let lastTold: Tick | null = null;
  const onSignal = (signal: FatalSignal, isHandled: boolean): void => {
    const others = inWorkers();
    const isStanding = hasLongWaits(installation);
    if (!isStanding && others.length === 0) return;
    const reason = { kind: 'signal', signal } as const;
    const own = !hasUntoldLongWaits(installation) ? [] : isHandled ? waitsFor.stalled() : waitsFor.takeStalled();
    if (!isHandled) stalls.whileRunning(afterEachOther(own, others), reason, false);
    else if (lastTold !== session.now) stalls.inPassing(afterEachOther(own, others), reason);
    lastTold = session.now;
  };
  // Signals come to the main thread alone.
  const signals = isMainThread ? new FatalSignals(onSignal) : null;
  if (stallSignal !== '') {
    process.on(stallSignal as NodeJS.Signals, () => {
      const openWaits = afterEachOther(waitsFor.describeOpen(), inWorkers());
      stalls.whileRunning(openWaits, { kind: 'signal', signal: stallSignal }, true);
    });
  }
  let lastMoved = { at: session.now, ms: monotonicMs() };
  const bark = (): void => {
    if (session.now !== lastMoved.at) lastMoved = { at: session.now, ms: monotonicMs() };
    const quietMs = Math.round(monotonicMs() - lastMoved.ms);
    if (quietMs < watchdogMs || !hasLongWaits(installation, watchdogMs)) return;
    stalls.whileRunning(waitsFor.takeStalled(), { kind: 'watchdog', quietMs }, false);
  };
  const requests = new StandingRequests();
  // Each thread has a heap of its own, and they would all be read at once.
  const idling = isMainThread ? new IdleProcess() : null;
  const abandonment = isMainThread ? new AbandonmentWatch(session, waitsFor, stalls) : null;
  return {
    tick: () => {
      const isIdle = idling?.look() === true;
      if (requests.look() || isIdle) stalls.atStandstill();
      abandonment?.look(isIdle);
      if (hasLongWaits(installation) || inWorkers().length > 0) signals?.arm();
      else signals?.disarm();
      if (watchdogMs > 0) bark();
    },
  };
}
