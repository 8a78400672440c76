import type { Attribution, Callback } from '../../src/core/attribution.ts';
import type { Context } from '../../src/core/context.ts';
import { EventContext } from '../../src/core/event-context.ts';
import type { Fiber } from '../../src/core/fiber.ts';
import type { History } from '../../src/core/history.ts';
import { NEVER, type Tick } from '../../src/core/ids.ts';
import type { OwedPromise } from '../../src/core/owed-promise.ts';
import type { Session } from '../../src/core/session.ts';
import type { Observer } from '../../src/core/vocabulary.ts';
import { Wait } from '../../src/core/wait.ts';
import { failed } from '../../src/sync/hooks.ts';
import type { AttributionMode } from './attribution-mode.ts';
import { carryThroughCallbacks } from './callbacks.ts';
import { carryThroughDisposal } from './disposal-stacks.ts';
import { FollowedResults } from './followed-results.ts';
import { HookSwitch, PAUSES, type Pauses } from './hook-switch.ts';
import { Joined, type Joining, joinPromises } from './joined-promises.ts';
import { OwedPromises } from './owed-promises.ts';
import { type Follower, follow } from './promise-links.ts';
import { type Hooked, noteFor, noteOf, type PromiseNote } from './promise-notes.ts';
import { joinedHistory, settledHistory } from './settled-history.ts';
import { meetSubclass } from './subclassed-promises.ts';
import { type Carry, carryThroughTimers } from './timers.ts';
import { WaiterPlaces } from './waiter-places.ts';

// Taken before anything is patched: it must not carry what it is there to clear.
const { then } = Promise.prototype;
const settled = Promise.resolve();
const NOTHING_KNOWN = (): null => null;

/**
 * Precise attribution: every promise reaction runs with the history of the code that created it, joined with the history
 * of whoever settled the promise it waits for. So a child's waits reach whoever awaits the child, and never a sibling.
 * Installed before the program starts; without AsyncLocalStorage, which would cost more on Node 20 and 22.
 */
export class PromiseHookAttribution implements Attribution, Observer, Follower {
  readonly skipsTaken = true;
  readonly #session: Session;
  readonly #mode: AttributionMode;
  /** Who made a promise, where that was a named context. */
  readonly #contexts = new WeakMap<Hooked, Context>();
  #hasContexts = false;
  readonly #switch: HookSwitch;
  readonly #results: FollowedResults;
  readonly #owed: OwedPromises;
  readonly #places: WaiterPlaces;
  /** True while a promise reaction runs, as far as the hooks saw it begin. */
  #isReaction = false;
  #isClearing = false;
  /** True while a promise takes over what it was resolved with. */
  #isAdopting = false;
  /** True while the attribution makes a promise for itself. */
  #isOwn = false;
  readonly #clear = (): void => {
    this.#isClearing = false;
    this.#session.slice.history = this.#outer;
  };
  #isQuiet = false;
  #followsSince: Tick = NEVER;
  /** History of the callback outside any promise reaction that runs now. */
  #outer: History | null = null;
  #outerContext: Context;
  #undo: (() => void)[] = [];

  /** @param pauses when `dynamic` pauses */
  constructor(session: Session, mode: AttributionMode = 'precise', pauses: Pauses = PAUSES) {
    this.#session = session;
    this.#mode = mode;
    this.#outerContext = session.main;
    this.#places = new WaiterPlaces(session.limits.maxStackFrames);
    const hooks = { follow: () => this.#follow(), rest: () => this.#rest(), pause: () => this.#pause() };
    this.#switch = new HookSwitch(session, hooks, mode === 'dynamic' ? pauses : null);
    this.#results = new FollowedResults(session, this, (awaiter, run) => {
      this.#runAs(session.histories.fresh(noteOf(awaiter, this)?.history), this.#contextOf(awaiter), run);
    });
    this.#owed = new OwedPromises(
      session,
      (history, context, run) => this.#runAs(history, context, run),
      (promise) => settledHistory(noteOf(promise, this), session.histories, this),
      this.#results,
    );
  }

  install(): void {
    const observers: Observer[] = [this, this.#switch];
    const carry: Carry = (run) => this.carry(run);
    this.#rest();
    for (const observer of observers) this.#session.addObserver(observer);
    this.#undo = [
      joinPromises({ joining: (name, elements, run) => this.#join(name, elements, run) }),
      carryThroughTimers(carry),
      carryThroughCallbacks(carry),
      carryThroughDisposal(carry, {
        isHeard: () => this.#hears(),
        run: (behind, run) => this.#runAs(this.#behind(behind), this.#session.current, run),
        settles: (promise, disposers) => {
          disposers.history = this.#session.slice.history;
          noteFor(promise, this).settling = disposers;
        },
      }),
      ...observers.map((observer) => () => this.#session.removeObserver(observer)),
      () => this.#switch.stop(),
      () => follow(this, 'off'),
    ];
    this.#session.attribution = this;
  }

  uninstall(): void {
    for (const undo of this.#undo.splice(0)) undo();
    // Callbacks that were registered before still run through this attribution.
    this.#outer = null;
    this.#outerContext = this.#session.main;
    this.#session.slice.source = null;
    this.#session.slice.history = null;
    this.#session.current = this.#session.main;
  }

  /** Null in a pause; before a use, what is not followed yet has nothing to be followed. */
  get followsSince(): Tick | null {
    return this.#switch.isPausing ? null : this.#followsSince;
  }

  bind(promise: object, behind: Wait | EventContext): void {
    // Who ends a wait after the pause must not leave its own history with it.
    if (behind instanceof EventContext) {
      if (this.#switch.isPausing) return;
      behind.isKept = true;
    } else if (behind.stack !== null) this.#places.expect(promise, behind);
    this.#switch.follow();
    noteFor(promise, this).settling = behind;
  }

  follow(promise: object, waits: readonly Wait[]): void {
    if (this.#switch.isPausing) return;
    this.#switch.follow();
    this.#results.follow(promise, waits);
  }

  restsOn(promise: object): void {
    if (!this.#switch.isPausing) this.#results.restsOn(promise);
  }

  nothingLeft(): void {
    this.#results.nothingLeft();
    this.#guarded(() => this.#owed.nothingLeft());
  }

  owed(promise: object, make: () => OwedPromise): OwedPromise | null {
    if (this.#switch.isPausing) return null;
    this.#switch.follow();
    this.#results.expect();
    return this.#owed.of(promise, make);
  }

  /**
   * What begins outside any reaction and without a wait belongs to the synchronous code that runs now and to what that
   * starts, not to whatever callback the event loop runs next.
   */
  onEnter(_context: Context, held: EventContext): void {
    if (held.hasWait || this.#isReaction || this.#isClearing || this.#switch.isPausing) return;
    this.#isClearing = true;
    // Cheaper than a microtask of Node's own, which is a resource of its own.
    this.#isOwn = true;
    void Reflect.apply(then, settled, [this.#clear]);
    this.#isOwn = false;
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

  resume<T>(wait: Wait, run: () => T): T {
    // A library may run the first task before it gives a promise for it. This is the waiter's own code, not that of a hand-over.
    this.#results.expect();
    const { histories } = this.#session;
    const history = histories.join(histories.fresh(wait.history), wait.node);
    const before = this.#isQuiet;
    this.#isQuiet = false;
    try {
      return this.#runAs(history, wait.context, run);
    } finally {
      this.#isQuiet = before;
    }
  }

  stretch<T>(fiber: Fiber, run: () => T): T {
    const { histories, slice } = this.#session;
    const stretch = (): T => {
      try {
        return run();
      } finally {
        fiber.history = histories.fresh(slice.history);
      }
    };
    return this.#loudly(() => this.#runAs(histories.fresh(fiber.history), fiber.context, stretch));
  }

  carry<T extends unknown[], R>(callback: Callback<T, R>): Callback<T, R> {
    const session = this.#session;
    const history = session.histories.fresh(session.slice.history);
    const context = session.current;
    if (history === null && context === session.main) return callback;
    const runAs = (run: () => R): R => this.#runAs(session.histories.fresh(history), context, run);
    return function carried(this: unknown, ...args: T): R {
      return runAs(() => Reflect.apply(callback, this, args));
    };
  }

  created(promise: Hooked, parent: Hooked | undefined, note: PromiseNote): void {
    if (this.#isOwn) return;
    const session = this.#session;
    if (session.current !== session.main) {
      this.#hasContexts = true;
      this.#contexts.set(promise, session.current);
    }
    if (parent === undefined) meetSubclass(promise);
    else if (this.#isAdopting) this.#adopt(parent);
    // What is resolved with a thenable calls its `then` in a slice of its own, as the code that made it.
    note.history = session.slice.history;
    if (this.#places.isLooking) this.#guarded(() => this.#places.look(session));
    if (parent === undefined) return;
    this.#results.asked(promise, parent);
    if (this.#owed.isUsed) this.#guarded(() => this.#owed.reactsTo(promise, parent));
  }

  begins(promise: Hooked, parent: Hooked | undefined, note: PromiseNote | undefined): void {
    this.#isReaction = true;
    this.#isAdopting = parent === undefined;
    this.#results.begin(promise, parent);
    const session = this.#session;
    const { histories } = session;
    session.current = this.#hasContexts ? this.#contextOf(promise) : session.main;
    try {
      const wait = this.#owed.isUsed ? this.#owed.begins(promise, parent) : null;
      if (!histories.active) {
        session.slice.history = null;
        return;
      }
      const made = note === undefined ? null : note.history;
      let history = made === null ? null : histories.fresh(made);
      // What is not there takes the engine longest to look for.
      const isKnown = parent !== undefined && parent !== settled;
      const before = isKnown ? settledHistory(noteOf(parent, this), histories, this) : null;
      if (before !== null) history = histories.join(history, before);
      session.slice.history = wait === null ? history : histories.join(history, wait.node);
    } catch (fault) {
      this.#fail(fault);
    }
  }

  ended(): void {
    this.#isReaction = false;
    this.#isAdopting = false;
    this.#results.end();
    this.#session.slice.history = this.#outer;
    this.#session.current = this.#outerContext;
  }

  /** Twice for a promise that a debugger sees resolved with another one: what came before the first time counts as well. */
  resolved(promise: Hooked): void {
    if (this.#owed.isUsed) this.#owed.resolved(promise);
    const { histories, slice } = this.#session;
    const { history } = slice;
    if (history === null || this.#isQuiet) return;
    const note = noteFor(promise, this);
    const known = note.settling;
    if (known === null) note.settling = history;
    else if (known instanceof Joined) known.history = histories.join(histories.fresh(known.history), history);
    else if (!(known instanceof Wait || known instanceof EventContext))
      note.settling = histories.join(histories.fresh(known), history);
  }

  /**
   * No hook tells when a promise is resolved with another one. But a function that returns one which it has made itself, after
   * waits of its own, has these behind it.
   */
  #adopt(promise: Hooked): void {
    const { histories, slice } = this.#session;
    if (slice.history === null) return;
    const made = histories.fresh(noteOf(promise, this)?.history);
    if (made !== null && histories.goesOnFrom(made, slice.history)) slice.history = made;
  }

  /** A fiber's own code, even where it is called in the middle of somebody's hand-over. */
  #loudly<T>(run: () => T): T {
    const before = this.#isQuiet;
    this.#isQuiet = false;
    try {
      return run();
    } finally {
      this.#isQuiet = before;
    }
  }

  #guarded(run: () => void): void {
    try {
      run();
    } catch (fault) {
      this.#fail(fault);
    }
  }

  /** An exception in a hook would become the program's own. */
  #fail(fault: unknown): void {
    failed(fault, this.#session);
    follow(this, 'off');
  }

  #follow(): void {
    const { slice, now } = this.#session;
    if (slice.source !== null) {
      slice.source = null;
      this.#followsSince = now;
    }
    follow(this, 'all');
  }

  /** The history of the slice that runs is not known then, and what begins in it must not come into another one's. */
  #pause(): void {
    this.#session.slice.source = NOTHING_KNOWN;
    this.#forget();
    follow(this, 'off');
  }

  /** Nobody will say when the reaction ends that runs now. */
  #forget(): void {
    this.#isReaction = false;
    this.#isAdopting = false;
    this.#session.slice.history = this.#outer;
    this.#session.current = this.#outerContext;
  }

  #rest(): void {
    this.#forget();
    follow(this, this.#mode === 'precise' ? 'links' : 'off');
  }

  #contextOf(promise: Hooked): Context {
    return (this.#hasContexts ? this.#contexts.get(promise) : undefined) ?? this.#session.main;
  }

  #behind(joined: Joined): History | null {
    const { histories, slice } = this.#session;
    return histories.join(slice.history, joinedHistory(joined, histories, this));
  }

  /** False where what is settled later is not heard of. */
  #hears(): boolean {
    return this.#mode !== 'dynamic' || this.#switch.isFollowing;
  }

  #join(
    name: Joining,
    elements: readonly unknown[],
    run: (joined: Joined | null) => Promise<unknown>,
  ): Promise<unknown> {
    // Where nobody can say later how it was settled, it waits for the last one alone.
    const isHeard = elements.length > 1 && this.#hears();
    const joined = isHeard ? new Joined(name, elements) : null;
    const promise = this.#owed.joining(() => this.#results.joining(() => run(joined)));
    const isForAll = name !== 'any';
    const followed = isForAll ? this.#results.followAll(promise, elements, joined) : [];
    const shared = this.#owed.joined(promise, isForAll);
    if (joined !== null) {
      joined.add(followed);
      joined.add(shared);
      noteFor(promise, this).settling = joined;
    }
    return promise;
  }

  #runAs<R>(history: History | null, context: Context, run: () => R): R {
    const session = this.#session;
    const { slice, current } = session;
    const sliceHistory = slice.history;
    const outer = this.#outer;
    const outerContext = this.#outerContext;
    this.#outer = history;
    this.#outerContext = context;
    slice.history = history;
    session.current = context;
    try {
      return this.#results.apart(run);
    } finally {
      this.#outer = outer;
      this.#outerContext = outerContext;
      slice.history = sliceHistory;
      session.current = current;
      if (this.#switch.isPausing) this.#forget();
    }
  }
}
