import { Fiber } from '../../src/core/fiber.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { dressed } from '../patches/stand-in.ts';
import { FiberState, meetScheduler, runAs, runningFiber, type Scheduler } from './effect-fibers.ts';

/** The method by which a fiber runs one step of an effect. */
export const EVALUATE = '~effect/Effect/evaluate';
const STATE: unique symbol = Symbol('dept.fiber');
const AWAITED: unique symbol = Symbol('dept.awaited');

/** An effect, as far as it is looked into. */
export interface Primitive {
  [EVALUATE]?: (this: Primitive, fiber: FiberImpl) => unknown;
  /** What it calls before it sleeps, where it is of the kind that does. */
  readonly register?: (...args: never[]) => unknown;
  [AWAITED]?: readonly FiberImpl[];
}

type Observer = (exit: unknown) => void;

/** The parts of a FiberImpl that let it run; not in its public types. */
export interface FiberImpl {
  readonly _exit: unknown;
  readonly currentDispatcher: Scheduler;
  evaluate(effect: unknown): void;
  addObserver(observer: Observer): () => void;
  removeObserver(observer: Observer): void;
  interruptUnsafe(...args: unknown[]): void;
  pollUnsafe(): unknown;
  [STATE]?: Fiber4State;
}

class Fiber4State extends FiberState {
  /** The fibers whose end lets it go on from where it sleeps. */
  awaited: FiberImpl[] = [];
}

/** What an effect gives to say that its fiber sleeps. */
const YIELD = Symbol.for('effect/Effect/Yield');

/** The fiber that gets ready to sleep: the fibers that it starts or observes then are those it waits for. */
let sleepy: Fiber4State | null = null;
let interrupted: FiberImpl | null = null;
/** The call that runs a fiber to its end, before it knows which. */
let toEnd: { fiber: FiberImpl | null } | null = null;

/** True for the class of another version, whose fibers run in another way. */
export function isKnownFiber4(prototype: FiberImpl | undefined): prototype is FiberImpl {
  const methods = ['evaluate', 'addObserver', 'removeObserver', 'interruptUnsafe', 'pollUnsafe'] as const;
  return (
    prototype !== undefined &&
    methods.every((name) => Object.hasOwn(prototype, name) && typeof prototype[name] === 'function') &&
    typeof Object.getOwnPropertyDescriptor(prototype, 'currentDispatcher')?.get === 'function'
  );
}

/**
 * As the fibers of effect 3: each has a history of its own, and goes on after what woke it and after the fibers it has
 * waited for. @returns what restores it
 */
export function patchFibers4(prototype: FiberImpl): () => void {
  const { evaluate, addObserver, removeObserver, interruptUnsafe, pollUnsafe } = prototype;
  const standIns = new WeakMap<Observer, Observer>();
  const schedulers: (() => void)[] = [];
  const dispatcher = Object.getOwnPropertyDescriptor(prototype, 'currentDispatcher') as PropertyDescriptor;

  prototype.evaluate = dressed(function watchedEvaluate(this: FiberImpl, effect: unknown): void {
    if (toEnd !== null) toEnd.fiber ??= this;
    const state = stateOf(this);
    // It calls itself, in the async context that it was suspended in.
    if (state === null || state === runningFiber()) {
      evaluate.call(this, effect);
      return;
    }
    const past = hooks.past();
    const isInterrupted = interrupted === this;
    const before = sleepy;
    sleepy = null;
    const run = (): void => {
      // Who is woken to take permits brings along what it waited for, not what the one has behind it who gave them back.
      if (!isInterrupted && state.take?.isAsleep !== true) hooks.goOnAfter(past);
      goOnAfterAwaited(state, isInterrupted);
      evaluate.call(this, effect);
    };
    try {
      runAs(state, run, () => this._exit !== undefined);
    } finally {
      sleepy = before;
      if (this._exit !== undefined) before?.awaited.push(this);
    }
  }, evaluate);
  prototype.addObserver = dressed(function watchedObserver(this: FiberImpl, observer: Observer): () => void {
    const observing = sleepy;
    if (observing === null || standIns.has(observer)) return addObserver.call(this, observer);
    observing.awaited.push(this);
    // It may start and observe others, as `Effect.all` does.
    const watched = (exit: unknown): void => asSleepy(observing, () => observer(exit));
    standIns.set(observer, watched);
    addObserver.call(this, watched);
    return () => this.removeObserver(observer);
  }, addObserver);
  prototype.removeObserver = dressed(function watchedRemoval(this: FiberImpl, observer: Observer): void {
    const watched = standIns.get(observer);
    if (watched !== undefined) removeObserver.call(this, watched);
    removeObserver.call(this, observer);
  }, removeObserver);
  prototype.interruptUnsafe = dressed(function watchedInterrupt(this: FiberImpl, ...args: unknown[]): void {
    interrupting(this, () => interruptUnsafe.apply(this, args));
  }, interruptUnsafe);
  prototype.pollUnsafe = dressed(function watchedPoll(this: FiberImpl): unknown {
    goOnAfterEnd(this);
    return pollUnsafe.call(this);
  }, pollUnsafe);
  Object.defineProperty(prototype, 'currentDispatcher', {
    ...dispatcher,
    get(this: FiberImpl): Scheduler {
      const scheduler = dispatcher.get?.call(this) as Scheduler;
      meetScheduler(scheduler, schedulers);
      return scheduler;
    },
  });
  return () => {
    for (const restore of schedulers.splice(0)) restore();
    Object.assign(prototype, { evaluate, addObserver, removeObserver, interruptUnsafe, pollUnsafe });
    Object.defineProperty(prototype, 'currentDispatcher', dispatcher);
  };
}

/** Watches the kind of effect that sleeps until it is called back. @returns what restores it */
export function patchSleep(prototype: Primitive): () => void {
  const original = prototype[EVALUATE];
  if (original === undefined) return () => undefined;
  prototype[EVALUATE] = dressed(function watchedSleep(this: Primitive, fiber: FiberImpl): unknown {
    const state = fiber[STATE];
    if (state === undefined || state !== runningFiber()) return original.call(this, fiber);
    state.awaited = [...(this[AWAITED] ?? [])];
    // What a promise of the program starts, it need not await: who listens to a signal too runs such code.
    const isOwn = (this.register?.length ?? 0) < 2;
    const result = asSleepy(isOwn ? state : null, () => original.call(this, fiber));
    if (result !== YIELD) goOnAfterAwaited(state, false);
    return result;
  }, original);
  return () => {
    prototype[EVALUATE] = original;
  };
}

/** The effect waits for these fibers. One that has ended already needs no effect that sleeps. */
export function awaiting(effect: Primitive, fibers: unknown): void {
  const all = (Array.isArray(fibers) || fibers instanceof Set ? [...fibers] : [fibers]) as FiberImpl[];
  if (Object.hasOwn(effect, 'register')) effect[AWAITED] = all;
  else if (runningFiber() !== null) for (const fiber of all) goOnAfterEnd(fiber);
}

/** The caller goes on after the fiber that this runs to its end. */
export function runningToEnd<T>(run: () => T): T {
  const outer = toEnd;
  const mine: { fiber: FiberImpl | null } = { fiber: null };
  toEnd = mine;
  try {
    return run();
  } finally {
    toEnd = outer;
    if (mine.fiber !== null) goOnAfterEnd(mine.fiber);
  }
}

function goOnAfterAwaited(state: Fiber4State, isInterrupted: boolean): void {
  const { awaited } = state;
  if (awaited.length === 0) return;
  state.awaited = [];
  if (!isInterrupted) for (const fiber of awaited) goOnAfterEnd(fiber);
}

function goOnAfterEnd(fiber: FiberImpl): void {
  if (fiber._exit !== undefined) hooks.goOnAfter(fiber[STATE]?.fiber.past ?? null);
}

function interrupting(fiber: FiberImpl, run: () => void): void {
  const outer = interrupted;
  interrupted = fiber;
  try {
    run();
  } finally {
    interrupted = outer;
  }
}

function asSleepy<T>(state: Fiber4State | null, run: () => T): T {
  const before = sleepy;
  sleepy = state;
  try {
    return run();
  } finally {
    sleepy = before;
  }
}

function stateOf(fiber: FiberImpl): Fiber4State | null {
  const session = hooks.activeSession();
  if (session === null) return null;
  const known = fiber[STATE];
  if (known !== undefined && known.fiber.session === session) return known;
  const state = new Fiber4State(new Fiber(session));
  Object.defineProperty(fiber, STATE, { value: state, writable: true, configurable: true });
  return state;
}
