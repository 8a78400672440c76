import type { RunningTest } from './ledger.ts';
import { stderrText } from './stderr-text.ts';
import { testRun, throwAll } from './test-run.ts';

export { type Tracked, type TrackerOptions, withTracker } from '../with-tracker.ts';
export { assertNoFindings } from './assert-no-findings.ts';

type Done = (error?: unknown) => void;
type Body = (this: unknown, done?: Done) => unknown;

/** The parts of mocha's Test that are used here. */
interface Test {
  fn?: Body;
  readonly timedOut: boolean;
  readonly state?: 'passed' | 'failed' | 'pending';
  titlePath(): readonly string[];
  retriedTest(): Test | undefined;
}

interface HookContext {
  readonly currentTest?: Test;
  timeout(ms: number): unknown;
}

const wrapped = new WeakSet<Body>();
/** Tests whose own failure carries the report. */
const answered = new WeakSet<object>();
const run = testRun();

/**
 * Root hooks for mocha: `mocha --require dept/mocha`. A test in which a finding is made fails with its report. See
 * docs/test-runners.md.
 */
export const mochaHooks: {
  beforeEach(this: HookContext): void;
  afterEach(this: HookContext): void;
  afterAll(): void;
} = {
  beforeEach() {
    const test = this.currentTest;
    if (test?.fn === undefined) return;
    run.begin(toTest(test));
    // A root hook that throws ends the whole run of mocha, so the test itself has to fail.
    if (!wrapped.has(test.fn)) test.fn = checked(test.fn);
  },
  afterEach() {
    const test = this.currentTest;
    // A body that failed by itself, or never ended, has not answered for its findings.
    if (test?.state !== 'failed' || answered.has(test)) return;
    // Mocha ends the whole run where a hook takes too long, and to read a heap may take seconds.
    this.timeout(0);
    stderrText(run.end(toTest(test), test.timedOut), toTest(test));
  },
  afterAll() {
    throwAll([run.endFile()].filter((error) => error !== null));
  },
};

/** The body of a test that fails by what was found in it. Mocha looks at the number of parameters. */
function checked(body: Body): Body {
  const check = (context: unknown): void => {
    const { test } = context as { readonly test: Test };
    const errors = run.end(toTest(test), false);
    if (errors.length > 0) answered.add(test);
    throwAll(errors);
  };
  const outer: Body =
    body.length > 0
      ? function (this: unknown, done?: Done) {
          return Reflect.apply(body, this, [ending(() => check(this), done as Done)]);
        }
      : function (this: unknown) {
          const result = Reflect.apply(body, this, []);
          if (!isThenable(result)) {
            check(this);
            return result;
          }
          return result.then((value) => {
            check(this);
            return value;
          });
        };
  wrapped.add(outer);
  return outer;
}

function ending(check: () => void, done: Done): Done {
  return (error) => {
    if (error !== undefined && error !== null) return done(error);
    try {
      check();
    } catch (finding) {
      return done(finding);
    }
    done();
  };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

function toTest(test: Test): RunningTest {
  return { id: test.retriedTest() ?? test, name: test.titlePath().join(' > ') };
}
