import type { Finding, RuleSet } from '../core/finding.ts';
import { LOCK } from '../core/how.ts';
import { Session } from '../core/session.ts';
import type { Observer } from '../core/vocabulary.ts';
import { DeptTracker } from '../tracker/dept.ts';
import { Lockdep } from '../tracker/lockdep/lockdep.ts';
import type { LockdepReport } from '../tracker/lockdep/report.ts';
import type { ScenarioCase, ScenarioContext } from './case.ts';
import { ClassDriver } from './class-driver.ts';
import { REPLAYED_WAIT } from './class-objects.ts';
import { tell } from './class-ops.ts';
import { parkName, signalPlan, taskName } from './class-signals.ts';
import { type Note, verdictOf } from './verdict.ts';

/** Which detectors judge. */
export type Detector = 'dept' | 'lockdep' | 'both';

export interface ClassOptions {
  readonly detector: Detector;
  readonly rules: RuleSet;
}

/** What one detector said of a class-mode case, in order of discovery. */
export interface ClassRun {
  readonly verdict: string;
  readonly dept: string | null;
  readonly lockdep: string | null;
  readonly findings: readonly Finding[];
  readonly reports: readonly LockdepReport[];
  readonly notes: readonly Note[];
}

/** Locks and contexts that only kernel code has: there every sleeping lock has its place (PROVE_RAW_LOCK_NESTING). */
const KERNEL_TYPES: ReadonlySet<string> = new Set(['spin', 'raw_spin', 'local_lock', 'rtmutex', 'rwsem', 'ww_mutex']);

/**
 * Replays the contexts one after another; nothing blocks. Each detector hears its own replay, so that neither can
 * disturb the other.
 */
export function runClassMode(scenario: ScenarioCase, { detector, rules }: ClassOptions): ClassRun {
  const dept = detector === 'lockdep' ? null : replayUnderDept(scenario, rules);
  // Wait contexts are lockdep's to check, whoever else is asked.
  const lockdep = replayUnderLockdep(scenario);
  const counted = detector === 'dept' ? lockdep.notes.filter(({ verdict }) => verdict === WAIT_CONTEXT) : lockdep.notes;
  const notes = [...(dept?.notes ?? []), ...counted].sort((a, b) => a.at - b.at);
  return {
    verdict: verdictOf(notes),
    dept: dept === null ? null : verdictOf(dept.notes),
    lockdep: detector === 'dept' ? null : verdictOf(lockdep.notes),
    findings: dept?.findings ?? [],
    reports: detector === 'dept' ? [] : lockdep.reports,
    notes,
  };
}

const WAIT_CONTEXT = 'misuse:wait-context';

function replayUnderDept(scenario: ScenarioCase, rules: RuleSet): { notes: Note[]; findings: Finding[] } {
  const findings: Finding[] = [];
  const notes: Note[] = [];
  const session = new Session();
  const clock = { at: 0, context: '', op: '' };
  const onFinding = (finding: Finding): void => {
    findings.push(finding);
    // A circle that a timeout breaks is a warning, not a deadlock.
    if (finding.kind === 'circular' && finding.severity === 'error')
      notes.push({ ...clock, verdict: 'deadlock', by: 'dept' });
  };
  session.addObserver(new DeptTracker(session, { rules, filters: false, sameClass: 'class', onFinding }));
  session.addObserver(misuseObserver(notes, clock));
  replay(session, scenario, clock, false);
  return { notes, findings };
}

function replayUnderLockdep(scenario: ScenarioCase): { notes: Note[]; reports: LockdepReport[] } {
  const reports: LockdepReport[] = [];
  const notes: Note[] = [];
  const session = new Session();
  const clock = { at: 0, context: '', op: '' };
  const knowsWaitContexts = scenario.waitContext || isKernelCase(scenario);
  const onReport = (report: LockdepReport): void => {
    reports.push(report);
    const verdict = lockdepVerdict(report);
    if (verdict === null || (verdict === WAIT_CONTEXT && !knowsWaitContexts)) return;
    notes.push({ ...clock, verdict, by: 'lockdep' });
  };
  session.addObserver(new Lockdep(session, { onReport, keepGoing: true }));
  session.addObserver(misuseObserver(notes, clock));
  replay(session, scenario, clock, true);
  return { notes, reports };
}

function isKernelCase(scenario: ScenarioCase): boolean {
  if ([...scenario.objects.values()].some(({ type }) => KERNEL_TYPES.has(type))) return true;
  return scenario.contexts.some(({ ops }) => ops.some(({ verb }) => /^(irq|rcu|reclaim|nofs|local)_/.test(verb)));
}

/** Misuse is seen by the driver, in one place for all detectors; of lockdep's own only the wait context is not. */
function lockdepVerdict({ kind }: LockdepReport): string | null {
  switch (kind) {
    case 'circular':
    case 'recursive':
    case 'irq-order':
    case 'irq-inversion':
    case 'inconsistent-state':
      return 'deadlock';
    case 'wait-context':
      return WAIT_CONTEXT;
    default:
      return null;
  }
}

interface Clock {
  at: number;
  context: string;
  op: string;
}

function misuseObserver(notes: Note[], clock: Clock): Observer {
  return { onMisuse: (_context, { kind }) => void notes.push({ ...clock, verdict: `misuse:${kind}`, by: 'misuse' }) };
}

function replay(session: Session, scenario: ScenarioCase, clock: Clock, localLocks: boolean): void {
  const driver = new ClassDriver(session, scenario, { localLocks });
  const awaited = new Set(
    scenario.contexts.flatMap(({ ops }) => ops.filter(({ verb }) => verb === 'await_task').map(({ target }) => target)),
  );
  declareOrder(driver, scenario);
  for (const [number, context] of scenario.contexts.entries()) {
    driver.contextNumber = number;
    replayContext(driver, context, awaited.has(context.name), clock);
  }
}

/** What is declared counts as seen: each chain is taken once in its order. */
function declareOrder(driver: ClassDriver, { declaredOrder, objects }: ScenarioCase): void {
  for (const chain of declaredOrder?.chains ?? []) {
    driver.enter(driver.session.exactContext('declared order'));
    for (const name of chain) {
      const first = [...objects.values()].find((object) => object.name === name || object.className === name);
      if (first !== undefined) driver.take(first.name, driver.objects.object(first.name), LOCK, 'write', null);
    }
    driver.leave();
  }
}

function replayContext(driver: ClassDriver, context: ScenarioContext, isAwaited: boolean, clock: Clock): void {
  const { session, objects, scenario } = driver;
  driver.enter(session.exactContext(context.name));
  const plan = signalPlan(scenario, context.ops);
  const parks = new Set(scenario.contexts.map(({ name }) => parkName(name)));
  for (const name of plan.owedFromStart) {
    session.request(parks.has(name) ? objects.other(name, 'event') : objects.object(name));
  }
  const end = isAwaited ? objects.other(taskName(context.name), 'task') : null;
  if (end !== null) session.request(end);
  for (const [position, op] of context.ops.entries()) {
    clock.at++;
    clock.context = context.name;
    clock.op = op.text;
    driver.position = position;
    tell(driver, op, plan.events.has(position));
  }
  const last = context.ops.at(-1);
  if (last?.verb === 'exit') {
    const kept = driver.holds.find(({ mode }) => mode !== 'permits');
    if (kept !== undefined) driver.misuse('exit-with-held', kept.name, `${context.name} exits with ${kept.name} held`);
  }
  while (driver.isInInterrupt) driver.leave();
  if (end !== null) session.event(end, REPLAYED_WAIT);
  driver.leave();
}
