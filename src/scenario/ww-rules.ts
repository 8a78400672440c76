import type { MisuseKind } from '../core/vocabulary.ts';

/**
 * An acquire context of wound/wait locking (struct ww_acquire_ctx) and the checks a debug build of the kernel makes on
 * it (kernel/locking/ww_mutex.h, ww_mutex_lock_acquired and CONFIG_DEBUG_WW_MUTEXES).
 */
export interface WwContext {
  readonly name: string;
  /** Name of its ww_class; null for the default one. */
  readonly wwClass: string | null;
  /** Age: a smaller stamp is an older context. */
  readonly stamp: number;
  /** Stands for the context of another task. */
  readonly foreign: boolean;
  /** Locks it holds. */
  acquired: number;
  /** Lock it was refused and must take first after backing off; null when it was not refused. */
  contending: string | null;
  isDone: boolean;
  isFinished: boolean;
}

/** What the checks must know of a lock. */
export interface WwLock {
  readonly name: string;
  readonly wwClass: string | null;
  readonly staleContext: string | null;
}

export function newWwContext(name: string, wwClass: string | null, stamp: number, foreign: boolean): WwContext {
  return { name, wwClass, stamp, foreign, acquired: 0, contending: null, isDone: false, isFinished: false };
}

/** A task has one acquire context of a class at a time. */
export function initFault(context: WwContext, alive: readonly WwContext[]): MisuseKind | null {
  if (context.foreign) return null;
  const other = alive.find((known) => !known.foreign && !known.isFinished && known.wwClass === context.wwClass);
  return other === undefined ? null : 'ww-two-contexts';
}

/** What is wrong with asking for this lock now, whatever the outcome of it. */
export function acquireFault(context: WwContext, lock: WwLock): MisuseKind | null {
  if (context.isDone || context.isFinished) return 'ww-acquire-after-done';
  if (differ(context.wwClass, lock.wwClass)) return 'ww-class-mismatch';
  if (lock.staleContext !== null) return 'ww-stale-context';
  if (context.contending === null) return null;
  if (context.acquired > 0) {
    return context.contending === lock.name ? 'ww-edeadlk-not-backed-off' : 'ww-acquire-while-edeadlk';
  }
  return context.contending === lock.name ? null : 'ww-contended-lock-skipped';
}

/** `ww_mutex_lock_slow` is for the lock that was refused, with nothing else held. */
export function slowFault(context: WwContext, lock: WwLock): MisuseKind | null {
  if (context.isDone || context.isFinished) return 'ww-acquire-after-done';
  return context.contending === null ? 'ww-slow-not-needed' : acquireFault(context, lock);
}

export function doneFault(context: WwContext): MisuseKind | null {
  return context.isDone ? 'ww-done-twice' : null;
}

export function finiFault(context: WwContext): MisuseKind | null {
  if (context.isFinished) return 'ww-fini-twice';
  return context.acquired > 0 ? 'ww-fini-early' : null;
}

export function releaseFault(context: WwContext | null): MisuseKind | null {
  return context !== null && context.acquired === 0 ? 'ww-unbalanced' : null;
}

/** Wait-Die: a younger context that already holds something must not wait for an older one. */
export function mustDie(asking: WwContext, holder: WwContext): boolean {
  return asking.acquired > 0 && asking.stamp > holder.stamp;
}

/** A class that is named differs from one with another name and from the default one of a lock. */
function differ(ofContext: string | null, ofLock: string | null): boolean {
  return ofContext !== null && ofContext !== ofLock;
}
