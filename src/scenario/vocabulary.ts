/** What the first operand of an operation names. */
export type Operand = 'object' | 'context' | 'ww-context' | 'irq' | 'rcu' | 'allocation' | 'nodes' | 'node' | 'none';

/** The name of an operation. */
export type Verb =
  | 'lock'
  | 'unlock'
  | 'trylock'
  | 'lock_nested'
  | 'lock_nest'
  | 'rlock'
  | 'rlock_recursive'
  | 'runlock'
  | 'wlock'
  | 'wunlock'
  | 'tryrlock'
  | 'trywlock'
  | 'ulock'
  | 'uunlock'
  | 'upgrade'
  | 'downgrade'
  | 'init'
  | 'destroy'
  | 'forget'
  | 'assert_held'
  | 'might_lock'
  | 'irq_enter'
  | 'irq_exit'
  | 'irq_disable'
  | 'irq_enable'
  | 'rcu_enter'
  | 'rcu_exit'
  | 'reclaim_acquire'
  | 'reclaim_release'
  | 'might_alloc'
  | 'nofs_save'
  | 'nofs_restore'
  | 'local_lock'
  | 'local_unlock'
  | 'request_event'
  | 'wait_completion'
  | 'complete'
  | 'wait'
  | 'event'
  | 'reset'
  | 'await'
  | 'resolve'
  | 'cond_wait'
  | 'notify_one'
  | 'notify_all'
  | 'sem_acquire'
  | 'sem_release'
  | 'chan_send'
  | 'chan_recv'
  | 'chan_close'
  | 'chan_drop_sender'
  | 'barrier_wait'
  | 'await_task'
  | 'park'
  | 'unpark'
  | 'spawn'
  | 'cancel'
  | 'exit'
  | 'ww_ctx_init'
  | 'ww_acquire'
  | 'ww_acquire_noctx'
  | 'ww_acquire_slow'
  | 'ww_trylock'
  | 'ww_release'
  | 'ww_ctx_done'
  | 'ww_ctx_fini'
  | 'ww_ctx_forget'
  | 'yield'
  | 'sleep'
  | 'nop'
  | 'add_edge'
  | 'remove_node'
  | 'path';

/** The grammar of one operation: what it names, which modifiers it takes and which `=result` it may state. */
export interface Grammar {
  readonly operand: Operand;
  /** Modifiers that must be there. */
  readonly needs: readonly string[];
  /** Modifiers that may be there. */
  readonly takes: readonly string[];
  /** Results that may follow `=`; `any` for free text, empty where none may be stated. */
  readonly results: readonly string[] | 'any';
  /** May block, so that `timeout=MS` is allowed. */
  readonly blocks: boolean;
}

function grammar(operand: Operand, more: Partial<Grammar> = {}): Grammar {
  return Object.freeze({ operand, needs: [], takes: [], results: [], blocks: false, ...more });
}

const BLOCKS: Grammar = grammar('object', { blocks: true });
const ENDS: Grammar = grammar('object');
const TRIES: Grammar = grammar('object', { results: ['ok', 'fail'] });
const BARE: Grammar = grammar('none');
const COUNTED: Partial<Grammar> = { takes: ['n'] };
const WW_RESULTS: readonly string[] = Object.freeze(['ok', 'EDEADLK', 'EALREADY']);

/** Every operation of the scenario files, with its grammar. */
export const VOCABULARY: Readonly<Record<Verb, Grammar>> = Object.freeze({
  lock: BLOCKS,
  unlock: ENDS,
  trylock: TRIES,
  lock_nested: grammar('object', { needs: ['subclass'], blocks: true }),
  lock_nest: grammar('object', { needs: ['under'], blocks: true }),

  rlock: BLOCKS,
  rlock_recursive: BLOCKS,
  runlock: ENDS,
  wlock: BLOCKS,
  wunlock: ENDS,
  tryrlock: TRIES,
  trywlock: TRIES,
  ulock: BLOCKS,
  uunlock: ENDS,
  upgrade: BLOCKS,
  downgrade: ENDS,

  init: ENDS,
  destroy: ENDS,
  forget: ENDS,
  assert_held: ENDS,
  might_lock: ENDS,

  irq_enter: grammar('irq'),
  irq_exit: grammar('irq'),
  irq_disable: grammar('irq'),
  irq_enable: grammar('irq'),

  rcu_enter: grammar('rcu'),
  rcu_exit: grammar('rcu'),
  reclaim_acquire: BARE,
  reclaim_release: BARE,
  might_alloc: grammar('allocation'),
  nofs_save: BARE,
  nofs_restore: BARE,
  local_lock: BLOCKS,
  local_unlock: ENDS,

  request_event: ENDS,
  wait_completion: BLOCKS,
  complete: ENDS,
  wait: BLOCKS,
  event: ENDS,
  reset: ENDS,
  await: BLOCKS,
  resolve: ENDS,

  cond_wait: grammar('object', { needs: ['mutex'], blocks: true }),
  notify_one: ENDS,
  notify_all: ENDS,

  sem_acquire: grammar('object', { ...COUNTED, blocks: true }),
  sem_release: grammar('object', COUNTED),

  chan_send: BLOCKS,
  chan_recv: BLOCKS,
  chan_close: ENDS,
  chan_drop_sender: ENDS,

  barrier_wait: BLOCKS,
  await_task: grammar('context', { blocks: true }),
  park: grammar('none', { blocks: true }),
  unpark: grammar('context'),

  spawn: grammar('context'),
  cancel: grammar('context'),
  exit: BARE,

  ww_ctx_init: grammar('ww-context', { takes: ['class', 'foreign'] }),
  ww_acquire: grammar('object', { needs: ['ctx'], results: WW_RESULTS, blocks: true }),
  ww_acquire_noctx: grammar('object', { results: ['ok'], blocks: true }),
  ww_acquire_slow: grammar('object', { needs: ['ctx'], results: WW_RESULTS, blocks: true }),
  ww_trylock: grammar('object', { needs: ['ctx'], results: ['ok', 'fail'] }),
  ww_release: ENDS,
  ww_ctx_done: grammar('ww-context'),
  ww_ctx_fini: grammar('ww-context'),
  ww_ctx_forget: grammar('ww-context'),

  yield: BARE,
  sleep: BARE,
  nop: BARE,

  add_edge: grammar('nodes', { takes: ['keep'], results: ['ok', 'cycle'] }),
  remove_node: grammar('node'),
  path: grammar('nodes', { results: 'any' }),
});

export function isVerb(word: string): word is Verb {
  return Object.hasOwn(VOCABULARY, word);
}

/** Operations of `graph` cases; they occur nowhere else. */
export const GRAPH_VERBS: ReadonlySet<Verb> = new Set<Verb>(['add_edge', 'remove_node', 'path']);

/** Words an irq operation may name: `hard_nothread` is a handler that cannot be threaded (it never sleeps, even on RT). */
export const IRQ_WORDS: readonly string[] = Object.freeze(['hard', 'soft', 'hard_nothread']);
/** Flavours of RCU read sections. */
export const RCU_WORDS: readonly string[] = Object.freeze(['rcu', 'bh', 'sched']);
