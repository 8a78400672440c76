import type { Dependency } from '../core/dependency.ts';
import type { Finding } from '../core/finding.ts';
import { Session, type SessionOptions } from '../core/session.ts';
import { attachSession, detachSession } from '../sync/hooks.ts';
import { type RunResult, World, type WorldOptions } from '../sync/world.ts';
import { DeptTracker } from '../tracker/dept.ts';
import { Lockdep, type LockdepReport } from '../tracker/lockdep/lockdep.ts';
import { WaitsFor } from '../tracker/waits-for.ts';
import { type Step, Steps } from './steps.ts';

/** What one detector made of the run. */
export interface Seen {
  readonly findings: readonly Finding[];
  /** Dependencies in the order in which they were learnt. */
  readonly dependencies: readonly Dependency[];
}

/** What each detector saw in one and the same run. */
export interface Verdicts {
  readonly run: RunResult;
  readonly steps: readonly Step[];
  /** DEPT under the kernel's rules. */
  readonly linux: Seen;
  /** DEPT under dept's rules. */
  readonly dept: Seen;
  /** Contexts that block each other now. */
  readonly live: readonly Finding[];
  readonly lockdep: readonly LockdepReport[];
}

/**
 * Runs simulated contexts once with every detector watching: lockdep, DEPT under the kernel's rules, DEPT under ours, and
 * the waits-for graph. `build` makes the objects and contexts of the run.
 */
export async function sideBySide(
  build: (world: World) => void,
  options: SessionOptions & WorldOptions = {},
): Promise<Verdicts> {
  const session = new Session(options);
  const lockdep: LockdepReport[] = [];
  const live: Finding[] = [];
  const steps = new Steps();
  const linux = watch(session, 'linux');
  const dept = watch(session, 'dept');
  session.addObserver(new Lockdep(session, { onReport: (report) => lockdep.push(report) }));
  session.addObserver(new WaitsFor(session, { onFinding: (finding) => live.push(finding) }));
  session.addObserver(steps);
  let fault: unknown = null;
  attachSession(session, (error) => {
    fault = error;
  });
  try {
    const world = new World(options);
    build(world);
    const run = await world.run();
    if (fault !== null) throw fault;
    return { run, steps: steps.steps, linux, dept, live, lockdep };
  } finally {
    detachSession();
  }
}

function watch(session: Session, rules: 'linux' | 'dept'): Seen {
  const findings: Finding[] = [];
  const dependencies: Dependency[] = [];
  session.addObserver(
    new DeptTracker(session, {
      rules,
      onFinding: (finding) => findings.push(finding),
      onDependency: (dependency) => dependencies.push(dependency),
    }),
  );
  return { findings, dependencies };
}
