import * as locks from './machine-locks.ts';
import type { MachineRun } from './machine-run.ts';
import * as signals from './machine-signals.ts';
import * as ww from './machine-ww.ts';
import type { Op } from './op.ts';
import type { Verb } from './vocabulary.ts';

type Step = (run: MachineRun, context: number, op: Op) => void;

const nothing: Step = () => undefined;
const lock: Step = (run, context, op) => locks.lock(run, context, op, 'write');
const unlock: Step = (run, context, op) => locks.unlock(run, context, op, ['write', 'upgradable', 'read']);

/** What each operation does when it really runs. Interrupts, RCU and allocations block nobody here. */
const STEPS: Readonly<Record<Verb, Step>> = Object.freeze({
  lock,
  lock_nested: lock,
  lock_nest: lock,
  local_lock: lock,
  unlock,
  local_unlock: unlock,
  trylock: (run, context, op) => locks.tryLock(run, context, op, 'write'),
  rlock: (run, context, op) => locks.lock(run, context, op, 'read'),
  rlock_recursive: (run, context, op) => locks.lock(run, context, op, 'read', true),
  runlock: (run, context, op) => locks.unlock(run, context, op, ['read']),
  wlock: lock,
  wunlock: (run, context, op) => locks.unlock(run, context, op, ['write']),
  tryrlock: (run, context, op) => locks.tryLock(run, context, op, 'read'),
  trywlock: (run, context, op) => locks.tryLock(run, context, op, 'write'),
  ulock: (run, context, op) => locks.lock(run, context, op, 'upgradable'),
  uunlock: (run, context, op) => locks.unlock(run, context, op, ['upgradable', 'write']),
  upgrade: locks.upgrade,
  downgrade: locks.downgrade,

  init: (run, context, op) => renew(run, context, op, 'init-held', false),
  destroy: (run, context, op) => renew(run, context, op, 'destroy-held', true),
  forget: nothing,
  assert_held: assertHeld,
  might_lock: nothing,

  irq_enter: nothing,
  irq_exit: nothing,
  irq_disable: nothing,
  irq_enable: nothing,
  rcu_enter: nothing,
  rcu_exit: nothing,
  reclaim_acquire: nothing,
  reclaim_release: nothing,
  might_alloc: nothing,
  nofs_save: nothing,
  nofs_restore: nothing,

  request_event: (run, context, op) => run.effects.asks(context, run.plan.object(op.target)),
  wait_completion: signals.awaitSignal,
  wait: signals.awaitSignal,
  await: signals.awaitSignal,
  complete: signals.signal,
  event: signals.signal,
  resolve: signals.signal,
  reset(run, _context, op) {
    run.object(run.plan.object(op.target)).isSet = false;
  },
  cond_wait: signals.waitCondition,
  notify_one: (run, context, op) => signals.notify(run, context, op, false),
  notify_all: (run, context, op) => signals.notify(run, context, op, true),

  sem_acquire: locks.acquirePermits,
  sem_release: locks.releasePermits,
  chan_send: signals.send,
  chan_recv: signals.receive,
  chan_close: signals.closeChannel,
  chan_drop_sender: signals.dropSender,
  barrier_wait: signals.meet,
  await_task: signals.join,
  park: signals.park,
  unpark: signals.unpark,

  spawn,
  cancel,
  exit,

  ww_ctx_init: ww.initWw,
  ww_acquire: ww.acquireWw,
  ww_acquire_noctx: ww.acquireWw,
  ww_acquire_slow: ww.acquireWw,
  ww_trylock: ww.tryWw,
  ww_release: ww.releaseWw,
  ww_ctx_done: ww.endWw,
  ww_ctx_fini: ww.endWw,
  ww_ctx_forget: ww.endWw,

  yield: nothing,
  sleep: nothing,
  nop: nothing,
  add_edge: nothing,
  remove_node: nothing,
  path: nothing,
});

/** True for an operation that changes nothing but the place of its own context. */
export function isPrivate(op: Op): boolean {
  return STEPS[op.verb] === nothing;
}

/** Starts one operation; it may leave the context blocked. */
export function perform(run: MachineRun, context: number, op: Op): void {
  STEPS[op.verb](run, context, op);
}

function renew(run: MachineRun, context: number, op: Op, kind: string, isDestroyed: boolean): void {
  const object = run.plan.object(op.target);
  const isHeld = run.state.contexts.some(({ holds }) => holds.some((hold) => hold.object === object));
  if (isHeld) run.misuse(context, object, kind, `${op.text}: ${op.target} is held`);
  run.object(object).isDestroyed = isDestroyed;
}

function assertHeld(run: MachineRun, context: number, op: Op): void {
  const object = run.plan.object(op.target);
  if (run.holdOf(context, object) !== null) return;
  run.misuse(context, object, 'not-held', `${op.text}: ${op.target} is not held`);
}

function spawn(run: MachineRun, _context: number, op: Op): void {
  const spawned = run.plan.context(op.target);
  if (run.context(spawned).phase !== 'absent') return;
  run.context(spawned).phase = 'ready';
  run.effects.begins(spawned);
  run.settle(spawned);
}

/** Leaves without dropping anything. */
function exit(run: MachineRun, context: number, op: Op): void {
  const kept = run.context(context).holds.find(({ mode }) => mode !== 'permits');
  if (kept !== undefined) {
    const { name } = run.declared(kept.object);
    run.misuse(context, kept.object, 'exit-with-held', `${op.text} with ${name} held`);
  }
  run.end(context, 'exited');
}

function cancel(run: MachineRun, _context: number, op: Op): void {
  const cancelled = run.plan.context(op.target);
  const { phase } = run.context(cancelled);
  if (phase === 'done') return;
  // One that was never spawned begins only to end.
  if (phase === 'absent') run.effects.begins(cancelled);
  run.giveUp(cancelled, 'cancelled');
}
