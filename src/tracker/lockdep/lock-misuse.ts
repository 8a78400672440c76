import type { Context } from '../../core/context.ts';
import type { TrackedObject } from '../../core/tracked-object.ts';
import type { Misuse } from '../../core/vocabulary.ts';
import { type Findings, lockView } from './findings.ts';
import type { HeldLock } from './held-lock.ts';

/** The assertion of kernel/locking/ww_mutex.h or include/linux/ww_mutex.h that a wound/wait misuse violates. */
const WW_ASSERTIONS: ReadonlyMap<string, string> = new Map([
  ['ww-class-mismatch', 'ww_ctx->ww_class != ww->ww_class'],
  ['ww-class', 'ww_ctx->ww_class != ww->ww_class'],
  ['ww-stale-context', 'ww->ctx'],
  ['ww-acquire-after-done', 'ww_ctx->done_acquire'],
  ['ww-after-done', 'ww_ctx->done_acquire'],
  ['ww-done-twice', 'ctx->done_acquire'],
  ['ww-fini-early', 'ctx->acquired'],
  ['ww-fini-held', 'ctx->acquired'],
  ['ww-contended-lock-skipped', 'ww_ctx->contending_lock != ww'],
  ['ww-contending', 'ww_ctx->contending_lock != ww'],
  ['ww-acquire-while-edeadlk', 'ww_ctx->contending_lock != ww'],
  ['ww-edeadlk-not-backed-off', 'ww_ctx->acquired > 0'],
  ['ww-backoff', 'ww_ctx->acquired > 0'],
  ['ww-slow-held', 'ctx->acquired > 0'],
  ['ww-slow-not-needed', '!ctx->contending_lock'],
]);

/** A misuse the primitive saw, with what lockdep knows of the lock. */
export interface SeenMisuse {
  readonly context: Context;
  readonly misuse: Misuse;
  /** What the context holds. */
  readonly held: readonly HeldLock[];
  /** The lock as anybody holds it, or as nobody does; null when lockdep can not see the object. */
  readonly lock: HeldLock | null;
}

/** Turns misuse seen by a primitive into the report the kernel makes of it. Other misuse is none of lockdep's business. */
export function reportMisuse(findings: Findings, seen: SeenMisuse): void {
  const { misuse } = seen;
  const kind: string = misuse.kind;
  if (kind.startsWith('ww-')) {
    reportAssertion(findings, seen, WW_ASSERTIONS.get(kind) ?? kind);
    return;
  }
  if (seen.lock === null || misuse.object === null) return;
  if (kind === 'bad-unlock' || kind === 'not-held') {
    reportBadUnlock(findings, seen.context, seen.held, seen.lock);
  } else if (kind === 'init-held' || kind === 'destroy-held') {
    reportFreed(findings, seen, seen.lock, misuse.object);
  } else if (kind === 'exit-with-held') {
    reportExit(findings, seen.context, seen.held);
  }
}

/** A lock is released that this context does not hold (print_unlock_imbalance_bug). */
export function reportBadUnlock(findings: Findings, context: Context, held: readonly HeldLock[], lock: HeldLock): void {
  findings.report(context, held, {
    kind: 'bad-unlock',
    title: 'WARNING: bad unlock balance detected!',
    lock: lockView(lock),
    detail: 'but there are no more locks to release!',
    key: `${lock.lockClass.id}:${context.id}`,
  });
}

/** A held lock is initialised again, or its memory goes (print_freed_lock_bug). */
function reportFreed(findings: Findings, seen: SeenMisuse, lock: HeldLock, object: TrackedObject): void {
  findings.report(seen.context, seen.held, {
    kind: 'held-lock-freed',
    title: 'WARNING: held lock freed!',
    lock: lockView(lock),
    detail: seen.misuse.message,
    key: `${object.id}`,
  });
}

/** A context ends with locks held (debug_check_no_locks_held). */
function reportExit(findings: Findings, context: Context, held: readonly HeldLock[]): void {
  findings.report(context, held, {
    kind: 'exit-with-held',
    title: `WARNING: ${context.name}/${context.id} still has locks held!`,
    key: `${context.id}`,
  });
}

function reportAssertion(findings: Findings, seen: SeenMisuse, assertion: string): void {
  findings.report(seen.context, seen.held, {
    kind: 'debug-locks',
    title: `DEBUG_LOCKS_WARN_ON(${assertion})`,
    lock: seen.lock === null ? null : lockView(seen.lock),
    detail: seen.misuse.message,
    key: `${assertion}:${seen.context.id}`,
  });
}
