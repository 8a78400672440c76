import { fanOut } from '../reports/sinks/fan-out.ts';
import type { Sink } from '../reports/sinks/sink.ts';
import { type Suppression, suppressionTest } from '../reports/suppressions.ts';
import type { Finding } from '../src/core/finding.ts';
import type { Limits } from '../src/core/limits.ts';
import { Session } from '../src/core/session.ts';
import { NO_STACKS } from '../src/core/stack.ts';
import { activeSession, attachSession, detachSession } from '../src/sync/hooks.ts';
import { DeptTracker } from '../src/tracker/dept.ts';
import { faultFinding, unknownLibraryFinding } from '../src/tracker/notices.ts';
import { WaitsFor } from '../src/tracker/waits-for.ts';
import { PromiseHookAttribution } from './attribution/promise-hooks.ts';
import { type Config, DEFAULT_CONFIG } from './config.ts';
import { LIBRARY_ADAPTERS } from './libraries/index.ts';
import { watchModules } from './module-hooks.ts';
import { NodeStacks } from './stacks.ts';

export interface InstallOptions extends Partial<Config> {
  readonly limits?: Partial<Limits>;
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
  /** Makes one DEPT009 for each library that is loaded in a version dept does not know. */
  noteUnknownLibraries(): void;
  /** Takes every patch and hook off again; the program goes on untouched. */
  uninstall(): void;
}

let installed: Installation | null = null;

/**
 * Watches this process: attaches a session, attributes promises precisely, patches the libraries dept knows.
 * A second call while one is installed returns the first. What is created or loaded before is not seen.
 */
export function install(options: InstallOptions = {}): Installation {
  if (installed !== null && activeSession() === installed.session) return installed;
  const config = { ...DEFAULT_CONFIG, ...options };
  const findings: Finding[] = [];
  const suppressed: Finding[] = [];
  const isSuppressed = suppressionTest(options.suppressions ?? []);
  const sink = fanOut(options.sinks ?? []);
  const onFinding = (finding: Finding): void => {
    if (isSuppressed(finding)) {
      suppressed.push(finding);
      options.onSuppressed?.(finding);
      return;
    }
    findings.push(finding);
    sink.write(finding);
    options.onFinding?.(finding);
  };
  const limits = options.limits ?? {};
  let tracker: DeptTracker | null = null;
  const session = new Session({
    limits,
    stacks: config.stacks === 'off' ? NO_STACKS : new NodeStacks(limits.maxStackFrames ?? 16),
    onLimit: (name, limit) => tracker?.notice(name, limit),
  });
  tracker = new DeptTracker(session, { rules: config.rules, onFinding });
  const waitsFor = new WaitsFor(session, { onFinding, wasReported: (fingerprint) => tracker.wasReported(fingerprint) });
  session.addObserver(tracker);
  session.addObserver(waitsFor);
  attachSession(session, (fault) => {
    // Outside the guard by now: a second failure here would be the host's.
    try {
      onFinding(faultFinding(fault, config.rules, session.now));
    } finally {
      options.onFault?.(fault);
    }
  });
  const attribution = new PromiseHookAttribution(session, config.attribution);
  attribution.install();
  const modules = watchModules(LIBRARY_ADAPTERS);
  installed = {
    session,
    tracker,
    waitsFor,
    findings,
    suppressed,
    noteUnknownLibraries: () => {
      for (const { name, versions } of modules.unknown) {
        onFinding(unknownLibraryFinding(name, versions, config.rules, session.now));
      }
    },
    uninstall: () => {
      modules.stop();
      attribution.uninstall();
      if (activeSession() === session) detachSession();
      installed = null;
    },
  };
  return installed;
}
