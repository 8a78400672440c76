import type { OpenWait } from '../src/core/finding.ts';
import type { Wait } from '../src/core/wait.ts';
import type { Recorder } from '../src/tracker/recording/recorder.ts';
import { isLeftBehind } from '../src/tracker/stalled.ts';
import { LeftAwaiters } from './attribution/left-awaiters.ts';
import type { Config } from './config.ts';
import type { Installation } from './install.ts';
import { keepForHeap } from './kept-for-heap.ts';
import { LongHolds } from './long-holds.ts';
import { Respite } from './process/respite.ts';
import { UnsettledAwait } from './process/unsettled-await.ts';
import { QueuedSuspicion } from './queued-suspicion.ts';
import { StallCheck } from './stall/stall-check.ts';
import { watchStandstill } from './stall/standstill.ts';
import { CONFIRM_AFTER_MS, Suspicion } from './suspicion.ts';

/** What is to be done besides. */
export interface EndWatch {
  readonly recorder: Recorder | null;
  /** Called at intervals and at the end: what other threads know. */
  readonly look: () => void;
  /** The waits that stand in workers. */
  readonly inWorkers: () => readonly OpenWait[];
}

/**
 * Confirms suspected deadlocks when they have lasted or when nothing is left to run, and says why a program ends, stands
 * or is ended while something still waits. A recording is told the same and written out. Keeps no event loop alive.
 */
export function watchEnd(installation: Installation, config: Config, { recorder, look, inWorkers }: EndWatch): void {
  const { waitsFor, session, findings } = installation;
  const stalls = new StallCheck({ ...config, onFinding: installation.report, findings, now: () => session.now });
  const keep = keepForHeap(config);
  const confirm = (isLast: boolean, spared: readonly Wait[] = []): void => {
    recorder?.confirm(isLast, spared);
    waitsFor.confirm(isLast, spared);
  };
  const watch = watchStandstill(installation, stalls, config, inWorkers);
  const longHolds = new LongHolds(session);
  const suspicion = new Suspicion(waitsFor, (circles, all) => stalls.goingOn(circles, all, waitsFor));
  const queued = new QueuedSuspicion(session, waitsFor, (circles) => stalls.keptByQueues(circles));
  const respite = new Respite();
  setInterval(() => {
    keep();
    respite.after(() => {
      const spared = suspicion.due();
      if (spared !== null) confirm(false, spared);
      queued.look();
      watch.tick();
    });
    longHolds.look();
    look();
  }, CONFIRM_AFTER_MS).unref();
  // A program that calls process.exit() or throws may leave whatever it likes open.
  let hasNothingLeft = false;
  const awaited = new UnsettledAwait();
  const awaiters = new LeftAwaiters();
  const atEnd = (code: number): void => {
    confirm(true, hasNothingLeft ? [] : suspicion.atExit());
    look();
    installation.noteUnknownLibraries();
    if (hasNothingLeft) tellStalled(installation, stalls, { isUnsettled: awaited.isUnsettled, awaiters }, recorder);
    recorder?.flush();
    const hasFindings = findings.some(({ severity }) => severity !== 'info');
    if (config.exitCode !== 0 && Number(process.exitCode ?? code) === 0 && hasFindings)
      process.exitCode = config.exitCode;
  };
  process.once('exit', atEnd);
  process.on('beforeExit', () => {
    hasNothingLeft = true;
    session.attribution.nothingLeft();
    confirm(true);
    awaiters.look();
    // Node 20 sets the code of an unsettled await in a listener, unless there is one: ours has to come after it.
    process.off('exit', atEnd);
    process.once('exit', atEnd);
  });
}

function tellStalled(
  { waitsFor }: Installation,
  stalls: StallCheck,
  { isUnsettled, awaiters }: { isUnsettled: boolean; awaiters: LeftAwaiters },
  recorder: Recorder | null,
): void {
  recorder?.stalled(isUnsettled);
  const counts = (wait: Wait): boolean => isUnsettled || isLeftBehind(wait);
  const putOff = waitsFor.openBehind(isUnsettled ? new Set() : stalls.leftToTimers(waitsFor.stepsFrom(counts)));
  const openWaits = waitsFor.takeStalled((wait) => counts(wait) && !putOff.has(wait));
  const isDoubtful = waitsFor.open.length > putOff.size || (putOff.size === 0 && awaiters.areThere);
  stalls.atEnd({ openWaits, isDoubtful, isUnsettled });
}
