import { className } from '../core/classes.ts';
import type { Context } from '../core/context.ts';
import type { Dependency } from '../core/dependency.ts';
import type { EventContext } from '../core/event-context.ts';
import { circleFingerprint, type FindingListener, fingerprint, type OpenWait } from '../core/finding.ts';
import type { Session } from '../core/session.ts';
import type { TrackedObject } from '../core/tracked-object.ts';
import type { Observer, Outcome } from '../core/vocabulary.ts';
import type { Wait } from '../core/wait.ts';
import { adviceFor, named, sentence } from './advice.ts';
import { awaitedBits, owedBit } from './event-bits.ts';
import { dependencyFrom } from './observation.ts';
import { DEPT_POLICY } from './policy.ts';

export interface WaitsForOptions {
  readonly onFinding: FindingListener;
  /** Tells whether this circle of classes was predicted before it came true. */
  readonly wasReported?: (fingerprint: string) => boolean;
}

/** One step of a circle of contexts that are blocked now: a blocked wait, and the event context its owner cannot end. */
interface Step {
  readonly wait: Wait;
  readonly held: EventContext;
}

/**
 * The waits-for graph over instances and contexts blocked now. A wait is stuck when everyone who could trigger its event
 * is stuck: one holder is enough for a lock, all holders for a pool of permits. Reports DEPT002 the moment it closes.
 * Cost of a block: the event contexts of its own context, and the blocked waits reachable from its object.
 */
export class WaitsFor implements Observer {
  readonly #session: Session;
  readonly #options: WaitsForOptions;
  readonly #blocked = new Set<Wait>();
  /** The blocked wait that keeps an event context from ending. */
  readonly #stoppedBy = new Map<EventContext, Set<Wait>>();
  readonly #owedBy = new Map<Wait, readonly EventContext[]>();
  readonly #suspected = new Set<Wait>();
  /** Suspects that have outlived one call of `confirm`. */
  readonly #lasting = new Set<Wait>();
  readonly #reported = new Set<Wait>();

  constructor(session: Session, options: WaitsForOptions) {
    this.#session = session;
    this.#options = options;
  }

  /** Waits that sleep now, oldest first. */
  get open(): readonly Wait[] {
    return [...this.#blocked];
  }

  onBlocked(context: Context, wait: Wait): void {
    const owed: EventContext[] = [];
    context.forEachHeld((held) => owed.push(held));
    this.#blocked.add(wait);
    this.#owedBy.set(wait, owed);
    for (const held of owed) {
      const waits = this.#stoppedBy.get(held);
      if (waits === undefined) this.#stoppedBy.set(held, new Set([wait]));
      else waits.add(wait);
    }
    this.#check(wait);
  }

  /** An event context that begins while others already wait for its object may close a circle too (explicit start). */
  onEnter(_context: Context, held: EventContext): void {
    if (held.wait !== null) return;
    for (const wait of this.#blocked) if (wait.object === held.object) this.#check(wait);
  }

  onWaited(wait: Wait, _outcome: Outcome): void {
    this.#blocked.delete(wait);
    this.#suspected.delete(wait);
    this.#lasting.delete(wait);
    for (const held of this.#owedBy.get(wait) ?? []) {
      const waits = this.#stoppedBy.get(held);
      waits?.delete(wait);
      if (waits?.size === 0) this.#stoppedBy.delete(held);
    }
    this.#owedBy.delete(wait);
  }

  /**
   * Circles that rest on holds of asynchronous code are certain only once nothing else can end those holds. Call when
   * that is so: the event loop is empty, or they were there at the last call already.
   */
  confirm(isLast: boolean): void {
    for (const wait of [...this.#suspected]) {
      if (!isLast && !this.#lasting.has(wait)) {
        this.#lasting.add(wait);
        continue;
      }
      const circle = this.#circleFrom(wait);
      if (circle !== null) this.#report(circle);
    }
  }

  get hasSuspects(): boolean {
    return this.#suspected.size > 0;
  }

  /** Reports DEPT003 for waits that sleep while nobody is left who could end them, each one once. */
  reportStalled(counts: (wait: Wait) => boolean = () => true): void {
    const open = this.open.filter((wait) => !this.#reported.has(wait) && counts(wait));
    if (open.length === 0) return;
    for (const wait of open) this.#reported.add(wait);
    const names = [...new Set(open.map((wait) => className(this.#classOf(wait))))];
    this.#options.onFinding({
      code: 'DEPT003',
      kind: 'stalled',
      severity: 'error',
      fingerprint: fingerprint(`DEPT003\u0000${names.sort().join('\u0000')}`),
      rules: 'dept',
      circle: [],
      message: `The program has nothing left to run while ${open.length === 1 ? 'a wait is' : `${open.length} waits are`} still open: ${names.join(', ')}.`,
      help: ['Find the code that should have triggered the event: an early return or a thrown error often skips it.'],
      predictedBy: null,
      openWaits: open.map((wait) => this.#describe(wait)),
      stack: null,
      at: this.#session.now,
    });
  }

  #check(wait: Wait): void {
    const circle = this.#circleFrom(wait);
    if (circle === null) return;
    const isCertain = circle.every(({ held }) => held.context.exact);
    if (isCertain) this.#report(circle);
    else this.#suspected.add(wait);
  }

  #circleFrom(wait: Wait): readonly Step[] | null {
    if (wait.timed || this.#reported.has(wait)) return null;
    const path: Step[] = [];
    const onPath = new Set<Wait>();
    const isStuck = (waiting: Wait): boolean => {
      if (waiting.timed) return false;
      if (onPath.has(waiting)) return true;
      onPath.add(waiting);
      const holders = this.#holdersInTheWay(waiting);
      const needsAll = waiting.object.key.capacity > 1;
      const [first, ...others] = holders;
      let stuck: boolean;
      if (!needsAll) {
        stuck = holders.some((held) => this.#isStopped(held, isStuck, path));
      } else {
        // One way round is enough for the report; the other holders only have to be stuck as well.
        stuck = first !== undefined && holders.length >= waiting.object.key.capacity;
        stuck &&= this.#isStopped(first as EventContext, isStuck, path);
        stuck &&= others.every((held) => this.#isStopped(held, isStuck, []));
      }
      if (!stuck) onPath.delete(waiting);
      return stuck;
    };
    return isStuck(wait) ? circleOf(wait, path) : null;
  }

  #isStopped(held: EventContext, isStuck: (wait: Wait) => boolean, path: Step[]): boolean {
    for (const blocker of this.#stoppedBy.get(held) ?? []) {
      if (!isStuck(blocker)) continue;
      path.push({ wait: blocker, held });
      return true;
    }
    return false;
  }

  /** Who has to end an event context before this wait can go on. A reader passes readers. */
  #holdersInTheWay(wait: Wait): readonly EventContext[] {
    const bits = awaitedBits(wait.object.key.kind, wait.how, DEPT_POLICY);
    return this.#session
      .holders(wait.object)
      .filter((held) => bits.includes(owedBit(held.object.key.kind, held.how, DEPT_POLICY)));
  }

  #report(steps: readonly Step[]): void {
    for (const { wait } of steps) {
      this.#reported.add(wait);
      this.#suspected.delete(wait);
    }
    const circle = named(steps.map(({ wait, held }) => this.#dependency(wait, held)));
    const predicted = circleFingerprint('DEPT001', circle);
    this.#options.onFinding({
      code: 'DEPT002',
      kind: 'deadlock',
      severity: 'error',
      fingerprint: circleFingerprint('DEPT002', circle),
      rules: 'dept',
      circle,
      message: sentence(circle, true),
      help: adviceFor(circle),
      predictedBy: this.#options.wasReported?.(predicted) === true ? predicted : null,
      openWaits: [],
      stack: this.#session.capture(),
      at: this.#session.now,
    });
  }

  #dependency(wait: Wait, held: EventContext): Dependency {
    const from = this.#session.classes.get(held.object.classOf(owedBit(held.object.key.kind, held.how, DEPT_POLICY)));
    return dependencyFrom({ rule: 'wait', context: wait.context, held, wait, event: null }, from, this.#classOf(wait));
  }

  #classOf(wait: Wait): ReturnType<Session['classes']['get']> {
    const blocking = this.#holdersInTheWay(wait)[0];
    const bit = blocking === undefined ? 0 : owedBit(blocking.object.key.kind, blocking.how, DEPT_POLICY);
    return this.#session.classes.get(wait.object.classOf(bit));
  }

  #describe(wait: Wait): OpenWait {
    return {
      contextName: wait.context.name,
      label: wait.how.waitLabel,
      className: className(this.#classOf(wait)),
      objectLabel: labelOf(wait.object),
      stack: wait.stack,
      owners: this.#session.holders(wait.object).map((held) => ({
        contextName: held.context.name,
        startLabel: held.how.startLabel,
        stack: held.stack,
      })),
    };
  }
}

function labelOf(object: TrackedObject): string {
  return object.label === object.key.name ? object.label : `${object.label} (${object.key.name})`;
}

/**
 * The circle in a search path, newest wait first, then as reports order it: each step waits for what the one before owes.
 * The path was filled from the innermost step out; its last wait is where the search met itself, which need not be
 * where it began.
 */
function circleOf(start: Wait, path: readonly Step[]): readonly Step[] {
  const closing = path[0];
  if (closing === undefined) return [];
  if (closing.wait === start) return path;
  const met = path.findLastIndex((step) => step.wait === closing.wait);
  return path.slice(0, met > 0 ? met : path.length);
}
