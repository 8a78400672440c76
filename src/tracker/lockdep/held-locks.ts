import type { Context } from '../../core/context.ts';
import type { EventContext } from '../../core/event-context.ts';
import type { Tick } from '../../core/ids.ts';
import { describeLock, type HeldLock, readKindOf } from './held-lock.ts';
import type { LockClasses } from './lock-class.ts';

/** The held stack of one exact context, oldest first; both lists go together. */
class HeldStack {
  readonly locks: HeldLock[] = [];
  readonly holds: EventContext[] = [];

  /** Releases come mostly in reverse, so that the ends are what matters. */
  insert(at: number, hold: EventContext, lock: HeldLock): void {
    this.locks.push(lock);
    this.holds.push(hold);
    if (at === this.locks.length - 1) return;
    this.locks.splice(at, 0, this.locks.pop() as HeldLock);
    this.holds.splice(at, 0, this.holds.pop() as EventContext);
  }

  remove(at: number): void {
    if (at === this.locks.length - 1) {
      this.locks.pop();
      this.holds.pop();
      return;
    }
    this.locks.splice(at, 1);
    this.holds.splice(at, 1);
  }
}

/** A hold that has just ended: a downgrade ends one hold and begins the next in one step. */
interface Ended {
  readonly lock: HeldLock;
  readonly context: Context;
  readonly index: number;
  readonly at: Tick;
}

/**
 * What contexts hold, as lockdep sees it. An exact context has a stack here; what asynchronous code holds is read from
 * its causal history each time.
 */
export class HeldLocks {
  readonly #classes: LockClasses;
  readonly #stacks = new WeakMap<Context, HeldStack>();
  /** Locks of asynchronous holds, described once. */
  readonly #locks = new WeakMap<EventContext, HeldLock>();
  #ended: Ended | null = null;

  constructor(classes: LockClasses) {
    this.#classes = classes;
  }

  /** What the context holds, oldest first. Of an exact context it is the live list: O(1). */
  of(context: Context): readonly HeldLock[] {
    return context.exact ? this.#stackOf(context, null).locks : this.#fromHistory(context, null);
  }

  /** What the context held before this hold began. */
  before(context: Context, begun: EventContext): readonly HeldLock[] {
    return context.exact ? this.#stackOf(context, begun).locks : this.#fromHistory(context, begun);
  }

  /** Notes a hold that has begun. */
  begin(context: Context, hold: EventContext, lock: HeldLock): void {
    if (!context.exact) {
      this.#locks.set(hold, { ...lock, order: hold.begin });
      return;
    }
    const stack = this.#stackOf(context, hold);
    stack.insert(stack.locks.length, hold, lock);
  }

  /** Notes the end of a hold. */
  end(hold: EventContext, at: Tick): void {
    this.#ended = null;
    const context = hold.context;
    if (!context.exact) return;
    const stack = this.#stackOf(context, null);
    const index = stack.holds.lastIndexOf(hold);
    if (index < 0) return;
    this.#ended = { lock: stack.locks[index] as HeldLock, context, index, at };
    stack.remove(index);
  }

  /** True when this hold goes on from one that ended in the same step, in another mode (downgrade): it keeps its place. */
  goesOn(hold: EventContext): boolean {
    const ended = this.#ended;
    this.#ended = null;
    if (ended === null || hold.how.trylock || hold.begin !== ended.at + 1) return false;
    if (ended.lock.object !== hold.object || ended.context !== hold.context) return false;
    const lock = { ...ended.lock, read: readKindOf(hold.how) };
    this.#stackOf(hold.context, hold).insert(ended.index, hold, lock);
    return true;
  }

  /** What was held by `from` is held by `to` from now on, without an order to what `to` took before. */
  handOver(from: Context, to: Context, hold: EventContext): void {
    const lock = this.lockOf(hold);
    if (from.exact) {
      const stack = this.#stackOf(from, null);
      const index = stack.holds.lastIndexOf(hold);
      if (index >= 0) stack.remove(index);
    }
    if (lock !== null) this.begin(to, hold, { ...lock, trylock: true });
  }

  /** The lock of a hold; null when lockdep can not see it or has no room for its class. */
  lockOf(hold: EventContext): HeldLock | null {
    const known = this.#locks.get(hold);
    if (known !== undefined) return known;
    const made = describeLock(this.#classes, hold, hold.wait === null, hold.begin);
    return made === null || typeof made === 'string' ? null : made;
  }

  /** A context seen for the first time may hold locks from before lockdep listened; `begun` is not to be among them. */
  #stackOf(context: Context, begun: EventContext | null): HeldStack {
    const known = this.#stacks.get(context);
    if (known !== undefined) return known;
    const made = new HeldStack();
    this.#stacks.set(context, made);
    context.forEachHeld((hold) => {
      const lock = hold === begun ? null : this.lockOf(hold);
      if (lock !== null) made.insert(0, hold, lock);
    });
    return made;
  }

  #fromHistory(context: Context, begun: EventContext | null): readonly HeldLock[] {
    const held: HeldLock[] = [];
    context.forEachHeld((hold) => {
      const lock = hold === begun ? null : this.lockOf(hold);
      if (lock !== null) held.push(lock);
    });
    return held.sort((a, b) => a.order - b.order);
  }
}
