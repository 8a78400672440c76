import type { ScenarioCase, ScenarioContext, ScenarioObject } from './case.ts';
import type { MachineEffects } from './machine-effects.ts';
import { admit } from './machine-queues.ts';
import type { ContextState, Ending, Hold, HoldMode, MachineState, ObjectState, Waiting } from './machine-state.ts';
import { copyContext, copyObject } from './machine-state.ts';
import type { Op } from './op.ts';
import { countsEntries } from './reentry.ts';

const SEVERAL = -1;

/** Names and declarations of a case, by number. */
export class MachinePlan {
  readonly contexts: readonly ScenarioContext[];
  readonly objects: readonly ScenarioObject[];
  readonly #contextNumbers: ReadonlyMap<string, number>;
  readonly #objectNumbers: ReadonlyMap<string, number>;
  /** For each name the one context that uses it, or `SEVERAL`. */
  readonly #onlyUsers = new Map<string, number>();
  /** Ranks of a declared order, by name of object or class. */
  readonly ranks: ReadonlyMap<string, string>;

  constructor(scenario: ScenarioCase) {
    this.contexts = scenario.contexts;
    this.objects = [...scenario.objects.values()];
    this.#contextNumbers = new Map(scenario.contexts.map(({ name }, index) => [name, index]));
    this.#objectNumbers = new Map(this.objects.map(({ name }, index) => [name, index]));
    this.ranks = scenario.declaredOrder?.ranks ?? new Map();
    for (const [number, { ops }] of scenario.contexts.entries()) {
      for (const { target, mutex, under } of ops) {
        for (const name of [target, mutex ?? target, under ?? target]) {
          const user = this.#onlyUsers.get(name) ?? number;
          this.#onlyUsers.set(name, user === number ? number : SEVERAL);
        }
      }
    }
  }

  /** True when no other context names anything this operation names. */
  isOwnMatter(context: number, { target, mutex, under }: Op): boolean {
    return [target, mutex ?? target, under ?? target].every((name) => this.#onlyUsers.get(name) === context);
  }

  /** @throws RangeError for a name the case does not have */
  context(name: string): number {
    return found(this.#contextNumbers.get(name), name);
  }

  /** @throws RangeError for a name the case does not have */
  object(name: string): number {
    return found(this.#objectNumbers.get(name), name);
  }
}

function found(number: number | undefined, name: string): number {
  if (number === undefined) throw new RangeError(`the case has no ${name}`);
  return number;
}

/** A wait for nothing in particular, to fill in. */
export const NO_WAIT: Waiting = Object.freeze({
  kind: 'park',
  object: -1,
  task: -1,
  mode: 'write',
  recursive: false,
  amount: 1,
  timeoutMs: null,
  mutex: -1,
  ctx: null,
});

/** One state while it changes: who waits, holds, wakes and ends. Rules of single operations are built on it. */
export class MachineRun {
  readonly plan: MachinePlan;
  readonly state: MachineState;
  readonly effects: MachineEffects;

  /** Parts that may be changed in place; null when all of them may. */
  readonly #owned: { readonly contexts: Set<number>; readonly objects: Set<number> } | null;

  /** @param ownsAll false for a state that shares its parts with another one: they are copied before they change */
  constructor(plan: MachinePlan, state: MachineState, effects: MachineEffects, ownsAll = true) {
    this.plan = plan;
    this.state = state;
    this.effects = effects;
    this.#owned = ownsAll ? null : { contexts: new Set(), objects: new Set() };
  }

  context(number: number): ContextState {
    const context = this.state.contexts[number] as ContextState;
    if (this.#owned === null || this.#owned.contexts.has(number)) return context;
    this.#owned.contexts.add(number);
    const copy = copyContext(context);
    this.state.contexts[number] = copy;
    return copy;
  }

  object(number: number): ObjectState {
    const object = this.state.objects[number] as ObjectState;
    if (this.#owned === null || this.#owned.objects.has(number)) return object;
    this.#owned.objects.add(number);
    const copy = copyObject(object);
    this.state.objects[number] = copy;
    return copy;
  }

  declared(number: number): ScenarioObject {
    return this.plan.objects[number] as ScenarioObject;
  }

  /** The newest hold of this object, or null. */
  holdOf(context: number, object: number): Hold | null {
    return this.context(context).holds.findLast((hold) => hold.object === object) ?? null;
  }

  /** Goes on at once when `isFree`, else waits in the object's queue (at its head when `first`). */
  ask(context: number, waiting: Waiting, isFree: boolean, first = false): void {
    this.effects.waits(context, waiting);
    if (isFree) {
      this.grant(context, waiting);
      return;
    }
    const state = this.context(context);
    state.phase = 'blocked';
    state.waiting = waiting;
    if (waiting.object >= 0) {
      const { queue } = this.object(waiting.object);
      if (first) queue.unshift(context);
      else queue.push(context);
    }
    this.effects.sleeps(context);
  }

  /** Gives the context what it waits for and lets it go on. */
  grant(context: number, waiting: Waiting): void {
    const holds = takesHold(waiting) ? waiting.mode : null;
    if (waiting.kind === 'upgrade') {
      const hold = this.holdOf(context, waiting.object);
      if (hold !== null) hold.mode = 'write';
    } else if (holds !== null) {
      this.addHold(context, waiting.object, holds, waiting.amount, waiting.ctx);
    }
    if (waiting.kind === 'permits') this.object(waiting.object).permits -= waiting.amount;
    this.effects.goesOn(context, waiting, waiting.kind === 'upgrade' ? 'write' : holds);
    this.#wake(context);
  }

  addHold(context: number, object: number, mode: HoldMode, count: number, ctx: string | null): void {
    const known = this.holdOf(context, object);
    if (known !== null && known.mode === mode) known.count += count;
    else this.context(context).holds.push({ object, mode, count, ctx });
    if (countsEntries(this.declared(object))) this.object(object).entries.push(context);
  }

  dropHold(context: number, hold: Hold): void {
    const { holds } = this.context(context);
    const at = holds.indexOf(hold);
    if (at >= 0) holds.splice(at, 1);
  }

  /** Takes the context out of the queue it waits in. */
  leaveQueue(context: number): void {
    const { waiting } = this.context(context);
    if (waiting === null || waiting.object < 0) return;
    const { queue } = this.object(waiting.object);
    const at = queue.indexOf(context);
    if (at >= 0) queue.splice(at, 1);
  }

  misuse(context: number, object: number, kind: string, message: string): void {
    this.state.misuse ??= `misuse:${kind}`;
    this.effects.misuses(context, object, kind, message);
  }

  /** A context that has run its last operation ends; one that is abandoned stops for good. */
  settle(context: number): void {
    const state = this.context(context);
    const { ops, abandonedAfter } = this.plan.contexts[context] as ScenarioContext;
    if (state.phase !== 'ready') return;
    if (abandonedAfter !== null && state.pc >= abandonedAfter && state.pc < ops.length) {
      state.phase = 'done';
      state.ending = 'abandoned';
    } else if (state.pc >= ops.length) {
      this.end(context, 'finished');
    }
  }

  /** Ends the context: a proper end drops its locks, an aborted one drops everything, `exit` drops nothing. */
  end(context: number, ending: Ending): void {
    const state = this.context(context);
    state.phase = 'done';
    state.ending = ending;
    state.waiting = null;
    if (ending !== 'exited') {
      for (const hold of [...state.holds].reverse()) {
        if (hold.mode === 'permits' && ending === 'finished') continue;
        this.#giveBack(context, hold);
      }
    }
    for (const [waiter, { waiting }] of this.state.contexts.entries()) {
      if (waiting?.kind === 'task' && waiting.task === context) this.grant(waiter, waiting);
    }
    this.effects.ends(context);
  }

  /** A wait that gives up takes its context down, and those queued behind it may move. */
  giveUp(context: number, why: 'timed-out' | 'cancelled'): void {
    const { waiting } = this.context(context);
    this.leaveQueue(context);
    if (waiting?.kind === 'barrier') this.object(waiting.object).arrived--;
    if (waiting !== null) this.effects.givesUp(context, why);
    this.end(context, why === 'cancelled' ? 'cancelled' : 'aborted');
    if (waiting !== null && waiting.object >= 0) admit(this, waiting.object);
  }

  #giveBack(context: number, hold: Hold): void {
    this.dropHold(context, hold);
    if (hold.mode === 'permits') this.object(hold.object).permits += hold.count;
    this.effects.releases(context, context, hold.object, true);
    admit(this, hold.object);
  }

  #wake(context: number): void {
    const state = this.context(context);
    const wasBlocked = state.phase === 'blocked';
    state.phase = 'ready';
    state.waiting = null;
    if (wasBlocked) this.settle(context);
  }
}

function takesHold({ kind }: Waiting): boolean {
  return kind === 'lock' || kind === 'permits';
}
