import type { Context } from '../core/context.ts';
import type { EventContext } from '../core/event-context.ts';
import type { Session } from '../core/session.ts';
import type { TrackedObject } from '../core/tracked-object.ts';
import type { How, HowMuch, MisuseKind } from '../core/vocabulary.ts';
import type { ScenarioCase } from './case.ts';
import { CaseObjects, REPLAYED_WAIT } from './class-objects.ts';
import { MachinePlan } from './machine-run.ts';
import type { Op } from './op.ts';
import { reentryFault } from './reentry.ts';
import type { WwContext } from './ww-rules.ts';

/** A lock the replayed context has. */
export interface ClassHold {
  readonly name: string;
  readonly held: EventContext;
  /** How often a recursive owner took it. */
  count: number;
  readonly mode: 'write' | 'read' | 'upgradable' | 'permits';
  /** What its nesting is protected by, null without. */
  readonly group: object | null;
}

interface Frame {
  readonly context: Context;
  readonly holds: ClassHold[];
}

export interface ClassDriverOptions {
  /** False: per-CPU local locks are not told, as DEPT has no annotation for them. */
  readonly localLocks: boolean;
}

/**
 * Replays one context after another through a session's hooks. Nothing blocks: a wait is answered in the same step. It
 * keeps the ledger of holds, so that misuse is seen here and not by the observers.
 */
export class ClassDriver {
  readonly session: Session;
  readonly scenario: ScenarioCase;
  readonly objects: CaseObjects;
  readonly plan: MachinePlan;
  readonly options: ClassDriverOptions;
  /** Acquire contexts by name; a name that is initialised again is a new one. */
  readonly ww: WwContext[] = [];
  /** Nested allocation scopes that must not enter the file system. */
  nofsDepth = 0;
  /** Objects that a foreign context held and has let go by now. */
  readonly foreignGone: Set<string> = new Set();
  /** Names of objects that were destroyed and not made again. */
  readonly destroyed: Set<string> = new Set();
  /** Number of the context in the case. */
  contextNumber = 0;
  /** Position of the current operation in its context. */
  position = 0;
  #frames: Frame[] = [];

  constructor(session: Session, scenario: ScenarioCase, options: ClassDriverOptions) {
    this.session = session;
    this.scenario = scenario;
    this.options = options;
    this.objects = new CaseObjects(session, scenario);
    this.plan = new MachinePlan(scenario);
  }

  /** What the current context, or the interrupt in it, holds; oldest first. */
  get holds(): ClassHold[] {
    return (this.#frames.at(-1) as Frame).holds;
  }

  get context(): Context {
    return (this.#frames.at(-1) as Frame).context;
  }

  get isInInterrupt(): boolean {
    return this.#frames.length > 1;
  }

  /** Goes on in this context: a new one of the case, or an interrupt that comes now. */
  enter(context: Context): void {
    this.#frames.push({ context, holds: [] });
    this.session.current = context;
  }

  /** The current context is over; what it still holds is dropped. */
  leave(): void {
    const frame = this.#frames.pop();
    if (frame === undefined) return;
    for (const hold of frame.holds.reverse()) this.session.exit(hold.held, frame.context);
    this.session.endContext(frame.context);
    const outer = this.#frames.at(-1);
    if (outer !== undefined) this.session.current = outer.context;
  }

  holdOf(name: string, modes?: readonly ClassHold['mode'][]): ClassHold | null {
    return (
      this.holds.findLast((hold) => hold.name === name && (modes === undefined || modes.includes(hold.mode))) ?? null
    );
  }

  /** Waits for the object and is given it at once. */
  take(
    name: string,
    object: TrackedObject,
    how: How,
    mode: ClassHold['mode'],
    more: HowMuch | null,
    held: How = how,
  ): void {
    // Under one protecting lock or acquire context further locks of the class bring no new order (check_deadlock == 2).
    const isNested =
      more?.group !== undefined &&
      this.holds.some((hold) => hold.group === more.group && hold.held.object.key === object.key);
    const begun = isNested ? null : this.session.wait(object, how, more);
    const entered = begun === null ? this.session.enter(object, how, more) : this.session.granted(begun, held);
    this.#add(name, entered, mode, more);
  }

  /** Takes the object without waiting. */
  tryTake(name: string, object: TrackedObject, how: How, mode: ClassHold['mode'], more: HowMuch | null = null): void {
    this.#add(name, this.session.enter(object, how, more), mode, more);
  }

  /** Ends one hold. */
  drop(hold: ClassHold): void {
    hold.count--;
    if (hold.count > 0) return;
    this.holds.splice(this.holds.indexOf(hold), 1);
    this.session.exit(hold.held);
  }

  /** Forgets the ledger entry of a hold that ended by itself. */
  replace(hold: ClassHold, held: EventContext, mode: ClassHold['mode']): void {
    this.holds[this.holds.indexOf(hold)] = { ...hold, held, mode };
  }

  /** A wait without an owner, answered at once. */
  awaitSignal(object: TrackedObject, op: Op): void {
    const more = op.timeoutMs === null ? null : { timeoutMs: op.timeoutMs };
    this.session.waited(this.session.wait(object, REPLAYED_WAIT, more));
  }

  misuse(kind: MisuseKind, name: string | null, message: string): void {
    this.session.misuse({ kind, object: name === null ? null : this.objects.object(name), message });
  }

  /** @returns false when the object's own rules refuse the operation */
  mayTake(op: Op): boolean {
    if (!this.plan.objects.some(({ name }) => name === op.target)) return true;
    const holdsOf = (context: number): readonly number[] =>
      context === this.contextNumber
        ? this.holds.flatMap((hold) => (this.objects.declared(hold.name) === null ? [] : [this.plan.object(hold.name)]))
        : [];
    const fault = reentryFault(this.plan, this.plan.object(op.target), this.contextNumber, holdsOf);
    if (fault === null) return true;
    this.misuse(fault, op.target, op.text);
    return false;
  }

  #add(name: string, held: EventContext, mode: ClassHold['mode'], more: HowMuch | null): void {
    this.holds.push({ name, held, count: 1, mode, group: more?.group ?? null });
  }
}
