import type { Context } from '../../core/context.ts';
import type { EventContext } from '../../core/event-context.ts';
import { NEVER, type Tick } from '../../core/ids.ts';
import type { Stack } from '../../core/stack.ts';
import type { TrackedObject } from '../../core/tracked-object.ts';
import type { How, HowMuch } from '../../core/vocabulary.ts';
import type { ClassFault, LockClass, LockClasses } from './lock-class.ts';
import type { ReadKind } from './lock-graph.ts';

/** A lock held or about to be taken (struct held_lock). */
export interface HeldLock {
  readonly object: TrackedObject;
  readonly lockClass: LockClass;
  readonly read: ReadKind;
  readonly trylock: boolean;
  /** The outer lock or acquire context that makes nesting of this class safe (`nest_lock`). */
  readonly group: object | null;
  readonly stack: Stack | null;
  /** Its place among what the context holds: when it was taken. */
  readonly order: Tick;
}

/** The flags of a lock operation: 0 exclusive, 1 reader, 2 recursive reader. */
export function readKindOf(how: How): ReadKind {
  if (how.mode === 'write') return 0;
  return how.recursive ? 2 : 1;
}

/** A lock as an operation describes it; a fault when its class can not be had; null when lockdep can not see it. */
export function describeLock(
  classes: LockClasses,
  operation: {
    readonly object: TrackedObject;
    readonly how: How;
    readonly more: HowMuch | null;
    readonly stack: Stack | null;
  },
  trylock: boolean,
  order: Tick,
): HeldLock | ClassFault | null {
  const { object, how, more, stack } = operation;
  const kind = classes.kindOf(object);
  if (kind === null) return null;
  const lockClass = classes.classOf(object, kind, more);
  if (typeof lockClass === 'string') return lockClass;
  return { object, lockClass, read: readKindOf(how), trylock, group: more?.group ?? null, stack, order };
}

/**
 * What contexts hold, as lockdep sees it. The contexts keep the holds themselves; this adds class and flags to each once.
 */
export class HeldLocks {
  readonly #classes: LockClasses;
  readonly #locks = new WeakMap<EventContext, HeldLock>();
  /** The hold that ended last: a downgrade ends a hold and begins the next in one step. */
  #ended: { readonly lock: HeldLock; readonly context: Context; readonly at: Tick } | null = null;

  constructor(classes: LockClasses) {
    this.#classes = classes;
  }

  /** What the context holds, oldest first. O(held). */
  of(context: Context): HeldLock[] {
    const held: HeldLock[] = [];
    let sorted = true;
    context.forEachHeld((eventContext) => {
      const lock = this.lockOf(eventContext);
      if (lock === null) return;
      const last = held.at(-1);
      if (last !== undefined && last.order < lock.order) sorted = false;
      held.push(lock);
    });
    held.reverse();
    return sorted ? held : held.sort((a, b) => a.order - b.order);
  }

  /** The lock of an event context; null when lockdep can not see it or has no room for its class. */
  lockOf(eventContext: EventContext): HeldLock | null {
    const known = this.#locks.get(eventContext);
    if (known !== undefined) return known;
    const made = describeLock(this.#classes, eventContext, eventContext.wait === null, eventContext.begin);
    if (made === null || typeof made === 'string') return null;
    this.#locks.set(eventContext, made);
    return made;
  }

  /** Notes the end of a hold. */
  ended(eventContext: EventContext, at: Tick): void {
    const lock = this.lockOf(eventContext);
    this.#ended = lock === null ? null : { lock, context: eventContext.context, at };
  }

  /** True when this hold goes on from one that ended in the same step, in another mode (downgrade): it keeps its place. */
  continues(eventContext: EventContext): boolean {
    const { object, how, begin, context } = eventContext;
    const ended = this.#ended;
    this.#ended = null;
    if (ended === null || how.trylock || begin !== ended.at + 1) return false;
    if (ended.lock.object !== object || ended.context !== context) return false;
    this.#locks.set(eventContext, { ...ended.lock, read: readKindOf(how) });
    return true;
  }
}

/** The order of a lock that is not held yet. */
export const NOT_YET: Tick = NEVER;
