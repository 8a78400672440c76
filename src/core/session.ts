import { AsyncContext, Slice } from './async-context.ts';
import { type Attribution, NO_ATTRIBUTION } from './attribution.ts';
import { type ClassIdentity, ClassRegistry } from './classes.ts';
import { type Context, type ContextKind, ExactContext } from './context.ts';
import { EventContext } from './event-context.ts';
import { Histories, type History } from './history.ts';
import { type ContextId, NEVER, type ObjectId, type Tick } from './ids.ts';
import type { IrqType } from './irq.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { LimitsHit } from './limits-hit.ts';
import { destroyHeld, initHeld, usedAfterDestroy } from './object-misuse.ts';
import { Observers } from './observers.ts';
import type { OwedPromise } from './owed-promise.ts';
import type { PassingHolds } from './passing-holds.ts';
import { SleepingWaits } from './sleeping-waits.ts';
import { NO_STACKS, type Stack, type StackSource } from './stack.ts';
import { StackBudget } from './stack-budget.ts';
import { TrackedObject } from './tracked-object.ts';
import type { How, HowMuch, Misuse, Observer, Outcome } from './vocabulary.ts';
import { Wait } from './wait.ts';

/** A timer counts from the millisecond in which its turn of the event loop began: it may end so much early. */
const TIMER_GRAIN_MS = 1;

/** What to make a tracked object from. */
export interface ObjectOptions extends ClassIdentity {
  /** Name of this instance where it differs from the class. */
  readonly label?: string;
  /** User sub-class, 0..7. */
  readonly subclass?: number;
}

export interface SessionOptions {
  readonly limits?: Partial<Limits>;
  readonly stacks?: StackSource;
  /** Milliseconds that pass for the program, read when a wait blocks, for its age in reports; none if not given. */
  readonly clock?: () => number;
  /** Told of each cap that is hit, once a name; the tracker turns it into a DEPT009 notice. */
  readonly onLimit?: (name: keyof Limits, limit: number) => void;
}

/**
 * The seam between hook points and observers. It gives every object, context, wait and event context its record and its
 * logical time, and tells every observer in order. It does no judging, no I/O and reads no clock. Until the engine has compiled
 * a loop over an iterator, that costs three objects: what is told of each wait and hold goes by index.
 */
export class Session {
  readonly limits: Limits;
  readonly classes: ClassRegistry;
  readonly histories: Histories;
  /** The slice of asynchronous code that runs now. */
  readonly slice: Slice;
  /** The context outside every named one. */
  readonly main: AsyncContext;
  /** The context hook points speak for when they name none; attribution and schedulers move it. */
  current: Context;
  /** What ties asynchronous code to its history; none until an attribution is installed. */
  attribution: Attribution = NO_ATTRIBUTION;
  #passing: PassingHolds | null = null;
  /** How often an observer has learnt something that was not known before. */
  lessons = 0;
  /** Waits that sleep now, oldest first. */
  readonly sleeping: SleepingWaits = new SleepingWaits();
  readonly #observers = new Observers();
  readonly stackBudget: StackBudget;
  readonly #stacks: StackSource;
  readonly #clock: (() => number) | null;
  readonly #limitsHit: LimitsHit;
  /** One that has ended, to be used again. */
  #forgotten: EventContext | null = null;
  #tick = 0;
  #objects = 0;
  #contexts = 0;

  constructor(options: SessionOptions = {}) {
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#stacks = options.stacks ?? NO_STACKS;
    this.stackBudget = new StackBudget(this.#stacks);
    this.#clock = options.clock ?? null;
    this.#limitsHit = new LimitsHit(this.limits, options.onLimit);
    this.classes = new ClassRegistry(this.limits.maxClasses, this.limits.maxStacksPerClass);
    this.histories = new Histories(this.limits.maxHistoryNodes);
    this.slice = new Slice(this.histories);
    this.main = new AsyncContext(this.#nextContextId(), 'main', 'main', this.slice);
    this.current = this.main;
  }

  /** Logical time now; the last tick given out. */
  get now(): Tick {
    return this.#tick as Tick;
  }

  addObserver(observer: Observer): void {
    this.#observers.add(observer);
    if (this.#observers.hearsTaken) this.passing = null;
  }

  removeObserver(observer: Observer): void {
    this.#observers.remove(observer);
  }

  /** From now on these need no record: where no attribution follows who holds what, until an observer hears everything. */
  set passing(holds: PassingHolds | null) {
    this.#recordPassing();
    this.#passing = this.#observers.hearsTaken ? null : holds;
  }

  /** The session's clock, in milliseconds; null when it has none. */
  get nowMs(): number | null {
    return this.#clock?.() ?? null;
  }

  /** How long a wait has been blocked, in milliseconds; null where that is not known. */
  ageOf(wait: Wait): number | null {
    const { nowMs } = this;
    return nowMs === null || wait.blockedAtMs === null ? null : Math.round(nowMs - wait.blockedAtMs);
  }

  /** The stack of the hook point's caller, for evidence that is new. */
  capture(): Stack | null {
    return this.#stacks.capture();
  }

  object(options: ObjectOptions): TrackedObject {
    const key = this.classes.key(options);
    const id = ++this.#objects as ObjectId;
    return new TrackedObject(id, key, this.classes, options.subclass ?? 0, options.label ?? key.name);
  }

  /** A context with its own holds and waits: a simulated task, an interrupt, a replayed thread. */
  exactContext(name: string, kind: ContextKind = 'task'): ExactContext {
    const { maxOpenEventContexts, maxWaitHistory } = this.limits;
    const context = new ExactContext(this.#nextContextId(), name, kind, maxOpenEventContexts, maxWaitHistory);
    for (const observer of this.#observers.onContextBegin) observer.onContextBegin(context);
    return context;
  }

  /** A named label for asynchronous code; its holds and waits come from the causal history. */
  asyncContext(name: string): AsyncContext {
    const context = new AsyncContext(this.#nextContextId(), name, 'async', this.slice);
    for (const observer of this.#observers.onContextBegin) observer.onContextBegin(context);
    return context;
  }

  endContext(context: Context): void {
    for (const observer of this.#observers.onContextEnd) observer.onContextEnd(context);
  }

  /** `context` may block until the object's event. Call before it blocks. */
  wait(object: TrackedObject, how: How, more: HowMuch | null = null, context: Context = this.current): Wait {
    if (object.destroyed) this.misuse(usedAfterDestroy(object, how.waitLabel), context);
    const { history } = context;
    const wait = new Wait(object, how, more, context, this.#next(), history, this.stackBudget.spend(object, history));
    context.addWait(wait);
    const { onWait } = this.#observers;
    for (let i = 0; i < onWait.length; i++) onWait[i]?.onWait(context, wait);
    return wait;
  }

  /** The wait really sleeps now. A sleep without an owner asks for its event at this moment (`request_event_wait_commit`). */
  blocked(wait: Wait): void {
    wait.blockedAt = this.#next();
    if (this.#clock !== null) wait.blockedAtMs = Math.trunc(this.#clock());
    if (wait.how.sleeps) {
      this.request(wait.object, wait.context, wait);
      wait.begin = this.#next();
    }
    this.sleeping.add(wait);
    const { onBlocked } = this.#observers;
    for (let i = 0; i < onBlocked.length; i++) onBlocked[i]?.onBlocked(wait.context, wait);
  }

  /** The wait stands in a queue, as far as is known without anybody who sleeps for it. */
  queued(wait: Wait): void {
    wait.isQueued = true;
    const history = this.slice.leave();
    try {
      this.blocked(wait);
    } finally {
      this.slice.history = history;
    }
  }

  /** The awaited event fired, or the wait gave up. Not the moment the waiter runs again. */
  waited(wait: Wait, outcome: Outcome = 'fired'): void {
    if (!wait.pending) return;
    const fired = this.#next();
    const ending = outcome === 'cancelled' && this.#hasLasted(wait) ? 'timed-out' : outcome;
    wait.fired = fired;
    // Who gave up has waited all the same, and what it ends then comes after that. Who was called off may have been at any time.
    if (!wait.context.exact && ending !== 'cancelled') wait.node = this.histories.step(fired, wait);
    this.#ended(wait, ending);
  }

  /** The wait got what it waited for and now owes the object's event: lock granted, permit taken. */
  granted(wait: Wait, how: How = wait.how): EventContext {
    if (wait.pending) {
      wait.fired = this.#next();
      this.#ended(wait, 'fired');
    }
    const { object, more, context } = wait;
    const held = new EventContext(object, how, more, context, this.#next(), wait.stack, wait);
    if (!context.exact) wait.node = held;
    return this.#enter(context, held);
  }

  /**
   * The calling context takes what is free: a wait that nobody has to end, and the grant. Three ticks as the two calls, but
   * where no observer hears of such waits the wait is no object of its own, and the event context is the last one that was
   * forgotten. So who takes must not keep it past its end.
   */
  taken(object: TrackedObject, how: How, more: HowMuch | null = null, context: Context = this.current): EventContext {
    const passing = more === null && this.#passing !== null ? this.#passing.take(object, how, context, this.now) : null;
    return passing ?? this.#takes(object, how, more, context);
  }

  #takes(object: TrackedObject, how: How, more: HowMuch | null, context: Context): EventContext {
    if (context.exact || this.#observers.hearsTaken) return this.granted(this.wait(object, how, more, context));
    this.#recordPassing();
    if (object.destroyed) this.misuse(usedAfterDestroy(object, how.waitLabel), context);
    this.#tick += 3;
    const begin = this.now;
    const { history } = context;
    const stack = this.stackBudget.spend(object, history);
    let held = this.#forgotten;
    if (held === null) held = new EventContext(object, how, more, context, begin, stack, null, history, true);
    else held.beginAgain(object, how, more, context, begin, stack, history);
    this.#forgotten = null;
    context.addHeld(held);
    object.addHolder(held);
    const { onTaken } = this.#observers;
    for (let i = 0; i < onTaken.length; i++) onTaken[i]?.onTaken(held);
    return held;
  }

  /** The slice that runs now goes on after this wait, without a promise in between (a wait annotated by hand). */
  adopt(wait: Wait): void {
    if (!wait.context.exact && this.slice.source === null)
      this.slice.history = this.histories.join(this.slice.history, wait.node);
  }

  /** The slice that runs now goes on after what another one had behind it. */
  goOnAfter(history: History): void {
    if (this.slice.source === null) this.slice.history = this.histories.join(this.slice.history, history);
  }

  /** Whoever goes on after this wait does so after what the slice that runs now has behind it. */
  extend(wait: Wait): void {
    if (!wait.context.exact) wait.node = this.histories.join(wait.node, this.slice.history);
  }

  /** The promise is settled by the code that runs now: what was owed has happened, and waits for it end. */
  settled(owed: OwedPromise): void {
    if (owed.held !== null) this.exit(owed.held);
    for (const wait of owed.waits) this.waited(wait);
    owed.waits = [];
  }

  /** An event context begins without a wait: trylock, or a hand-made start. */
  enter(object: TrackedObject, how: How, more: HowMuch | null = null, context: Context = this.current): EventContext {
    if (object.destroyed) this.misuse(usedAfterDestroy(object, how.startLabel), context);
    return this.#enter(
      context,
      new EventContext(object, how, more, context, this.#next(), this.stackBudget.spend(object, context.history), null),
    );
  }

  /** An event context ends, in `context`. Order of release is free. */
  exit(held: EventContext, context: Context = this.current): void {
    if (held.open && (this.#passing === null || !this.#passing.end(held))) this.#exits(held, context);
  }

  #exits(held: EventContext, context: Context): void {
    const at = this.#next();
    const isQuiet = at === held.begin + 1 && held.hasWait && !this.#observers.hearsTaken && this.histories.isOnly(held);
    const { onExit } = this.#observers;
    if (!isQuiet) for (let i = 0; i < onExit.length; i++) onExit[i]?.onExit(context, held, at);
    held.end = at;
    held.context.removeHeld(held);
    held.object.removeHolder(held);
    if (held.isForgotten) this.#passing?.admit(held);
    if (isQuiet && held.isForgotten) this.#forgotten = held;
  }

  /** The newest open event context of this object that `context` owes, or null. */
  heldBy(object: TrackedObject, context: Context = this.current): EventContext | null {
    return context.heldOf(object);
  }

  /** Every open event context of the object, oldest first. */
  holders(object: TrackedObject): readonly EventContext[] {
    this.#recordPassing();
    return object.holders;
  }

  /** Somebody asks for the event: whoever is heading for it counts from here. The last request wins. */
  request(object: TrackedObject, context: Context = this.current, by: Wait | null = null): void {
    const at = this.#next();
    const mark = object.ask(at, by);
    if (mark !== null) this.histories.mark(mark);
    const { onRequest } = this.#observers;
    for (let i = 0; i < onRequest.length; i++) onRequest[i]?.onRequest(context, object, at);
  }

  /** The event happens in `context`. Its request is answered: further events are ignored until the next one. */
  event(object: TrackedObject, how: How, context: Context = this.current): void {
    const at = this.#next();
    const { onEvent } = this.#observers;
    for (let i = 0; i < onEvent.length; i++) onEvent[i]?.onEvent(context, object, how, at);
    this.withdraw(object);
  }

  /** Nobody asks for the event any more, whoever triggered it: what has happened since then is no longer kept for it. */
  withdraw(object: TrackedObject): void {
    this.histories.unmark(object.answer());
  }

  /** What is owed passes to another context, which will trigger the event. */
  handover(held: EventContext, to: Context): void {
    this.#recordPassing();
    const from = held.context;
    from.removeHeld(held);
    held.context = to;
    to.addHeld(held);
    for (const observer of this.#observers.onHandover) observer.onHandover(from, to, held);
  }

  /** The event that is owed changes its mode (downgrade). */
  modify(held: EventContext, how: How, context: Context = this.current): EventContext {
    const { object, more } = held;
    this.exit(held, context);
    // In asynchronous code it belongs to the slice that runs now, as what begins without a wait does.
    const wait = context.exact ? held.wait : null;
    return this.#enter(context, new EventContext(object, how, more, context, this.#next(), held.stack, wait));
  }

  setIrq(irq: IrqType, enabled: boolean, context: Context = this.current): void {
    if (context.irqs === null) return;
    const at = this.#next();
    context.irqs.set(irq, enabled, at);
    if (enabled) for (const observer of this.#observers.onIrqEnable) observer.onIrqEnable(context, irq, at);
    else for (const observer of this.#observers.onIrqDisable) observer.onIrqDisable(context, irq, at);
  }

  init(object: TrackedObject, context: Context = this.current): void {
    if (object.isHeld) this.misuse(initHeld(object), context);
    object.destroyed = false;
    for (const observer of this.#observers.onInit) observer.onInit(context, object);
  }

  destroy(object: TrackedObject, context: Context = this.current): void {
    if (object.isHeld) this.misuse(destroyHeld(object), context);
    object.destroyed = true;
    for (const observer of this.#observers.onDestroy) observer.onDestroy(context, object);
  }

  misuse(misuse: Misuse, context: Context = this.current): void {
    for (const observer of this.#observers.onMisuse) observer.onMisuse(context, misuse);
  }

  /** Its time is over: whoever calls it off does so because of that. */
  #hasLasted(wait: Wait): boolean {
    return wait.timed && (this.ageOf(wait) ?? 0) + TIMER_GRAIN_MS >= (wait.more?.timeoutMs ?? Number.POSITIVE_INFINITY);
  }

  #ended(wait: Wait, outcome: Outcome): void {
    if (wait.blockedAt !== NEVER) this.sleeping.remove(wait);
    const { onWaited } = this.#observers;
    for (let i = 0; i < onWaited.length; i++) onWaited[i]?.onWaited(wait, outcome);
  }

  #enter(context: Context, held: EventContext): EventContext {
    if (!context.addHeld(held)) this.#limitsHit.add('maxOpenEventContexts');
    held.object.addHolder(held);
    const { onEnter } = this.#observers;
    for (let i = 0; i < onEnter.length; i++) onEnter[i]?.onEnter(context, held);
    return held;
  }

  #next(): Tick {
    this.#recordPassing();
    return ++this.#tick as Tick;
  }

  /** What was held in passing, and is on its object already, begins before whatever happens now. */
  #recordPassing(): void {
    if (this.#passing !== null && !this.#passing.isEmpty) for (const held of this.#passing.record()) this.#begins(held);
  }

  #begins(held: EventContext): void {
    this.#tick += 3;
    held.at = this.now;
    held.context.addHeld(held);
    for (const observer of this.#observers.onTaken) observer.onTaken(held);
  }

  #nextContextId(): ContextId {
    return ++this.#contexts as ContextId;
  }
}
