import type { ClassKey } from '../../core/classes.ts';
import type { Context } from '../../core/context.ts';

/**
 * How deep into non-sleeping territory a lock reaches (enum lockdep_wait_type, include/linux/lockdep_types.h, with
 * PROVE_RAW_LOCK_NESTING). A lock may only be taken where nothing of a smaller inner type is held.
 */
export const WAIT_INV = 0;
/** Never waits at all: the outer type of an RCU read section. */
export const WAIT_FREE = 1;
/** Spins for real even on PREEMPT_RT: raw_spinlock. */
export const WAIT_SPIN = 2;
/** Spins or sleeps, as PREEMPT_RT is off or on: spinlock, rwlock, local_lock. */
export const WAIT_CONFIG = 3;
/** Sleeps: mutex, rwsem. */
export const WAIT_SLEEP = 4;
/** A context that may do everything. */
export const WAIT_MAX = 5;

export type WaitType = 0 | 1 | 2 | 3 | 4 | 5;

/** What lockdep has to know of one kind of lock. */
export interface LockKind {
  /** What taking the lock demands of its surroundings. */
  readonly outer: WaitType;
  /** What holding the lock allows inside. */
  readonly inner: WaitType;
  /** Per-CPU (local_lock): carries no dependency between CPUs, so paths for interrupt rules do not lead through it. */
  readonly perCpu: boolean;
  /** False: held and shown, but outside the order graph and the usage states (RCU sections, `check == 0`). */
  readonly validated: boolean;
}

function kind(inner: WaitType, parts: Partial<LockKind> = {}): LockKind {
  return Object.freeze({ outer: inner, inner, perCpu: false, validated: true, ...parts });
}

/** The kinds lockdep sees. Completions, folio locks, semaphores, events and the like have no owner and stay invisible. */
const KINDS: ReadonlyMap<string, LockKind> = new Map([
  ['mutex', kind(WAIT_SLEEP)],
  ['rtmutex', kind(WAIT_SLEEP)],
  ['ww_mutex', kind(WAIT_SLEEP)],
  ['rwsem', kind(WAIT_SLEEP)],
  ['spinlock', kind(WAIT_CONFIG)],
  ['rwlock', kind(WAIT_CONFIG)],
  ['raw_spinlock', kind(WAIT_SPIN)],
  ['local_lock', kind(WAIT_CONFIG, { perCpu: true })],
  ['seqlock', kind(WAIT_INV)],
  ['reclaim', kind(WAIT_INV)],
  ['lockdep_map', kind(WAIT_INV)],
]);

const RCU = kind(WAIT_CONFIG, { outer: WAIT_FREE, validated: false });
const RCU_SCHED = kind(WAIT_SPIN, { outer: WAIT_FREE, validated: false });
const SRCU = kind(WAIT_INV, { validated: false });

/** How lockdep treats objects of this key; null for what it can not see. RCU flavours are told apart by name. */
export function lockKindOf(key: ClassKey): LockKind | null {
  if (key.kind !== 'rcu') return KINDS.get(key.kind) ?? null;
  if (key.name.startsWith('srcu')) return SRCU;
  return key.name.endsWith('sched') ? RCU_SCHED : RCU;
}

/** What the context itself allows before any lock is held (task_wait_context). */
export function contextWaitType(context: Context): WaitType {
  if (context.kind === 'hardirq') return context.threaded === false ? WAIT_SPIN : WAIT_CONFIG;
  return context.kind === 'softirq' ? WAIT_CONFIG : WAIT_MAX;
}
