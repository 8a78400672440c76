import { fanOut } from '../reports/sinks/fan-out.ts';
import type { Sink } from '../reports/sinks/sink.ts';
import { writeFully } from '../reports/sinks/write-fully.ts';
import { isSuppression, type Suppression, suppressionTest } from '../reports/suppressions.ts';
import { formatReport } from '../reports/text/report.ts';
import type { Finding, FindingListener } from '../src/core/finding.ts';
import { FLAG, FUNCTION, type OptionKind } from '../src/core/options.ts';
import type { Session } from '../src/core/session.ts';
import type { Wait } from '../src/core/wait.ts';
import { isAttached } from '../src/sync/hooks.ts';
import type { DeptTracker } from '../src/tracker/dept.ts';
import { unknownLibraryFinding } from '../src/tracker/notices.ts';
import type { WaitsFor } from '../src/tracker/waits-for.ts';
import { type Choices, checkChoices, choiceKinds, chosen } from './choices.ts';
import { deadlockBreaker } from './deadlock-breaker.ts';
import { LIBRARY_ADAPTERS } from './libraries/index.ts';
import { watchModules } from './modules/module-hooks.ts';
import { isOlder } from './modules/package-version.ts';
import { foldersOfProgram, ProjectPackages } from './modules/project-packages.ts';
import { watchNode } from './node/index.ts';
import { watchOwnLocks } from './own-locks/own-locks.ts';
import { joinInstallation } from './second-install.ts';
import { startTracking } from './tracking.ts';

const STDERR = 2;

export interface InstallOptions extends Choices {
  /** False: no loader is hooked; packages are patched as they are handed to `meet`. True if not given. */
  readonly hookLoaders?: boolean;
  /** False: locks of the program's own classes are not watched. True if not given; it is about modules that are loaded from now on. */
  readonly ownLocks?: boolean;
  /** True: this runs before any module of the program is loaded. False if not given. */
  readonly precedesProgram?: boolean;
  /** Where findings go the moment they are made; one that throws is left out from then on. */
  readonly sinks?: readonly Sink[];
  /** Findings that are known and accepted: they reach neither sinks nor `findings`. */
  readonly suppressions?: readonly Suppression[];
  /** Called with each finding that a suppression keeps back. */
  readonly onSuppressed?: (finding: Finding) => void;
  /** Called with each finding at once, after the sinks; a throw here is a fault of the caller's and detaches the tracker. */
  readonly onFinding?: (finding: Finding) => void;
  /** Called when an internal error has detached the tracker. */
  readonly onFault?: (fault: unknown) => void;
}

/** A running installation. */
export interface Installation {
  readonly session: Session;
  readonly tracker: DeptTracker;
  readonly waitsFor: WaitsFor;
  /** Findings so far, in order. */
  readonly findings: readonly Finding[];
  /** Findings that a suppression has kept back, in order. */
  readonly suppressed: readonly Finding[];
  /** Adds a finding that was made outside the tracker. */
  report(finding: Finding): void;
  /** Adds a finding that another thread has made and written. */
  adopt(finding: Finding): void;
  /** Hears of each finding from now on, like `onFinding`. @returns what ends that */
  listen(listener: FindingListener): () => void;
  /** Patches a module of a known package that was loaded where no loader hook saw it: in a bundle, in a test runner. */
  meet(name: string, exports: Record<string, unknown>, version?: string | null): void;
  /** Makes one DEPT009 for each library that is loaded in a version dept does not know. */
  noteUnknownLibraries(): void;
  /** Takes every patch and hook off again; the program goes on untouched. Once is enough. */
  uninstall(): void;
}

const SINKS: OptionKind = {
  words: 'a list of objects with a method write',
  allows: (value) =>
    Array.isArray(value) && value.every((sink: Partial<Sink> | null) => typeof sink?.write === 'function'),
};
const SUPPRESSIONS: OptionKind = {
  words: 'a list of { fingerprint, reason }, with 16 hex digits and why the finding may stay',
  allows: (value) => Array.isArray(value) && value.every(isSuppression),
};
const KINDS = choiceKinds({
  hookLoaders: FLAG,
  ownLocks: FLAG,
  precedesProgram: FLAG,
  sinks: SINKS,
  suppressions: SUPPRESSIONS,
  onSuppressed: FUNCTION,
  onFinding: FUNCTION,
  onFault: FUNCTION,
});

let installed: Installation | null = null;
/** How that was asked for, with what it got where nothing was said. */
let askedFor: InstallOptions = {};

/**
 * Watches this process: attaches a session, attributes promises precisely, patches the libraries dept knows.
 * A second call while one is installed returns the first, and hears of findings too. What happened before is not seen; what was made before is
 * watched from its next use on, and so are libraries that an earlier installation has met.
 * @throws DeptError ERR_DEPT_BAD_OPTION for a value that is not allowed
 */
export function install(options: InstallOptions = {}): Installation {
  checkChoices('install()', options, KINDS);
  if (installed !== null) {
    if (isAttached(installed.session)) return joined(installed, options);
    // A fault has detached it: its patches and hooks are still there.
    installed.uninstall();
  }
  const config = chosen(options);
  const findings: Finding[] = [];
  const suppressed: Finding[] = [];
  const isSuppressed = suppressionTest(options.suppressions ?? []);
  const listeners = new Set<FindingListener>();
  const sink = fanOut(options.sinks ?? []);
  const adopt = (finding: Finding): void => {
    findings.push(finding);
    options.onFinding?.(finding);
    for (const listener of listeners) listener(finding);
  };
  const onFinding = (finding: Finding): void => {
    if (isSuppressed(finding)) {
      suppressed.push(finding);
      options.onSuppressed?.(finding);
      return;
    }
    sink.write(finding);
    adopt(finding);
  };
  const { session, tracker, waitsFor, stop } = startTracking({
    ...config,
    limits: options.limits ?? {},
    onFinding,
    onFault: (fault) => options.onFault?.(fault),
    breaks: config.onDeadlock === 'reject' ? deadlockBreaker((finding) => formatReport(finding)) : undefined,
  });
  const onNodeFinding = (finding: Finding, about: Wait | null = null): void => {
    if (about !== null) waitsFor.explained(about);
    onFinding(finding);
  };
  const unwatchNode = watchNode(session, config.rules, onNodeFinding, {
    precedesProgram: options.precedesProgram ?? false,
  });
  const { hookLoaders = true } = options;
  const ownLocks = config.ownLocks;
  if (ownLocks) watchOwnLocks();
  const modules = watchModules(LIBRARY_ADAPTERS, { hookLoaders, ownLocks });
  const installation: Installation = {
    session,
    tracker,
    waitsFor,
    findings,
    suppressed,
    report: onFinding,
    adopt,
    listen: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    meet: (name, exports, version) => modules.meet(name, exports, version),
    noteUnknownLibraries: () => {
      const { unknown } = modules;
      if (unknown.length === 0) return;
      const project = new ProjectPackages(foldersOfProgram());
      for (const { adapter, version } of unknown) {
        // Old ones come with other packages, as a rule, which are in use with them for years.
        if (version !== null && isOlder(version, adapter.versions) && !project.mayAskFor(adapter.name)) continue;
        onFinding(unknownLibraryFinding(adapter.name, version, adapter.versions, config.rules, session.now));
      }
    },
    uninstall: () => {
      unwatchNode();
      modules.stop();
      stop();
      if (installed === installation) installed = null;
    },
  };
  installed = installation;
  const { rules, attribution, stacks, onDeadlock } = config;
  const { precedesProgram = false } = options;
  askedFor = { ...options, rules, attribution, stacks, onDeadlock, ownLocks, hookLoaders, precedesProgram };
  return installation;
}

function joined(installation: Installation, options: InstallOptions): Installation {
  const late = joinInstallation(installation, askedFor, options);
  if (late !== null) writeFully(STDERR, late);
  return installation;
}

/** What is installed now, or null. */
export function currentInstallation(): Installation | null {
  return installed;
}
