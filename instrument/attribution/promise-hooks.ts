import { promiseHooks } from 'node:v8';
import type { Attribution } from '../../src/core/attribution.ts';
import type { Context } from '../../src/core/context.ts';
import type { EventContext } from '../../src/core/event-context.ts';
import type { History } from '../../src/core/history.ts';
import type { Session } from '../../src/core/session.ts';
import type { Observer } from '../../src/core/vocabulary.ts';
import type { Wait } from '../../src/core/wait.ts';
import { failed } from '../../src/sync/hooks.ts';
import { DynamicSwitch } from './dynamic-switch.ts';
import { carryThroughTimers } from './timers.ts';

// State lives under symbols on the promises themselves: a WeakMap costs ten times as much here.
const HISTORY: unique symbol = Symbol('dept.history');
const CONTEXT: unique symbol = Symbol('dept.context');
const PARENT: unique symbol = Symbol('dept.parent');
const SETTLED: unique symbol = Symbol('dept.settled');
const WAIT: unique symbol = Symbol('dept.wait');
const JOINED: unique symbol = Symbol('dept.joined');

// Taken before anything is patched: it must not carry what it is there to clear.
const microtask = queueMicrotask;

interface Hooked {
  [HISTORY]?: History;
  [CONTEXT]?: Context;
  [PARENT]?: Hooked | undefined;
  [SETTLED]?: History;
  [WAIT]?: Wait;
  [JOINED]?: readonly unknown[];
}

/**
 * `precise`: hooks from the start; exact. `dynamic`: hooks only while something is owed, asked for or waited for, so an
 * idle program pays nothing; what was awaited while they were off is missed, nothing is ever invented.
 */
export type AttributionMode = 'precise' | 'dynamic';

/**
 * Precise attribution: every promise reaction runs with the history of the code that created it, joined with the history
 * of whoever settled the promise it waits for. So a child's waits reach whoever awaits the child, and never a sibling.
 * Installed before the program starts; without AsyncLocalStorage, which would cost more on Node 20 and 22.
 */
export class PromiseHookAttribution implements Attribution, Observer {
  readonly #session: Session;
  readonly #mode: AttributionMode;
  #stop: (() => void) | null = null;
  /** True while a promise reaction runs, as far as the hooks saw it begin. */
  #isReaction = false;
  #isClearing = false;
  #isQuiet = false;
  /** History of the callback outside any promise reaction that runs now. */
  #outer: History | null = null;
  #outerContext: Context;
  #undo: (() => void)[] = [];

  constructor(session: Session, mode: AttributionMode = 'precise') {
    this.#session = session;
    this.#mode = mode;
    this.#outerContext = session.main;
  }

  install(): void {
    const observers: Observer[] = [this];
    if (this.#mode === 'precise') this.hook();
    else observers.push(new DynamicSwitch(this.#session, this));
    for (const observer of observers) this.#session.addObserver(observer);
    this.#undo = [
      this.#rememberElements('all'),
      this.#rememberElements('allSettled'),
      carryThroughTimers((run) => this.#carry(run)),
      ...observers.map((observer) => () => this.#session.removeObserver(observer)),
      () => this.unhook(),
    ];
    this.#session.attribution = this;
  }

  uninstall(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }

  bind(promise: object, wait: Wait): void {
    this.hook();
    (promise as Hooked)[WAIT] = wait;
  }

  /**
   * What begins outside any reaction and without a wait belongs to the synchronous code that runs now and to what that
   * starts, not to whatever callback the event loop runs next.
   */
  onEnter(_context: Context, held: EventContext): void {
    if (held.wait !== null || this.#isReaction || this.#isClearing) return;
    this.#isClearing = true;
    microtask(() => {
      this.#isClearing = false;
      this.#session.slice.history = this.#outer;
    });
  }

  quietly<T>(run: () => T): T {
    const before = this.#isQuiet;
    this.#isQuiet = true;
    try {
      return run();
    } finally {
      this.#isQuiet = before;
    }
  }

  /** Switches the hooks on; a no-op when they are. */
  hook(): void {
    if (this.#stop !== null) return;
    this.#stop = promiseHooks.createHook({
      init: (promise, parent) => this.#init(promise as Hooked, parent as Hooked | undefined),
      before: (promise) => this.#before(promise as Hooked),
      after: () => this.#after(),
      settled: (promise) => this.#settle(promise as Hooked),
    }) as unknown as () => void;
  }

  /** Switches the hooks off; call where no reaction runs. */
  unhook(): void {
    this.#stop?.();
    this.#stop = null;
  }

  #init(promise: Hooked, parent: Hooked | undefined): void {
    const { slice, current, main, histories } = this.#session;
    try {
      if (current !== main) promise[CONTEXT] = current;
      if (parent === undefined) return;
      promise[PARENT] = parent;
      const history = histories.fresh(slice.history);
      if (history !== null) promise[HISTORY] = history;
    } catch {
      // A frozen promise cannot carry a history; its continuation then starts with none.
    }
  }

  #before(promise: Hooked): void {
    this.#isReaction = true;
    const { slice, histories, main } = this.#session;
    this.#session.current = promise[CONTEXT] ?? main;
    if (!histories.active) {
      slice.history = null;
      return;
    }
    try {
      let history = histories.fresh(promise[HISTORY]);
      const parent = promise[PARENT];
      if (parent !== undefined) {
        promise[PARENT] = undefined;
        history = histories.join(history, this.#settledHistory(parent));
      }
      slice.history = history;
    } catch (fault) {
      // An exception in a hook would become the program's own.
      failed(fault);
      this.unhook();
    }
  }

  #after(): void {
    this.#isReaction = false;
    this.#session.slice.history = this.#outer;
    this.#session.current = this.#outerContext;
  }

  #settle(promise: Hooked): void {
    const { histories, slice } = this.#session;
    if (this.#isQuiet || !histories.active) return;
    const history = histories.fresh(slice.history);
    if (history === null) return;
    try {
      promise[SETTLED] = history;
    } catch {
      // As in #init.
    }
  }

  #settledHistory(promise: Hooked): History | null {
    const wait = promise[WAIT];
    if (wait !== undefined) return wait.node;
    const { histories } = this.#session;
    let history = histories.fresh(promise[SETTLED]);
    for (const element of promise[JOINED] ?? []) {
      if (typeof element !== 'object' || element === null) continue;
      history = histories.join(history, this.#settledHistory(element));
    }
    return history;
  }

  /** `Promise.all` settles with its last element only; the others are joined through a list of them. */
  #rememberElements(name: 'all' | 'allSettled'): () => void {
    const original = Promise[name];
    const wrapped = {
      [name](this: PromiseConstructor, values: Iterable<unknown>): Promise<unknown> {
        const elements = Array.isArray(values) ? values.slice() : [...values];
        const promise = Reflect.apply(original, this, [elements]) as Promise<unknown> & Hooked;
        if (elements.length > 1) promise[JOINED] = elements;
        return promise;
      },
    }[name] as typeof original;
    Object.defineProperty(Promise, name, { value: wrapped, writable: true, configurable: true });
    return () => Object.defineProperty(Promise, name, { value: original, writable: true, configurable: true });
  }

  /** Runs a callback that is no promise reaction with the history and context of where it was registered. */
  #carry<T extends unknown[], R>(callback: (this: unknown, ...args: T) => R): (this: unknown, ...args: T) => R {
    const session = this.#session;
    const history = session.histories.fresh(session.slice.history);
    const context = session.current;
    if (history === null && context === session.main) return callback;
    const runAs = (run: () => R): R => this.#runAs(session.histories.fresh(history), context, run);
    return function carried(this: unknown, ...args: T): R {
      return runAs(() => Reflect.apply(callback, this, args));
    };
  }

  #runAs<R>(history: History | null, context: Context, run: () => R): R {
    const { slice } = this.#session;
    const saved = [this.#outer, this.#outerContext, slice.history, this.#session.current] as const;
    this.#outer = history;
    this.#outerContext = context;
    slice.history = history;
    this.#session.current = context;
    try {
      return run();
    } finally {
      [this.#outer, this.#outerContext, slice.history, this.#session.current] = saved;
    }
  }
}
