import { clearInterval, setInterval } from 'node:timers';
import { fileSink } from '../../reports/sinks/file.ts';
import { writeFully } from '../../reports/sinks/write-fully.ts';
import type { Finding, SuspendedFunction } from '../../src/core/finding.ts';
import { choicesOf } from '../choices.ts';
import { configFromEnv } from '../config.ts';
import { currentInstallation, type Installation, install } from '../install.ts';
import { keepForHeap } from '../kept-for-heap.ts';
import { misspeltVariable } from '../misspelt-variables.ts';
import { StallCheck } from '../stall/stall-check.ts';
import { CONFIRM_AFTER_MS, Suspicion } from '../suspicion.ts';
import { abandonTracker } from '../with-tracker.ts';
import { type FindingError, findingError, OpenWaitsError } from './finding-error.ts';
import { FindingLedger, type RunningTest } from './ledger.ts';
import { stoppedInProgram } from './stopped-functions.ts';

const STDERR = 2;

// Taken now: a test may put fake timers in their place.
const every = setInterval;
const cancel = clearInterval;

/** Tests that time out for which the heap is read, a second or more each: where something is down that all of them need, many do. */
const MAX_HEAP_READS = 3;

export interface TestRunOptions {
  /** False where the runner loads modules itself. */
  readonly hookLoaders?: boolean;
  /** The test whose code runs now, where the runner can tell. */
  readonly owner?: () => RunningTest | null;
}

/** The tests of this process, watched: what every runner's set-up module shares. */
export class TestRun {
  readonly installation: Installation;
  readonly #ledger = new FindingLedger();
  readonly #suspicion: Suspicion;
  readonly #stalls: StallCheck;
  #heapReads = 0;
  readonly #undo: (() => void)[] = [];

  /** @throws DeptError ERR_DEPT_BAD_CONFIG for a `DEPT_*` variable that is not allowed */
  constructor({ hookLoaders = true, owner = () => null }: TestRunOptions = {}) {
    const config = configFromEnv(process.env);
    const misspelt = currentInstallation() === null ? misspeltVariable(process.env) : null;
    if (misspelt !== null) writeFully(STDERR, `dept: ${misspelt}\n`);
    const sinks = config.report === '' ? [] : [fileSink(config.report, { environment: () => null })];
    // Under the preload its own sinks are there already.
    this.installation = currentInstallation() ?? install({ ...choicesOf(config), hookLoaders, sinks });
    const { session, waitsFor } = this.installation;
    // Who waits for whom is worth a stack each time: tests are few, and one that hangs has no other trace.
    const stacks = { onBlocked: (_context: unknown, wait: { stack: unknown }) => (wait.stack ??= session.capture()) };
    session.addObserver(stacks as never);
    this.#suspicion = new Suspicion(waitsFor);
    const { findings, report } = this.installation;
    this.#stalls = new StallCheck({ ...config, onFinding: report, findings, now: () => session.now });
    const keep = keepForHeap(config);
    const look = (): void => {
      keep();
      const spared = this.#suspicion.due();
      if (spared !== null) waitsFor.confirm(false, spared);
    };
    const timer = every(look, CONFIRM_AFTER_MS).unref();
    this.#undo.push(
      this.installation.listen((finding) => {
        if (isFailure(finding)) this.#ledger.add(finding, owner());
      }),
      () => cancel(timer),
      () => session.removeObserver(stacks as never),
    );
  }

  begin(test: RunningTest): void {
    this.#ledger.begin(test);
  }

  /** The test ends. @returns what it has to fail with; nothing for a clean one */
  end(test: RunningTest, isTimeout: boolean): readonly Error[] {
    const { waitsFor } = this.installation;
    const errors: Error[] = [];
    const suspended = isTimeout ? this.#stopped(test) : [];
    const attributed = this.#ledger.end(test);
    if (attributed.length > 0) errors.push(findingError(attributed));
    // A tracker that this test left running would take what the next one does.
    const left = isTimeout || !this.#ledger.isRunning ? abandonTracker() : [];
    if (!isTimeout) return errors;
    const openWaits = [...left, ...waitsFor.describeOpen()];
    const untold = [...left, ...waitsFor.describeUntold()];
    if (openWaits.length > 0 || suspended.length > 0) errors.push(new OpenWaitsError(openWaits, untold, suspended));
    return errors;
  }

  /** @returns the program's functions that have stopped, where no deadlock among what is tracked says why */
  #stopped(test: RunningTest): readonly SuspendedFunction[] {
    // Nobody waits any longer for what may still set it free: deadlocks are told.
    this.installation.waitsFor.confirm(true);
    // Another test would lose the time, and might run out of it.
    if (this.#ledger.hasDeadlock(test) || !this.#ledger.isAlone(test)) return [];
    if (this.#heapReads++ >= MAX_HEAP_READS) return [];
    return stoppedInProgram(this.#stalls.atTimeout());
  }

  /** The tests of a file are over; a hook of theirs may have hung. @returns as {@link take} */
  endFile(): FindingError | null {
    this.installation.waitsFor.confirm(false, this.#suspicion.atClose());
    return this.take();
  }

  /** All findings so far that no test has answered for, as one error; they are told to nobody else. */
  take(): FindingError | null {
    const findings = this.#ledger.take();
    return findings.length === 0 ? null : findingError(findings.map(unattributed));
  }

  /** Stops watching and takes everything off again. */
  stop(): void {
    for (const undo of this.#undo.splice(0)) undo();
    this.installation.uninstall();
  }
}

/** Notices speak of the tracker, not of the program. */
export function isFailure(finding: Finding): boolean {
  return finding.kind !== 'notice';
}

export function unattributed(finding: Finding): {
  readonly finding: Finding;
  readonly isEarlier: false;
  readonly alongside: readonly [];
} {
  return { finding, isEarlier: false, alongside: [] };
}

/** Throws them as a runner shows them best: one as it is, several together. */
export function throwAll(errors: readonly Error[]): void {
  if (errors.length > 1) throw new AggregateError(errors, errors.map(({ message }) => message).join('\n'));
  if (errors[0] !== undefined) throw errors[0];
}

let run: TestRun | null = null;

/** The run of this process, made on the first call. */
export function testRun(options: TestRunOptions = {}): TestRun {
  run ??= new TestRun(options);
  return run;
}

/** The run of this process, or null where no set-up module of a runner was loaded. */
export function currentTestRun(): TestRun | null {
  return run;
}

/** Ends the run of this process; the next call of `testRun` makes another. */
export function endTestRun(): void {
  run?.stop();
  run = null;
}
