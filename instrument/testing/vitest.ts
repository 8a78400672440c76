import { AsyncLocalStorage } from 'node:async_hooks';
import * as vitest from 'vitest';
import type { RunningTest } from './ledger.ts';
import { type DeptMatchers, matchers } from './matchers.ts';
import { keepNextTick } from './safe-timers.ts';
import { testRun, throwAll } from './test-run.ts';
import { markModules } from './vitest-modules.ts';

export type { FindingCode } from '../../src/core/finding.ts';
export { type Tracked, type TrackerOptions, withTracker } from '../with-tracker.ts';
export { assertNoFindings } from './assert-no-findings.ts';
export type { DeptMatchers } from './matchers.ts';

/**
 * Set-up module for vitest: `setupFiles: ['dept/vitest']`. A test in which a finding is made fails with its report.
 * See docs/test-runners.md.
 */
declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: it must repeat vitest's own declaration
  interface Matchers<T = any> extends DeptMatchers {}
}

interface Task {
  readonly id: string;
  readonly name: string;
  readonly suite?: Task | undefined;
  readonly result?: { readonly errors?: readonly { readonly message: string }[] | undefined } | undefined;
}

/** To read a heap may take seconds. */
const NO_TIMEOUT = 0;

const TIMED_OUT = /\btimed out in \d+ ?ms\b/;

const owners = new AsyncLocalStorage<RunningTest>();
const run = testRun({ owner: () => owners.getStore() ?? null });
keepNextTick();
markModules();

vitest.expect.extend(matchers as never);

// Since 4.1; only this tells concurrent tests apart.
vitest.aroundEach?.((runTest, context) => owners.run(toTest(context.task), runTest));

vitest.beforeEach(({ task }) => run.begin(toTest(task)));

vitest.afterEach(({ task }) => {
  const isTimeout = (task as Task).result?.errors?.some(({ message }) => TIMED_OUT.test(message)) === true;
  throwAll(run.end(toTest(task), isTimeout));
}, NO_TIMEOUT);

vitest.afterAll(() => {
  throwAll([run.endFile()].filter((error) => error !== null));
});

function toTest(task: Task): RunningTest {
  const names: string[] = [];
  for (let each: Task | undefined = task; each !== undefined; each = each.suite) names.unshift(each.name);
  return { id: task.id, name: names.join(' > ') };
}
