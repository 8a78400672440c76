import type { Context } from '../core/context.ts';
import type { EventContext } from '../core/event-context.ts';
import { circleFingerprint, type Finding, type FindingListener, type OpenWait } from '../core/finding.ts';
import { NEVER } from '../core/ids.ts';
import type { Session } from '../core/session.ts';
import { isOfPackage, type Stack } from '../core/stack.ts';
import type { Observer, Outcome } from '../core/vocabulary.ts';
import type { Wait } from '../core/wait.ts';
import { adviceFor, sentence } from './advice.ts';
import { foldAlike } from './alike-waits.ts';
import { dependencyOf, holdersInTheWay } from './blocked-wait.ts';
import { named } from './caller-names.ts';
import { deadlockFinding } from './deadlock.ts';
import { withoutIdle } from './idle-waits.ts';
import { hasOnlyMet, type Stops } from './met-holders.ts';
import { describeOpen } from './open-waits.ts';
import { QueuedCircles } from './queued-circles.ts';
import { stalledFinding } from './stalled.ts';
import { type BlockedWaits, circleOfStuck, type Step, stuckBehind } from './stuck-waits.ts';

const NOTHING: ReadonlySet<EventContext> = new Set();

export interface WaitsForOptions {
  readonly onFinding: FindingListener;
  /** Tells whether this circle of classes was predicted before it came true. */
  readonly wasReported?: (fingerprint: string) => boolean;
  /** Told of each deadlock after its finding. @returns the wait of the circle that is refused, null when none is */
  readonly breaks?: (finding: Finding, steps: readonly Step[]) => Wait | null;
}

/**
 * The waits-for graph over instances and contexts blocked now. A wait is stuck when everyone who could trigger its event
 * is stuck (stuck-waits.ts tells who that is). Reports DEPT002 the moment a circle closes.
 * Cost of a block: the event contexts of its own context, and the blocked waits reachable from its object.
 */
export class WaitsFor implements Observer {
  readonly skipsTaken = true;
  readonly #session: Session;
  readonly #options: WaitsForOptions;
  /** What an exact context waits for now. */
  readonly #blockedIn = new Map<Context, Set<Wait>>();
  /** The blocked waits that keep an event context from ending. */
  readonly #stoppedBy = new Map<EventContext, Set<Wait>>();
  /** What the waits that sleep keep from ending; a wait that owes nothing has no entry. */
  readonly #owedBy = new Map<Wait, Set<EventContext>>();
  readonly #suspected = new Set<Wait>();
  /** Suspects that have outlived one call of `confirm`. */
  readonly #lasting = new Set<Wait>();
  readonly #reported = new Set<Wait>();
  /** The waits of circles that were reported and have not been broken. */
  readonly #deadlocked = new Set<Wait>();
  readonly #canEnd = (held: EventContext): boolean => !this.#stoppedBy.has(held);
  readonly #stops: Stops = {
    stoppedBy: (held) => this.#stoppedBy.get(held) ?? [],
    owedBy: (wait) => this.#owedBy.get(wait) ?? NOTHING,
  };
  readonly #view: BlockedWaits = {
    goesOnByItself: (wait) => wait.timed || wait.isLeft,
    holdersInTheWay: (wait) => holdersInTheWay(wait, this.#session),
    stoppedBy: (held) => this.#stoppedBy.get(held) ?? [],
    hasOnlyMet: (wait, held) => hasOnlyMet(wait, held, this.#stops, this.#session.histories),
  };
  /** The same as it stands until one of the long timeouts ends. */
  readonly #viewUntilTimeout: BlockedWaits = {
    ...this.#view,
    goesOnByItself: (wait) => wait.givesUpSoon || wait.isLeft,
  };
  /** Waits with a long timeout that sleep now. */
  readonly #patient = new Set<Wait>();
  /** The fingerprint of the circle that a deadlocked wait was reported with. */
  readonly #toldWith = new WeakMap<Wait, string>();
  /** Circles that were reported though a timeout breaks them. */
  readonly #toldUntilTimeout = new Set<string>();
  readonly #marked: readonly Set<Wait>[] = [
    this.#suspected,
    this.#lasting,
    this.#reported,
    this.#deadlocked,
    this.#patient,
  ];

  constructor(session: Session, options: WaitsForOptions) {
    this.#session = session;
    this.#options = options;
  }

  /** Waits that sleep now, oldest first. */
  get open(): readonly Wait[] {
    return [...this.#session.sleeping];
  }

  /** Who waits for whom now: the same waits in words, each with those who owe its event. */
  describeOpen(): readonly OpenWait[] {
    return this.#describe(this.open);
  }

  /** Of these waits those that no finding has told of. */
  describeUntold(): readonly OpenWait[] {
    return this.#describe(this.#untold(() => true));
  }

  onBlocked(context: Context, wait: Wait): void {
    if (context.exact) addTo(this.#blockedIn, context, wait);
    if (wait.timed && !wait.givesUpSoon) this.#patient.add(wait);
    context.forEachHeld((held) => this.#stop(held, wait));
    this.#check(wait);
  }

  /** An event context that begins while others already wait for its object may close a circle too (explicit start). */
  onEnter(context: Context, held: EventContext): void {
    if (!held.hasWait) this.#owes(context, held);
  }

  onHandover(from: Context, to: Context, held: EventContext): void {
    for (const wait of this.#blockedIn.get(from) ?? []) {
      removeFrom(this.#stoppedBy, held, wait);
      this.#owedBy.get(wait)?.delete(held);
    }
    this.#owes(to, held);
  }

  onWaited(wait: Wait, _outcome: Outcome): void {
    // Asked of the wait first: most end without having slept.
    if (wait.blockedAt === NEVER) return;
    // Nearly always all of them are empty, and to ask for that is cheaper.
    for (const each of this.#marked) if (each.size > 0) each.delete(wait);
    if (wait.context.exact) removeFrom(this.#blockedIn, wait.context, wait);
    const owed = this.#owedBy.get(wait);
    if (owed === undefined) return;
    for (const held of owed) removeFrom(this.#stoppedBy, held, wait);
    this.#owedBy.delete(wait);
  }

  /**
   * Circles that rest on holds of asynchronous code are certain only once nothing else can end those holds. Call when
   * that is so: the event loop is empty, or they were there at the last call already.
   * @param spared waits of which this call does not tell: somebody goes on who would end them
   */
  confirm(isLast: boolean, spared: readonly Wait[] = []): void {
    const left = new Set(spared);
    for (const wait of [...this.#suspected]) {
      if (!isLast && !this.#lasting.has(wait)) {
        this.#lasting.add(wait);
        continue;
      }
      if (left.has(wait)) continue;
      const circle = this.#circleFrom(wait);
      const untilTimeout = circle === null ? this.#circleUntilTimeout(wait) : null;
      // When the timer has run, the holder may wait for it once more, and without one: it is known until it is told.
      const { isLimited } = wait;
      wait.isLimited = false;
      if (!isLimited) this.#suspected.delete(wait);
      if (!isLimited) this.#lasting.delete(wait);
      if (circle !== null) this.#report(circle, isLimited);
      else if (untilTimeout !== null) this.#report(untilTimeout, true);
    }
  }

  /** The waits that the next call of `confirm` would tell of, unless they are no circle any more. */
  get lasting(): ReadonlySet<Wait> {
    return this.#lasting;
  }

  /** These, and the waits that the next call makes one of them. */
  get suspects(): ReadonlySet<Wait> {
    return this.#suspected;
  }

  /** The circle that a suspected wait closes, that wait first; null where there is none any more. */
  circleOf(wait: Wait): readonly Step[] | null {
    return this.#circleFrom(wait) ?? this.#circleUntilTimeout(wait);
  }

  /**
   * Who would let a circle go on if he went on: of a step that is the one of the circle alone, of a pool each of those who have what is
   * waited for, any of whom may give it back. Each with all that keeps him from it.
   */
  holdersAround(circle: readonly Step[]): readonly (readonly Step[])[] {
    const pooled = circle.filter(({ wait }) => wait.object.key.capacity > 1);
    const others = new Set(pooled.flatMap(({ wait }) => holdersInTheWay(wait, this.#session)));
    for (const { held } of circle) others.delete(held);
    const stepsOf = (held: EventContext): readonly Step[] =>
      [...this.#view.stoppedBy(held)].map((wait) => ({ wait, held }));
    return [...circle.map((step) => [step]), ...[...others].map(stepsOf)];
  }

  /** The circles there may be through waits of which nobody is known to sleep for them, as long as the program goes on. */
  queuedCircles(isOld: (wait: Wait) => boolean): QueuedCircles {
    const explained = this.#deadlocked.size === 0 ? this.#deadlocked : this.#behind(this.open);
    return new QueuedCircles(this.#session, this.#view, (wait) => {
      return !this.#reported.has(wait) && !explained.has(wait) && isOld(wait);
    });
  }

  /** It has shown that each of these waits keeps an event context from ending: tells of the circles that they close. */
  keep(steps: readonly Step[]): void {
    for (const { wait, held } of steps) this.#stop(held, wait);
    for (const { wait } of steps) {
      const circle = this.#behind([wait]).has(wait) ? null : this.#circleFrom(wait);
      if (circle !== null) this.#report(circle);
    }
  }

  /** All that is stuck in these circles or behind them. */
  stuckIn(circles: readonly (readonly Step[])[]): ReadonlySet<Wait> {
    const waits = new Set(circles.flat().map(({ wait }) => wait));
    return stuckBehind(this.open, waits, this.#viewUntilTimeout);
  }

  /** Who is in the way of the open waits that count and that no finding has told of yet. */
  stepsFrom(counts: (wait: Wait) => boolean): readonly Step[] {
    return this.#untold(counts).flatMap((wait) => holdersInTheWay(wait, this.#session).map((held) => ({ wait, held })));
  }

  /** The open waits that end only after one of these has. */
  openBehind(ends: ReadonlySet<Wait>): ReadonlySet<Wait> {
    return ends.size === 0 ? ends : new Set([...ends, ...stuckBehind(this.open, ends, this.#view)]);
  }

  get hasSuspects(): boolean {
    return this.#suspected.size > 0;
  }

  /** Reports DEPT003 for waits that sleep while nobody is left who could end them, each one once. */
  reportStalled(counts: (wait: Wait) => boolean = () => true): void {
    const openWaits = this.takeStalled(counts);
    if (openWaits.length > 0) this.#options.onFinding(stalledFinding({ openWaits, at: this.#session.now }));
  }

  /**
   * The open waits that count and that no finding has told of yet. Who waits behind a deadlock that was reported does so
   * because of that, and is not among them. Nor is an idle library.
   */
  stalled(counts: (wait: Wait) => boolean = () => true): readonly OpenWait[] {
    return this.#describe(this.#busy(counts));
  }

  /** The same; from now on a finding has told of them. */
  takeStalled(counts: (wait: Wait) => boolean = () => true): readonly OpenWait[] {
    const waits = this.#busy(counts);
    for (const wait of waits) this.#reported.add(wait);
    return this.#describe(waits);
  }

  /** False where findings have told of all that count. */
  hasUntold(counts: (wait: Wait) => boolean): boolean {
    return this.#untold(counts).length > 0;
  }

  /** A finding of another kind has told why this wait does not end: neither it nor what waits behind it is told of again. */
  explained(wait: Wait): void {
    this.#reported.add(wait);
    this.#deadlocked.add(wait);
  }

  #busy(counts: (wait: Wait) => boolean): readonly Wait[] {
    return withoutIdle(this.#untold(counts), this.#session, this.#stoppedBy);
  }

  #untold(counts: (wait: Wait) => boolean): readonly Wait[] {
    const waits = this.open.filter((wait) => !this.#reported.has(wait) && counts(wait));
    const explained = this.#behind(waits);
    return waits.filter((wait) => !explained.has(wait));
  }

  #behind(waits: readonly Wait[]): ReadonlySet<Wait> {
    return this.#deadlocked.size === 0 ? this.#deadlocked : stuckBehind(waits, this.#deadlocked, this.#view);
  }

  /** `context` owes from now on what others may already wait for; it may be blocked itself. */
  #owes(context: Context, held: EventContext): void {
    const own = this.#blockedIn.get(context);
    if (own === undefined) return;
    for (const wait of own) this.#stop(held, wait);
    for (const wait of this.#session.sleeping) if (wait.object === held.object) this.#check(wait);
  }

  #stop(held: EventContext, wait: Wait): void {
    addTo(this.#stoppedBy, held, wait);
    const owed = this.#owedBy.get(wait);
    if (owed === undefined) this.#owedBy.set(wait, new Set([held]));
    else owed.add(held);
  }

  #check(wait: Wait): void {
    const circle = this.#circleFrom(wait);
    if (circle === null) {
      if (this.#circleUntilTimeout(wait) !== null) this.#suspected.add(wait);
      return;
    }
    const isCertain = circle.every(({ held }) => held.context.exact);
    if (isCertain) this.#report(circle);
    else this.#suspected.add(wait);
  }

  #circleFrom(wait: Wait): readonly Step[] | null {
    return this.#isFree(wait) || wait.timed ? null : circleOfStuck(wait, this.#view);
  }

  /** A circle that stands until a long timeout ends one of its waits. */
  #circleUntilTimeout(wait: Wait): readonly Step[] | null {
    const isNone = this.#patient.size === 0 || this.#isFree(wait) || wait.givesUpSoon;
    return isNone ? null : circleOfStuck(wait, this.#viewUntilTimeout);
  }

  /** True for a wait that cannot be stuck, or was told of. */
  #isFree(wait: Wait): boolean {
    return this.#stoppedBy.size === 0 || wait.object.everyHolder(this.#canEnd) || this.#reported.has(wait);
  }

  #report(steps: readonly Step[], isUntilTimeout = false): void {
    const circle = named(steps.map((step) => dependencyOf(step, this.#session)));
    const fingerprint = circleFingerprint('DEPT002', circle);
    const waits = steps.map(({ wait }) => wait);
    // What a timeout lets go may come to the same place again, or stay in another circle for ever.
    if (isUntilTimeout && this.#toldUntilTimeout.has(fingerprint)) return;
    if (isUntilTimeout) this.#toldUntilTimeout.add(fingerprint);
    const isKnown = !isUntilTimeout && this.#isKnown(fingerprint, steps);
    for (const wait of isUntilTimeout ? [] : waits) {
      this.#toldWith.set(wait, fingerprint);
      this.#reported.add(wait);
      this.#suspected.delete(wait);
      this.#deadlocked.add(wait);
    }
    if (isKnown) return;
    const behind = stuckBehind(this.open, new Set(waits), isUntilTimeout ? this.#viewUntilTimeout : this.#view);
    const predicted = circleFingerprint('DEPT001', circle);
    const finding = deadlockFinding({
      circle,
      fingerprint,
      severity: isUntilTimeout ? 'warning' : 'error',
      message: sentence(circle, isUntilTimeout ? 'until-timeout' : 'now'),
      help: adviceFor(circle, true),
      predictedBy: this.#options.wasReported?.(predicted) === true ? predicted : null,
      openWaits: foldAlike(this.#describe([...behind].filter((wait) => !waits.includes(wait)))),
      stack: ofProgram(this.#session.capture()),
      at: this.#session.now,
    });
    this.#options.onFinding(finding);
    const refused = isUntilTimeout ? null : (this.#options.breaks?.(finding, steps) ?? null);
    if (refused === null) return;
    // The others go on, and may meet in another circle before their present waits end.
    for (const wait of waits) {
      this.#deadlocked.delete(wait);
      if (wait !== refused) this.#reported.delete(wait);
    }
  }

  /**
   * True when all of them are stuck in such a circle already, with another wait, as for several tasks in a `Promise.all`, or behind
   * one, as two readers who both want to write: the finding of the first one lists the others. Who breaks deadlocks is to hear of each.
   */
  #isKnown(fingerprint: string, steps: readonly Step[]): boolean {
    if (this.#options.breaks !== undefined) return false;
    const isTold = (wait: Wait): boolean => this.#deadlocked.has(wait) && this.#toldWith.get(wait) === fingerprint;
    // One that was told of may have been broken, and come back with these.
    const fresh = new Set(steps.flatMap(({ wait }) => (this.#deadlocked.has(wait) ? [] : [wait])));
    const withoutThem: BlockedWaits = {
      ...this.#view,
      goesOnByItself: (wait) => fresh.has(wait) || this.#view.goesOnByItself(wait),
    };
    const isStuckAnyway = (wait: Wait): boolean => isTold(wait) && circleOfStuck(wait, withoutThem) !== null;
    const isStoppedBy = (held: EventContext, counts: (wait: Wait) => boolean): boolean =>
      [...(this.#stoppedBy.get(held) ?? [])].some(counts);
    return steps.every(({ wait, held }) => {
      if (isStoppedBy(held, isTold)) return true;
      return holdersInTheWay(wait, this.#session).some((other) => isStoppedBy(other, isStuckAnyway));
    });
  }

  #describe(waits: readonly Wait[]): readonly OpenWait[] {
    return describeOpen(waits, this.#session, this.#stoppedBy);
  }
}

function addTo<K>(index: Map<K, Set<Wait>>, key: K, wait: Wait): void {
  const known = index.get(key);
  if (known === undefined) index.set(key, new Set([wait]));
  else known.add(wait);
}

function removeFrom<K>(index: Map<K, Set<Wait>>, key: K, wait: Wait): void {
  const known = index.get(key);
  known?.delete(wait);
  if (known?.size === 0) index.delete(key);
}

/** Who confirms a deadlock may be called by a test runner alone, which has nothing to do with it. */
function ofProgram(stack: Stack | null): Stack | null {
  return stack === null || stack.frames.every(isOfPackage) ? null : stack;
}
