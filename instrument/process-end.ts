import type { Recorder } from '../src/tracker/recording/recorder.ts';
import type { Installation } from './install.ts';

/** How long a suspected deadlock of asynchronous code must last before it is reported, in milliseconds. */
export const CONFIRM_AFTER_MS = 250;

/** Exit code of Node when a top-level await never settles. */
const UNSETTLED_AWAIT = 13;

/**
 * Confirms suspected deadlocks when they have lasted or when nothing is left to run, and names the waits that are still
 * open then. A recording is told the same and written out. Keeps no event loop alive.
 */
export function watchEnd(installation: Installation, exitCode: number, recorder: Recorder | null = null): void {
  const { waitsFor } = installation;
  const confirm = (isLast: boolean): void => {
    recorder?.confirm(isLast);
    waitsFor.confirm(isLast);
  };
  setInterval(() => {
    if (waitsFor.hasSuspects) confirm(false);
  }, CONFIRM_AFTER_MS).unref();
  const atEnd = (code: number): void => {
    confirm(true);
    installation.noteUnknownLibraries();
    const ended = Number(process.exitCode ?? code);
    report(installation, ended === UNSETTLED_AWAIT, recorder);
    recorder?.flush();
    const hasFindings = installation.findings.some((finding) => finding.kind !== 'notice');
    if (exitCode !== 0 && ended === 0 && hasFindings) process.exitCode = exitCode;
  };
  process.once('exit', atEnd);
  process.once('beforeExit', () => {
    confirm(true);
    report(installation, false, recorder);
    // Node's own listener sets the code of an unsettled await, unless there is one: ours has to come after it.
    process.off('exit', atEnd);
    process.once('exit', atEnd);
  });
}

function report({ waitsFor, session }: Installation, isUnsettled: boolean, recorder: Recorder | null): void {
  recorder?.stalled(isUnsettled);
  // An idle worker may sleep for work when the program ends well; a lock that is waited for may not.
  waitsFor.reportStalled((wait) => isUnsettled || session.holders(wait.object).length > 0);
}
