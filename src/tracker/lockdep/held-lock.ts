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

/** The order of a lock that is not held yet. */
export const NOT_YET: Tick = NEVER;
