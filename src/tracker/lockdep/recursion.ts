import type { Context } from '../../core/context.ts';
import { TrackedObject } from '../../core/tracked-object.ts';
import { type Findings, lockView } from './findings.ts';
import type { HeldLock } from './held-lock.ts';

/** What holding the same class already means for the lock being taken. */
export type Recursion = 'none' | 'nested' | 'reported';

/**
 * The same class twice is a deadlock with oneself, unless it is read recursively both times, or an outer lock or
 * acquire context that was there before serialises the nesting (check_deadlock).
 */
export function checkRecursion(
  findings: Findings,
  context: Context,
  held: readonly HeldLock[],
  next: HeldLock,
): Recursion {
  let nestHeld = false;
  for (const prev of held) {
    if (next.group !== null && (prev.object as object) === next.group) nestHeld = true;
    if (prev.lockClass !== next.lockClass) continue;
    if (next.read === 2 && prev.read !== 0) continue;
    if (nestHeld || sharesAcquireContext(prev, next)) return 'nested';
    findings.report(context, held, {
      kind: 'recursive',
      title: 'WARNING: possible recursive locking detected',
      lock: lockView(next),
      other: lockView(prev),
      stack: next.stack,
      key: `${next.lockClass.id}`,
    });
    return 'reported';
  }
  return 'none';
}

/**
 * A neighbour of the same class under an outer lock only adds to the count of the one before (`references` of struct
 * held_lock): no further check, no further place on the held stack. An acquire context that came later than the
 * neighbour stands between them in the kernel; here that shows in the neighbour not being under any.
 */
export function mergesInto(last: HeldLock | undefined, next: HeldLock): boolean {
  if (last === undefined || next.group === null || last.lockClass !== next.lockClass) return false;
  return next.group instanceof TrackedObject || last.group !== null;
}

/** An annotation that names an outer lock is wrong when that lock is not held. @returns false when it reported */
export function checkNestLock(
  findings: Findings,
  context: Context,
  held: readonly HeldLock[],
  next: HeldLock,
): boolean {
  const group = next.group;
  if (!(group instanceof TrackedObject) || held.some((lock) => lock.object === group)) return true;
  findings.report(context, held, {
    kind: 'nest-lock-not-held',
    title: 'WARNING: Nested lock was not taken',
    lock: lockView(next),
    detail: group.label,
    stack: next.stack,
    key: `${next.lockClass.id}:${group.key.id}`,
  });
  return false;
}

/**
 * An acquire context is no lock among the held ones here, other than in the kernel. It serialises exactly the locks taken
 * under it; one taken without it, or under another, came before it (ww_mutex selftests).
 */
function sharesAcquireContext(prev: HeldLock, next: HeldLock): boolean {
  return next.group !== null && !(next.group instanceof TrackedObject) && prev.group === next.group;
}
