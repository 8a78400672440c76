import type { Op } from './op.ts';
import type { Verb } from './vocabulary.ts';

/** Object kinds of the core by the type words of scenario files; a word that is not listed is its own kind. */
const KINDS: Readonly<Record<string, string>> = Object.freeze({
  spin: 'spinlock',
  raw_spin: 'raw_spinlock',
  'recursive-mutex': 'mutex',
  'reentrant-lock': 'mutex',
  'async-mutex': 'mutex',
  monitor: 'mutex',
  once: 'mutex',
  'atomics-wait': 'mutex',
  'atomics-lock': 'mutex',
  'reentrant-rwlock': 'async-rwlock',
  limiter: 'semaphore',
  executor: 'semaphore',
  condvar: 'condition',
});

/** Types whose owner may take them again, whether or not the file says `recursive`. */
const RECURSIVE_TYPES: ReadonlySet<string> = new Set([
  'recursive-mutex',
  'reentrant-lock',
  'reentrant-rwlock',
  'monitor',
]);

/** Types that are counted permits even when the file gives no number. */
const PERMIT_TYPES: ReadonlySet<string> = new Set(['semaphore', 'pool', 'limiter', 'executor']);

/** What an object is when the file does not declare it: guessed from the first operation on it. */
const TYPE_OF_VERB: Partial<Record<Verb, string>> = {
  rlock: 'rwlock',
  rlock_recursive: 'rwlock',
  runlock: 'rwlock',
  wlock: 'rwlock',
  wunlock: 'rwlock',
  tryrlock: 'rwlock',
  trywlock: 'rwlock',
  ulock: 'rwlock',
  uunlock: 'rwlock',
  upgrade: 'rwlock',
  downgrade: 'rwlock',
  local_lock: 'local_lock',
  local_unlock: 'local_lock',
  request_event: 'event',
  wait_completion: 'completion',
  complete: 'completion',
  wait: 'event',
  event: 'event',
  reset: 'event',
  await: 'promise',
  resolve: 'promise',
  cond_wait: 'condvar',
  notify_one: 'condvar',
  notify_all: 'condvar',
  sem_acquire: 'semaphore',
  sem_release: 'semaphore',
  chan_send: 'channel',
  chan_recv: 'channel',
  chan_close: 'channel',
  chan_drop_sender: 'channel',
  barrier_wait: 'barrier',
  ww_acquire: 'ww_mutex',
  ww_acquire_noctx: 'ww_mutex',
  ww_acquire_slow: 'ww_mutex',
  ww_trylock: 'ww_mutex',
  ww_release: 'ww_mutex',
};

export function kindOf(type: string): string {
  return KINDS[type] ?? type;
}

export function isRecursiveType(type: string): boolean {
  return RECURSIVE_TYPES.has(type);
}

export function isPermitType(type: string): boolean {
  return PERMIT_TYPES.has(type);
}

/** Permits that all come from releases: nobody owns one, an acquire waits for a signal. */
export function isPureSignal({ permits }: { readonly permits: number | null }): boolean {
  return permits !== null && permits <= 0;
}

export function typeOfVerb({ verb }: Op): string {
  return TYPE_OF_VERB[verb] ?? 'mutex';
}
