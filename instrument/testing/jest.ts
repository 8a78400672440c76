import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type {} from 'expect';
import { DeptError } from '../../src/core/dept-error.ts';
import type { LibraryAdapter } from '../libraries/adapter.ts';
import { LIBRARY_ADAPTERS } from '../libraries/index.ts';
import { versionAt } from '../modules/package-version.ts';
import { packageRoot } from '../paths.ts';
import { markModules } from './jest-modules.ts';
import type { RunningTest } from './ledger.ts';
import { type DeptMatchers, matchers } from './matchers.ts';
import { endTestRun, testRun } from './test-run.ts';

export { type Tracked, type TrackerOptions, withTracker } from '../with-tracker.ts';
export { assertNoFindings } from './assert-no-findings.ts';
export type { DeptMatchers } from './matchers.ts';

/**
 * Set-up module for jest: `setupFilesAfterEnv: ['dept/jest']`, jest in its ES module mode. A test in which a finding is
 * made fails with its report. See docs/test-runners.md.
 */
declare global {
  namespace jest {
    interface Matchers<R, T> extends DeptMatchers {}
  }
}

declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends DeptMatchers {}
}

type Hook = (fn: () => void) => void;

interface Globals {
  readonly expect: {
    extend(matchers: object): void;
    getState(): { readonly currentTestName?: string; readonly testPath?: string };
  };
  readonly beforeEach: Hook;
  readonly afterEach: Hook;
  readonly afterAll: Hook;
}

/** What jest-circus knows of the test that runs. */
interface CircusTest {
  readonly errors: readonly unknown[];
}

const TIMED_OUT = /\bExceeded timeout of [\d,]+ ms\b/;

const { expect, beforeEach, afterEach, afterAll } = globals();
const run = testRun({ hookLoaders: false });
await meetLibraries();
const endMarking = markModules(hasEnvironmentEnded);

expect.extend(matchers);
beforeEach(() => run.begin(runningTest()));

// Jest shows what each hook throws, but of several errors in one only the sum. Its hooks run in the order they are made.
let errors: Error[] = [];
afterEach(() => {
  errors = [...run.end(runningTest(), hasTimedOut())];
  throwNext();
});
afterEach(throwNext);

function throwNext(): void {
  const error = errors.shift();
  if (error !== undefined) throw error;
}

afterAll(() => {
  const error = run.endFile();
  // The next file has modules of its own, in the same process.
  endMarking();
  endTestRun();
  if (error !== null) throw error;
});

/** What jest gives to each ES module, since 29.7. */
function hasEnvironmentEnded(): boolean {
  const { jest } = import.meta as { readonly jest?: { isEnvironmentTornDown?(): boolean } };
  return jest?.isEnvironmentTornDown?.() === true;
}

function globals(): Globals {
  const found = globalThis as unknown as Partial<Globals>;
  if (found.expect !== undefined && found.beforeEach !== undefined) return found as Globals;
  throw new DeptError(
    'ERR_DEPT_NO_RUNNER',
    'dept/jest finds no beforeEach and expect. List it in setupFilesAfterEnv (setupFiles is too early), and leave injectGlobals on.',
  );
}

/** Jest loads modules itself, so no hook of Node's loader sees them. */
async function meetLibraries(): Promise<void> {
  const require = createRequire(join(process.cwd(), 'package.json'));
  // Loading a package takes its time, for each test file anew: only those that the project names.
  for (const { name } of dependenciesOf(process.cwd())) {
    const version = installedVersion(require, name);
    try {
      run.installation.meet(name, require(name) as Record<string, unknown>, version);
    } catch {
      // Not installed, or without a CommonJS form.
    }
    try {
      run.installation.meet(name, (await import(name)) as Record<string, unknown>, version);
    } catch {
      // Not installed.
    }
  }
}

function installedVersion(require: NodeJS.Require, name: string): string | null {
  try {
    return versionAt(require.resolve(name), name);
  } catch {
    // Not installed, or without a CommonJS form.
    return null;
  }
}

/** Libraries that dept knows in the nearest package.json upwards that names one; all of them where none does. */
function dependenciesOf(folder: string): readonly LibraryAdapter[] {
  const root = packageRoot(folder);
  let manifest: Readonly<Record<string, object | undefined>>;
  try {
    manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  } catch {
    return LIBRARY_ADAPTERS;
  }
  const { dependencies, devDependencies, peerDependencies, optionalDependencies } = manifest;
  const named = { ...dependencies, ...devDependencies, ...peerDependencies, ...optionalDependencies };
  const known = LIBRARY_ADAPTERS.filter(({ name }) => name in named);
  if (known.length > 0) return known;
  return dirname(root) === root ? LIBRARY_ADAPTERS : dependenciesOf(dirname(root));
}

function circusTest(): CircusTest | null {
  const symbol = Object.getOwnPropertySymbols(globalThis).find((each) => each.description === 'JEST_STATE_SYMBOL');
  if (symbol === undefined) return null;
  const state = (globalThis as unknown as Record<symbol, { currentlyRunningTest?: CircusTest | null }>)[symbol];
  return state?.currentlyRunningTest ?? null;
}

function hasTimedOut(): boolean {
  return (
    circusTest()
      ?.errors.flat()
      .some((error) => TIMED_OUT.test(String((error as Error | null)?.message ?? error))) === true
  );
}

function runningTest(): RunningTest {
  const name = expect.getState().currentTestName ?? '(no test)';
  return { id: circusTest() ?? name, name };
}
