import { Dependents } from '../../src/core/dependents.ts';
import type { Finding, FindingCode, OpenWait, SuspendedFunction } from '../../src/core/finding.ts';
import type { Tick } from '../../src/core/ids.ts';
import type { Wait } from '../../src/core/wait.ts';
import { stallCutFinding } from '../../src/tracker/notices.ts';
import type { QueuedCircles } from '../../src/tracker/queued-circles.ts';
import { type StallReason, stalledFinding } from '../../src/tracker/stalled.ts';
import type { Step } from '../../src/tracker/stuck-waits.ts';
import type { WaitsFor } from '../../src/tracker/waits-for.ts';
import { abandonedWaits } from '../holders/abandoned-waits.ts';
import { circlesGoingOn, waitsLeftToTimers } from '../holders/going-holders.ts';
import { keptByQueues } from '../holders/queued-waits.ts';
import { circleOfSuspended } from '../node/module-circle.ts';
import { processorMs } from '../process/processor-time.ts';
import type { Circle, Going } from '../suspicion.ts';
import { awaitDeadlocks } from './await-deadlock.ts';
import { only, partOf } from './part-of-suspended.ts';
import { isReadWithin, NOTHING, type PictureOptions, pictureOfStall, type StallPicture } from './stall-picture.ts';

/** Codes of findings that say why a program does not go on. */
const HANGS: ReadonlySet<FindingCode> = new Set(['DEPT002', 'DEPT003', 'DEPT004']);

export interface StallCheckOptions {
  readonly onFinding: (finding: Finding) => void;
  /** What has been found so far: a deadlock that was told needs no second report. */
  readonly findings: readonly Finding[];
  /** `auto` reads the heap only of a program that ends stalled. */
  readonly stall: 'auto' | 'always' | 'never';
  readonly stallValues: boolean;
  readonly stallBudgetMs: number;
  readonly now: () => Tick;
}

/** What is known besides when a program ends or stands. */
export interface Standstill {
  /** Waits that nobody will end; they are reported whatever the heap says. */
  readonly openWaits: readonly OpenWait[];
  /** Some wait that may be idle is open, so the heap is worth a look. */
  readonly isDoubtful: boolean;
  /** A top-level await is not settled: something certainly has not ended. */
  readonly isUnsettled: boolean;
}

/**
 * Says why a program stands, from its open waits and from its heap.
 *
 * Certain, and so findings: waits on what somebody holds; functions that await each other in a circle; whatever is
 * suspended when a top-level await is left unsettled; functions that are left in a lock that is one by the name of its class; who is
 * missed and waits for what nobody can settle, and what is the program itself and has not come to its end.
 * Any other suspended function alone is none: it may be a worker that sleeps for work, or the loser of a race.
 */
export class StallCheck {
  readonly #options: StallCheckOptions;
  /** The last look was within the budget; what it left behind makes the heap look larger than it is. */
  #isReadSoon = false;

  constructor(options: StallCheckOptions) {
    this.#options = options;
  }

  /** Nothing is left to run: whoever is suspended now stays so. */
  atEnd({ openWaits, isDoubtful, isUnsettled }: Standstill): void {
    const { stall } = this.#options;
    const isTold = this.#isTold();
    const isStalled = openWaits.length > 0 || isUnsettled;
    const isWorthwhile = !isTold && (isStalled || isDoubtful);
    const isAsked = stall === 'always';
    const picture =
      isAsked || (stall === 'auto' && isWorthwhile) ? this.#look({ isOver: true, isAsked, isStalled }) : null;
    // In a program that is tracked it is told when the program ends.
    const hasModules = !isTold && this.#tellModules(picture);
    const hasCycle = this.#tellCycles(picture) || hasModules;
    const isLocked = isUnsettled || picture?.hasLockWaiters === true;
    if (openWaits.length > 0 || (isLocked && !isTold && !hasCycle)) this.#tell(openWaits, picture);
    else if (picture !== null && !isTold && !hasCycle && picture.left.length > 0) this.#tellLeft(picture);
    else if (stall === 'always' && !hasCycle && (picture?.functions.length ?? 0) > 0) this.#inform([], picture);
  }

  /** The program still runs, or seems to; `isAsked` tells what is open even where nothing is wrong with it. */
  whileRunning(openWaits: readonly OpenWait[], reason: StallReason, isAsked: boolean): void {
    const { stall } = this.#options;
    const readsHeap = stall === 'always' || (stall === 'auto' && isAsked);
    const picture = readsHeap ? this.#look({ isAsked: true }) : null;
    this.#tellCycles(picture);
    this.#tellModules(picture);
    if (isAsked) this.#inform(openWaits, picture, reason);
    else if (openWaits.length > 0) this.#tell(openWaits, picture, reason, 'warning');
  }

  /** The program runs, and nobody can give back what these wait for. */
  abandoned(openWaits: readonly OpenWait[]): void {
    this.#tell(openWaits, null, { kind: 'abandoned' });
  }

  /** Nothing goes on, though the program may go on when it is spoken to: circles that the heap shows are told, and who waits for nobody. */
  atStandstill(): void {
    if (this.#options.stall === 'never' || this.#isTold()) return;
    // Nobody is kept from anything meanwhile, and programs that answer requests have large heaps.
    const budgetMs = 2 * this.#options.stallBudgetMs;
    const picture = this.#look({ isStanding: true, isStalled: false, budgetMs });
    const isTold = this.#tellCycles(picture);
    if (!this.#tellModules(picture) && !isTold && picture.left.length > 0) this.#tellLeft(picture);
  }

  /**
   * A test has run out of time, whatever else runs: circles that the heap shows are told.
   * @returns the functions that have stopped and do not wait for such a circle, those of packages and of the test runner as well
   */
  atTimeout(): readonly SuspendedFunction[] {
    if (this.#options.stall === 'never') return [];
    // The test has taken seconds, and runners have large heaps.
    const picture = this.#look({ isStanding: true, isInTest: true, budgetMs: 4 * this.#options.stallBudgetMs });
    this.#tellCycles(picture);
    return this.#tellModules(picture) ? [] : outsideOfCycles(picture);
  }

  /** The program handles a signal itself and may end well: what it waits for then is information, and the heap is not read. */
  inPassing(openWaits: readonly OpenWait[], reason: StallReason): void {
    if (openWaits.length > 0) this.#inform(openWaits, null, reason);
  }

  /**
   * Of which of these circles the heap shows that somebody goes on who was taken to be stuck; null where it cannot be read.
   * @param all all circles that are suspected now: who waits in them, or behind them, is taken to be stuck as well
   */
  goingOn(
    circles: readonly Circle[],
    all: readonly Circle[],
    waitsFor: Pick<WaitsFor, 'holdersAround' | 'stuckIn'>,
  ): ReadonlyMap<Circle, Going> | null {
    return this.#askHolders((budgetMs) => circlesGoingOn(circles, all, waitsFor, budgetMs), null);
  }

  /**
   * Nothing is left to run: the waits whose holders wait for timers that keep no program alive (`unref`). What they have begun
   * may be left undone, or the program would not have ended.
   */
  leftToTimers(steps: readonly Step[]): ReadonlySet<Wait> {
    if (steps.length === 0) return new Set();
    return this.#askHolders((budgetMs) => waitsLeftToTimers(steps, budgetMs), new Set());
  }

  /** Which of the waits that stand in queues certainly keep what is held from being given back. */
  keptByQueues(circles: QueuedCircles): readonly Step[] {
    return this.#askHolders((budgetMs) => keptByQueues(circles, budgetMs), []);
  }

  /** The waits for what was taken by somebody who is over, and that nobody can give back; none where the heap cannot be read. */
  onAbandoned(steps: readonly Step[]): ReadonlySet<Wait> {
    return this.#askHolders((budgetMs) => abandonedWaits(steps, budgetMs), new Set());
  }

  #askHolders<Answer>(ask: (budgetMs: number) => Answer, unknown: Answer): Answer {
    const { stall, stallBudgetMs } = this.#options;
    if (stall === 'never' || !(this.#isReadSoon || isReadWithin(stallBudgetMs))) return unknown;
    const since = processorMs();
    try {
      return ask(stallBudgetMs);
    } catch {
      // A Node without an inspector, or a heap that is not what is expected.
      return unknown;
    } finally {
      this.#isReadSoon = processorMs() - since <= stallBudgetMs;
    }
  }

  /** True when it was said already why the program stands: by the tracker, or by what watches Node's own modules. */
  #isTold(): boolean {
    const { findings } = this.#options;
    return findings.some(({ code, severity }) => severity === 'error' && HANGS.has(code));
  }

  /** Where it is not certain that anybody waits for ever, nobody need hear how much was not read. */
  #look(how: Partial<PictureOptions>): StallPicture {
    const { stallValues: values, stallBudgetMs, onFinding, now } = this.#options;
    const none = { isOver: false, isStanding: false, isAsked: false, isInTest: false };
    const options = { ...none, isStalled: true, values, budgetMs: stallBudgetMs, ...how };
    const { isStalled, isAsked } = options;
    let picture: StallPicture;
    const since = processorMs();
    try {
      picture = pictureOfStall(options);
      if (picture.cut === null) this.#isReadSoon = processorMs() - since <= stallBudgetMs;
    } catch (error) {
      const cut = `the heap cannot be read (${error instanceof Error ? error.message : String(error)})`;
      picture = { ...NOTHING, cut };
    }
    if (picture.cut !== null && (isStalled || isAsked)) onFinding(stallCutFinding(picture.cut, now()));
    return picture;
  }

  /** A circle that the tracker has reported itself is known by the places of its waits. */
  #tellCycles(picture: StallPicture | null): boolean {
    if (picture === null) return false;
    const told = new Set(this.#options.findings.filter(({ code }) => code === 'DEPT002').map(placesOf));
    const found = awaitDeadlocks(picture, this.#options.now());
    for (const finding of found) {
      // The same code may stand in several circles, one for each key of a cache.
      if (!told.has(placesOf(finding))) this.#options.onFinding(finding);
      told.add(placesOf(finding));
    }
    return found.length > 0;
  }

  /** Modules that wait for each other: the heap shows where they stand, and their source why. */
  #tellModules(picture: StallPicture | null): boolean {
    const found = picture === null ? null : circleOfSuspended(picture.functions, this.#options.now());
    if (found === null) return false;
    const isNew = this.#options.findings.every(({ fingerprint }) => fingerprint !== found.fingerprint);
    if (isNew) this.#options.onFinding(found);
    return true;
  }

  /** Once: who waits for nobody does so the next time, too. */
  #tellLeft({ functions, left, isLeftByProgram }: StallPicture): void {
    const { onFinding, findings, now } = this.#options;
    const suspended = only(functions, new Set(left.map((index) => functions[index])));
    const reason: StallReason = { kind: isLeftByProgram ? 'nothing-left' : 'unsettleable' };
    const found = stalledFinding({ openWaits: [], suspended, reason, severity: 'warning', at: now() });
    if (findings.every(({ fingerprint }) => fingerprint !== found.fingerprint)) onFinding(found);
  }

  #tell(
    openWaits: readonly OpenWait[],
    picture: StallPicture | null,
    reason: StallReason = { kind: 'nothing-left' },
    severity: Finding['severity'] = 'error',
  ): void {
    const { onFinding, now } = this.#options;
    onFinding(stalledFinding({ openWaits, suspended: picture?.functions ?? [], reason, severity, at: now() }));
  }

  #inform(openWaits: readonly OpenWait[], picture: StallPicture | null, reason?: StallReason): void {
    this.#tell(openWaits, picture, reason, 'info');
  }
}

/** The functions that wait in no circle and for none, as a list of their own. */
function outsideOfCycles({ functions, cycles }: StallPicture): readonly SuspendedFunction[] {
  const at = (indexes: readonly number[]): readonly SuspendedFunction[] => indexes.flatMap((i) => functions[i] ?? []);
  const stuck = new Dependents(functions, ({ waitsFor }) => at(waitsFor)).behind(at(cycles.flat()));
  return partOf(functions, (each) => !stuck.has(each));
}

function placesOf({ circle }: Finding): string {
  const places = circle.map(({ wait }) => {
    const frame = wait.stack?.frames[0];
    return frame === undefined ? '' : `${frame.file}:${frame.line}`;
  });
  return places.sort().join(' ');
}
