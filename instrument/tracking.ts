import type { Finding, RuleSet } from '../src/core/finding.ts';
import type { Limits } from '../src/core/limits.ts';
import { Session } from '../src/core/session.ts';
import { NO_STACKS } from '../src/core/stack.ts';
import { attachSession, detachSession } from '../src/sync/hooks.ts';
import { DeptTracker } from '../src/tracker/dept.ts';
import { faultFinding } from '../src/tracker/notices.ts';
import { WaitsFor, type WaitsForOptions } from '../src/tracker/waits-for.ts';
import type { AttributionMode } from './attribution/attribution-mode.ts';
import { LightAttribution } from './attribution/light.ts';
import { PromiseHookAttribution } from './attribution/promise-hooks.ts';
import { monotonicMs } from './process/monotonic-clock.ts';
import { NodeStacks } from './stacks/stacks.ts';

export interface TrackingOptions {
  readonly rules: RuleSet;
  readonly attribution: AttributionMode;
  readonly stacks: 'new' | 'off';
  readonly limits: Partial<Limits>;
  readonly onFinding: (finding: Finding) => void;
  /** Called when an internal error has detached the session, after its finding. */
  readonly onFault: (fault: unknown) => void;
  /** What is done about a deadlock; nothing if not given. */
  readonly breaks?: WaitsForOptions['breaks'] | undefined;
}

/** A session with its observers and the attribution that moves it through this process's asynchronous code. */
export interface Tracking {
  readonly session: Session;
  readonly tracker: DeptTracker;
  readonly waitsFor: WaitsFor;
  /** Detaches the session and takes the hooks off; a session that was set aside is attached again. Once is enough. */
  stop(): void;
}

/** Attaches a new session; one that is attached already is set aside until this one stops. */
export function startTracking(options: TrackingOptions): Tracking {
  const { rules, attribution, stacks, limits, onFinding, onFault, breaks } = options;
  let tracker: DeptTracker | null = null;
  const session = new Session({
    limits,
    stacks: stacks === 'off' ? NO_STACKS : new NodeStacks(limits.maxStackFrames ?? 16),
    clock: monotonicMs,
    onLimit: (name) => tracker?.notice(name),
  });
  tracker = new DeptTracker(session, { rules, onFinding });
  const waitsFor = new WaitsFor(session, {
    onFinding,
    wasReported: (fingerprint) => tracker.wasReported(fingerprint),
    ...(breaks === undefined ? {} : { breaks }),
  });
  session.addObserver(tracker);
  session.addObserver(waitsFor);
  attachSession(session, (fault) => {
    // Outside the guard by now: a second failure here would be the host's.
    try {
      onFinding(faultFinding(fault, rules, session.now));
    } finally {
      onFault(fault);
    }
  });
  const hooks =
    attribution === 'light' ? new LightAttribution(session, tracker) : new PromiseHookAttribution(session, attribution);
  hooks.install();
  let stopped = false;
  const stop = (): void => {
    if (stopped) return;
    stopped = true;
    hooks.uninstall();
    detachSession(session);
  };
  return { session, tracker, waitsFor, stop };
}
