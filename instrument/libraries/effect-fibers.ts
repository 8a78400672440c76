import { Fiber, type Past } from '../../src/core/fiber.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { dressed } from '../patches/stand-in.ts';
import type { EffectTake } from './effect-take.ts';

const STATE: unique symbol = Symbol('dept.fiber');
const PAST: unique symbol = Symbol('dept.past');

/** What a fiber is told by others, or by itself. */
interface Message {
  readonly _tag: string;
  [PAST]?: Past | null;
}

/** An effect, as far as it is looked into: an instruction with its operands. */
interface Instruction {
  effect_instruction_i0: (...args: unknown[]) => unknown;
}

/** Runs tasks later, in any way: effect has several, and programs bring their own. */
export interface Scheduler {
  scheduleTask(this: Scheduler, task: () => void, priority: number, fiber?: FiberRuntime): void;
}

/** The parts of a FiberRuntime that let it run; not in its public types. */
export interface FiberRuntime {
  readonly _exitValue: unknown;
  readonly inheritAll: Instruction;
  readonly run: () => void;
  readonly currentScheduler: Scheduler;
  tell(message: Message): void;
  start(effect: unknown): void;
  drainQueueOnCurrentThread(): void;
  evaluateMessageWhileSuspended(message: Message): unknown;
  unsafePoll(): unknown;
  refreshRefCache(): void;
  [STATE]?: FiberState;
}

/** What is known of one fiber of effect. */
export class FiberState {
  readonly fiber: Fiber;
  /** The permits that it asks for now. */
  take: EffectTake | null = null;

  constructor(fiber: Fiber) {
    this.fiber = fiber;
  }
}

/** The fiber whose code runs now. */
let running: FiberState | null = null;

export function runningFiber(): FiberState | null {
  return running;
}

/** True for the class of another version, whose fibers run in another way. */
export function isKnownFiber(prototype: FiberRuntime | undefined): prototype is FiberRuntime {
  const methods = [
    'tell',
    'start',
    'drainQueueOnCurrentThread',
    'evaluateMessageWhileSuspended',
    'unsafePoll',
    'refreshRefCache',
  ] as const;
  return (
    prototype !== undefined &&
    methods.every((name) => typeof prototype[name] === 'function') &&
    typeof Object.getOwnPropertyDescriptor(prototype, 'inheritAll')?.get === 'function'
  );
}

/**
 * Fibers run one after the other in one task of the event loop, so no hook of the runtime tells them apart. Each has a
 * history of its own: what it is told to go on with brings the history of whoever told it, and what it inherits that of
 * the fiber that has ended. Interrupting brings none: a fiber may end before that by itself. @returns what restores it
 */
export function patchFibers(prototype: FiberRuntime): () => void {
  const { tell, start, drainQueueOnCurrentThread, evaluateMessageWhileSuspended, unsafePoll, refreshRefCache } =
    prototype;
  const schedulers: (() => void)[] = [];
  const inherit = Object.getOwnPropertyDescriptor(prototype, 'inheritAll') as PropertyDescriptor;

  prototype.tell = dressed(function watchedTell(this: FiberRuntime, message: Message): void {
    // Who is woken to take permits brings along what it waited for, not what the one has behind it who gave them back.
    if (message._tag === 'Resume' && this[STATE]?.take?.isWoken !== true) message[PAST] = hooks.past();
    this[STATE]?.take?.told();
    tell.call(this, message);
  }, tell);
  prototype.start = dressed(function watchedStart(this: FiberRuntime, effect: unknown): void {
    const past = hooks.past();
    stretchOf(this, () => {
      hooks.goOnAfter(past);
      start.call(this, effect);
    });
  }, start);
  prototype.drainQueueOnCurrentThread = dressed(function watchedDrain(this: FiberRuntime): void {
    stretchOf(this, () => drainQueueOnCurrentThread.call(this));
  }, drainQueueOnCurrentThread);
  prototype.evaluateMessageWhileSuspended = dressed(function watchedMessage(this: FiberRuntime, message: Message) {
    if (message._tag !== 'Resume') return evaluateMessageWhileSuspended.call(this, message);
    hooks.goOnAfter(message[PAST] ?? null);
    const { take = null } = this[STATE] ?? {};
    take?.goesOn();
    const signal = evaluateMessageWhileSuspended.call(this, message);
    take?.wentOn();
    return signal;
  }, evaluateMessageWhileSuspended);
  prototype.unsafePoll = dressed(function watchedPoll(this: FiberRuntime): unknown {
    if (this._exitValue !== null) hooks.goOnAfter(pastOf(this));
    return unsafePoll.call(this);
  }, unsafePoll);
  prototype.refreshRefCache = dressed(function watchedRefresh(this: FiberRuntime): void {
    refreshRefCache.call(this);
    meetScheduler(this.currentScheduler, schedulers);
  }, refreshRefCache);
  Object.defineProperty(prototype, 'inheritAll', {
    ...inherit,
    get(this: FiberRuntime): Instruction {
      const effect = inherit.get?.call(this) as Instruction;
      const instruction = effect.effect_instruction_i0;
      if (typeof instruction !== 'function') return effect;
      effect.effect_instruction_i0 = (...args) => {
        hooks.goOnAfter(pastOf(this));
        return instruction(...args);
      };
      return effect;
    },
  });
  return () => {
    for (const restore of schedulers.splice(0)) restore();
    Object.assign(prototype, { tell, start, drainQueueOnCurrentThread, evaluateMessageWhileSuspended });
    Object.assign(prototype, { unsafePoll, refreshRefCache });
    Object.defineProperty(prototype, 'inheritAll', inherit);
  };
}

function pastOf(fiber: FiberRuntime): Past | null {
  return fiber[STATE]?.fiber.past ?? null;
}

function stretchOf(runtime: FiberRuntime, run: () => void): void {
  const session = hooks.activeSession();
  if (session === null) {
    run();
    return;
  }
  let state = runtime[STATE];
  if (state === undefined || state.fiber.session !== session) {
    state = new FiberState(new Fiber(session));
    runtime[STATE] = state;
  }
  runAs(state, run, () => runtime._exitValue !== null);
}

/** Runs a stretch of a fiber. */
export function runAs(state: FiberState, run: () => void, hasEnded: () => boolean): void {
  const outer = running;
  running = state;
  try {
    hooks.stretch(state.fiber, run);
  } finally {
    running = outer;
    if (hasEnded()) state.take?.abandon();
  }
}

const patched = new WeakSet<object>();

/** Tasks of several fibers may run in one: each has behind it what the code has that scheduled it. */
export function meetScheduler(scheduler: Scheduler, undo: (() => void)[]): void {
  let owner: Scheduler | null = scheduler;
  while (owner !== null && !Object.hasOwn(owner, 'scheduleTask'))
    owner = Object.getPrototypeOf(owner) as Scheduler | null;
  if (owner === null || patched.has(owner)) return;
  const { scheduleTask } = owner;
  const watched = dressed(
    function watchedSchedule(this: Scheduler, task, priority, fiber): void {
      const session = fiber?.run === task ? null : hooks.activeSession();
      if (session === null) {
        scheduleTask.call(this, task, priority, fiber);
        return;
      }
      const errand = new Fiber(session);
      errand.history = hooks.past()?.history ?? null;
      scheduleTask.call(this, () => hooks.stretch(errand, task), priority, fiber);
    } satisfies Scheduler['scheduleTask'],
    scheduleTask,
  );
  patched.add(owner);
  if (Reflect.set(owner, 'scheduleTask', watched)) {
    undo.push(() => {
      patched.delete(owner);
      Reflect.set(owner, 'scheduleTask', scheduleTask);
    });
  }
}
