import type { Finding, RuleSet } from '../core/finding.ts';
import { Session } from '../core/session.ts';
import { DeptTracker } from '../tracker/dept.ts';
import { Lockdep } from '../tracker/lockdep/lockdep.ts';
import { WaitsFor } from '../tracker/waits-for.ts';
import type { ScenarioCase } from './case.ts';
import type { Detector } from './class-mode.ts';
import { type InstanceRun, runInstance } from './instance-mode.ts';
import { SessionFeed } from './session-feed.ts';

export interface WatchedRun {
  readonly run: InstanceRun;
  /** `deadlock` when DEPT reported a circle that can hang, live or predicted; null when it was not asked. */
  readonly dept: string | null;
  readonly lockdep: string | null;
  readonly findings: readonly Finding[];
  /** Titles of lockdep's reports. */
  readonly reports: readonly string[];
}

/**
 * Runs the case with real blocking while the detectors listen, contexts interleaved and grants told when they happen:
 * what they would have said of this very run.
 */
export function watchInstance(
  scenario: ScenarioCase,
  detector: Detector,
  rules: RuleSet,
  order: readonly string[] = scenario.order,
): WatchedRun {
  const session = new Session();
  const findings: Finding[] = [];
  const reports: string[] = [];
  let waitsFor: WaitsFor | null = null;
  if (detector !== 'lockdep') {
    const onFinding = (finding: Finding): void => void findings.push(finding);
    const tracker = new DeptTracker(session, { rules, onFinding });
    waitsFor = new WaitsFor(session, { onFinding, wasReported: (circle) => tracker.wasReported(circle) });
    session.addObserver(tracker);
    session.addObserver(waitsFor);
  }
  if (detector !== 'dept') {
    session.addObserver(new Lockdep(session, { onReport: ({ title }) => void reports.push(title) }));
  }
  const feed = new SessionFeed(session, scenario);
  const run = runInstance(scenario, order, feed, ({ context }, { contexts }) =>
    feed.switchTo(context, contexts[context]?.pc ?? 0),
  );
  waitsFor?.confirm(true);
  if (run.stuck.length > 0) waitsFor?.reportStalled(({ context }) => run.stuck.includes(context.name));
  const isCircle = ({ kind, severity }: Finding): boolean =>
    (kind === 'circular' || kind === 'deadlock') && severity === 'error';
  return {
    run,
    dept: detector === 'lockdep' ? null : findings.some(isCircle) ? 'deadlock' : 'ok',
    lockdep: detector === 'dept' ? null : reports.length > 0 ? 'deadlock' : 'ok',
    findings,
    reports,
  };
}
