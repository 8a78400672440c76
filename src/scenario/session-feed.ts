import type { ExactContext } from '../core/context.ts';
import type { EventContext } from '../core/event-context.ts';
import {
  DOWNGRADE,
  defineHow,
  EVENT,
  LOCK,
  READ_LOCK,
  READ_LOCK_RECURSIVE,
  READ_TRYLOCK,
  TRYLOCK,
} from '../core/how.ts';
import type { Session } from '../core/session.ts';
import type { TrackedObject } from '../core/tracked-object.ts';
import type { How } from '../core/vocabulary.ts';
import type { Wait } from '../core/wait.ts';
import type { ScenarioCase } from './case.ts';
import { CaseObjects, UPGRADABLE_HOLD, UPGRADABLE_WAIT } from './class-objects.ts';
import { parkName, type SignalPlan, signalPlan, taskName } from './class-signals.ts';
import type { MachineEffects } from './machine-effects.ts';
import { MachinePlan } from './machine-run.ts';
import type { HoldMode, Waiting } from './machine-state.ts';
import { isPureSignal } from './object-types.ts';

/** A context that will make an event happen: from its start, or from where it says so, to the event. */
const PROMISE: How = defineHow({ startLabel: 'start', waitLabel: 'wait', eventLabel: 'event' });

/** One context as the session knows it. */
interface Fed {
  readonly context: ExactContext;
  readonly plan: SignalPlan;
  /** Open event contexts by number of the object, oldest first. */
  readonly held: Map<number, EventContext[]>;
  /** Events owed, by name. */
  readonly promised: Map<string, EventContext>;
  wait: Wait | null;
}

/**
 * Tells a session what a machine does, each thing when it happens: a grant in the step of the one who releases. Who will
 * signal an object owes it from its start, or from its `request_event`.
 */
export class SessionFeed implements MachineEffects {
  readonly #session: Session;
  readonly #scenario: ScenarioCase;
  readonly #plan: MachinePlan;
  readonly #objects: CaseObjects;
  readonly #fed: (Fed | undefined)[] = [];
  readonly #joined: ReadonlySet<string>;
  /** Position of the operation that runs. */
  #position = 0;

  constructor(session: Session, scenario: ScenarioCase) {
    this.#session = session;
    this.#scenario = scenario;
    this.#plan = new MachinePlan(scenario);
    this.#objects = new CaseObjects(session, scenario);
    const joins = scenario.contexts.flatMap(({ ops }) => ops.filter(({ verb }) => verb === 'await_task'));
    this.#joined = new Set(joins.map(({ target }) => target));
  }

  /** From here on this context acts, at this operation. */
  switchTo(context: number, position: number): void {
    this.#session.current = this.#of(context).context;
    this.#position = position;
  }

  begins(context: number): void {
    const { name, ops } = this.#plan.contexts[context] ?? { name: '', ops: [] };
    const fed: Fed = {
      context: this.#session.exactContext(name),
      plan: signalPlan(this.#scenario, ops),
      held: new Map(),
      promised: new Map(),
      wait: null,
    };
    this.#fed[context] = fed;
    for (const owed of fed.plan.owedFromStart) this.#promise(fed, owed);
    if (this.#joined.has(name)) this.#promise(fed, taskName(name));
  }

  ends(context: number): void {
    const fed = this.#of(context);
    for (const name of [...fed.promised.keys()]) this.#keep(fed, name);
    this.#session.endContext(fed.context);
  }

  asks(context: number, object: number): void {
    const fed = this.#of(context);
    const name = this.#name(object);
    this.#keep(fed, name);
    this.#promise(fed, name);
  }

  waits(context: number, waiting: Waiting): void {
    const fed = this.#of(context);
    // One upgradable reader exists, so its own hold is no obstacle to its upgrade.
    const own = waiting.kind === 'upgrade' ? fed.held.get(waiting.object)?.at(-1) : undefined;
    if (own?.how === UPGRADABLE_HOLD) this.#exitAll(fed, waiting.object, fed);
    const more = waiting.timeoutMs === null ? null : { timeoutMs: waiting.timeoutMs };
    fed.wait = this.#session.wait(this.#awaited(fed, waiting), waitHow(waiting), more, fed.context);
  }

  sleeps(context: number): void {
    const { wait } = this.#of(context);
    if (wait !== null) this.#session.blocked(wait);
  }

  goesOn(context: number, waiting: Waiting, holds: HoldMode | null): void {
    const fed = this.#of(context);
    const { wait } = fed;
    fed.wait = null;
    if (wait === null) return;
    if (holds === null || this.#isPureSignal(waiting.object)) {
      this.#session.waited(wait);
      return;
    }
    if (waiting.kind === 'upgrade') this.#exitAll(fed, waiting.object, fed);
    this.#add(fed, waiting.object, this.#session.granted(wait, holdHow(holds)));
  }

  givesUp(context: number, why: 'timed-out' | 'cancelled'): void {
    const fed = this.#of(context);
    if (fed.wait !== null) this.#session.waited(fed.wait, why);
    fed.wait = null;
  }

  takes(context: number, object: number, mode: HoldMode): void {
    const fed = this.#of(context);
    const how = mode === 'read' ? READ_TRYLOCK : TRYLOCK;
    this.#add(fed, object, this.#session.enter(this.#object(object), how, null, fed.context));
  }

  releases(by: number, owner: number, object: number, isAll: boolean): void {
    const fed = this.#of(owner);
    if (this.#isPureSignal(object)) {
      this.signals(by, object);
      return;
    }
    if (isAll) {
      this.#exitAll(fed, object, this.#of(by));
      return;
    }
    const newest = fed.held.get(object)?.pop();
    if (newest !== undefined) this.#session.exit(newest, this.#of(by).context);
  }

  downgrades(context: number, object: number): void {
    const fed = this.#of(context);
    const newest = fed.held.get(object)?.pop();
    if (newest !== undefined) this.#add(fed, object, this.#session.modify(newest, DOWNGRADE, fed.context));
  }

  signals(by: number, object: number): void {
    this.#happens(by, this.#name(object), this.#object(object));
  }

  unparks(by: number, context: number): void {
    const name = parkName(this.#plan.contexts[context]?.name ?? '');
    this.#happens(by, name, this.#objects.other(name, 'event'));
  }

  misuses(context: number, object: number, kind: string, message: string): void {
    this.#session.misuse(
      { kind, object: object < 0 ? null : this.#object(object), message },
      this.#of(context).context,
    );
  }

  #happens(by: number, name: string, object: TrackedObject): void {
    const fed = this.#of(by);
    if (fed.plan.events.has(this.#position)) this.#keep(fed, name);
    this.#session.event(object, EVENT, fed.context);
  }

  #promise(fed: Fed, name: string): void {
    const declared = this.#objects.declared(name) !== null;
    const object = declared ? this.#objects.object(name) : this.#objects.other(name, otherKind(name));
    fed.promised.set(name, this.#session.enter(object, PROMISE, null, fed.context));
  }

  #keep(fed: Fed, name: string): void {
    const promised = fed.promised.get(name);
    if (promised !== undefined) this.#session.exit(promised, fed.context);
    fed.promised.delete(name);
  }

  #awaited(fed: Fed, { kind, object, task }: Waiting): TrackedObject {
    if (kind === 'task') return this.#objects.other(taskName(this.#plan.contexts[task]?.name ?? ''), 'task');
    if (kind === 'park') return this.#objects.other(parkName(fed.context.name), 'event');
    return this.#object(object);
  }

  #exitAll(fed: Fed, object: number, by: Fed): void {
    for (const held of (fed.held.get(object) ?? []).reverse()) this.#session.exit(held, by.context);
    fed.held.delete(object);
  }

  #add(fed: Fed, object: number, held: EventContext): void {
    const known = fed.held.get(object);
    if (known === undefined) fed.held.set(object, [held]);
    else known.push(held);
  }

  #isPureSignal(object: number): boolean {
    const declared = this.#plan.objects[object];
    return declared !== undefined && isPureSignal(declared);
  }

  #object(object: number): TrackedObject {
    return this.#objects.object(this.#name(object));
  }

  #name(object: number): string {
    return this.#plan.objects[object]?.name ?? '';
  }

  #of(context: number): Fed {
    const fed = this.#fed[context];
    if (fed === undefined) throw new RangeError(`context ${context} acts before it begins`);
    return fed;
  }
}

function otherKind(name: string): string {
  return name.startsWith('task ') ? 'task' : 'event';
}

function waitHow({ kind, mode, recursive }: Waiting): How {
  if (kind === 'permits' || kind === 'upgrade') return LOCK;
  if (kind !== 'lock') return EVENT;
  if (mode === 'upgradable') return UPGRADABLE_WAIT;
  if (mode === 'read') return recursive ? READ_LOCK_RECURSIVE : READ_LOCK;
  return LOCK;
}

function holdHow(mode: HoldMode): How {
  if (mode === 'upgradable') return UPGRADABLE_HOLD;
  return mode === 'read' ? READ_LOCK : LOCK;
}
