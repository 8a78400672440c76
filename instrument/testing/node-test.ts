import { after, afterEach, beforeEach } from 'node:test';
import type { RunningTest } from './ledger.ts';
import { stderrText } from './stderr-text.ts';
import { testRun, throwAll } from './test-run.ts';

export { type Tracked, type TrackerOptions, withTracker } from '../with-tracker.ts';
export { assertNoFindings } from './assert-no-findings.ts';

/** The parts of a test's context that are used here; the later ones exist since Node 22. */
interface Context {
  readonly name: string;
  readonly fullName?: string;
  readonly signal?: AbortSignal;
  readonly passed?: boolean;
}

if (!isRunnerOnly()) watchTests();

/**
 * Preload for node:test: `node --import dept/node-test --test`. A test in which a finding is made fails with its report.
 * See docs/test-runners.md.
 */
function watchTests(): void {
  const run = testRun();
  const running = new Set<Context>();
  beforeEach((context) => {
    running.add(context as Context);
    run.begin(toTest(context as Context));
  });
  afterEach((context) => {
    const test = context as Context;
    // Where the hook runs after all, the test has been told of already.
    if (!running.delete(test)) return;
    const isTimeout = test.signal?.aborted === true;
    const errors = run.end(toTest(test), isTimeout);
    // node:test drops what its hooks throw after a test that failed already.
    if (isTimeout || test.passed === false) stderrText(errors, toTest(test));
    else throwAll(errors);
  });
  after(() => throwAll([run.endFile()].filter((error) => error !== null)));
  // With an empty event loop nothing can wake a test any more: Node cancels it then, on some versions without its hooks,
  // and from 24 on it waits for ever.
  process.prependOnceListener('beforeExit', () => {
    if (running.size === 0) return;
    run.installation.waitsFor.confirm(true);
    for (const test of running) stderrText(run.end(toTest(test), true), toTest(test));
    running.clear();
  });
}

/** True in the process that only starts a process for each test file. */
function isRunnerOnly(): boolean {
  const flags = process.execArgv;
  if (!flags.includes('--test')) return false;
  return !flags.some((flag) => /^--(?:experimental-)?test-isolation=none$/.test(flag));
}

function toTest(context: Context): RunningTest {
  return { id: context, name: context.fullName ?? context.name };
}
