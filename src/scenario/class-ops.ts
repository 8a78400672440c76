import { LOCK } from '../core/how.ts';
import type { ClassDriver } from './class-driver.ts';
import * as kernel from './class-kernel.ts';
import * as locks from './class-locks.ts';
import { REPLAYED_WAIT } from './class-objects.ts';
import { parkName, signalName, taskName } from './class-signals.ts';
import * as ww from './class-ww.ts';
import type { Op } from './op.ts';
import type { Verb } from './vocabulary.ts';

/** `isEvent`: this operation tells an event that somebody asked for. */
type Step = (driver: ClassDriver, op: Op, isEvent: boolean) => void;

const nothing: Step = () => undefined;
const lock: Step = (driver, op) => locks.lock(driver, op, 'write');
const unlock: Step = (driver, op) => locks.unlock(driver, op, ['write', 'read', 'upgradable']);
const awaitObject: Step = (driver, op) => driver.awaitSignal(driver.objects.object(op.target), op);
const signal: Step = (driver, op, isEvent) => {
  if (isEvent) driver.session.event(driver.objects.object(signalName(op)), REPLAYED_WAIT);
};

/** What each operation tells the session. */
const STEPS: Readonly<Record<Verb, Step>> = Object.freeze({
  lock,
  lock_nested: lock,
  lock_nest: lock,
  unlock,
  trylock: (driver, op) => locks.tryLock(driver, op, 'write'),
  rlock: (driver, op) => locks.lock(driver, op, 'read'),
  rlock_recursive: (driver, op) => locks.lock(driver, op, 'read', true),
  runlock: (driver, op) => locks.unlock(driver, op, ['read']),
  wlock: lock,
  wunlock: (driver, op) => locks.unlock(driver, op, ['write']),
  tryrlock: (driver, op) => locks.tryLock(driver, op, 'read'),
  trywlock: (driver, op) => locks.tryLock(driver, op, 'write'),
  ulock: (driver, op) => locks.lock(driver, op, 'upgradable'),
  uunlock: (driver, op) => locks.unlock(driver, op, ['upgradable', 'write']),
  upgrade: locks.upgrade,
  downgrade: locks.downgrade,
  local_lock(driver, op) {
    if (driver.options.localLocks) locks.lock(driver, op, 'write');
  },
  local_unlock(driver, op) {
    if (driver.options.localLocks) locks.unlock(driver, op, ['write']);
  },

  init,
  destroy,
  forget: (driver, op) => driver.objects.renew(op.target),
  assert_held: assertHeld,
  might_lock: (driver, op) => driver.session.waited(driver.session.wait(driver.objects.object(op.target), LOCK)),

  irq_enter: kernel.enterIrq,
  irq_exit: kernel.exitIrq,
  irq_disable: (driver, op) => kernel.setIrq(driver, op, false),
  irq_enable: (driver, op) => kernel.setIrq(driver, op, true),
  rcu_enter: kernel.enterRcu,
  rcu_exit: kernel.exitRcu,
  reclaim_acquire: kernel.acquireReclaim,
  reclaim_release: kernel.releaseReclaim,
  might_alloc: kernel.mightAllocate,
  nofs_save: (driver) => kernel.setNofs(driver, 1),
  nofs_restore: (driver) => kernel.setNofs(driver, -1),

  request_event: (driver, op) => driver.session.request(driver.objects.object(op.target)),
  wait_completion: awaitObject,
  wait: awaitObject,
  await: awaitObject,
  complete: signal,
  event: signal,
  resolve: signal,
  reset: nothing,
  cond_wait: waitCondition,
  notify_one: signal,
  notify_all: signal,

  sem_acquire: locks.acquirePermits,
  sem_release: locks.releasePermits,
  chan_send: signal,
  chan_recv: awaitObject,
  chan_close: signal,
  chan_drop_sender: signal,
  barrier_wait(driver, op, isEvent) {
    signal(driver, op, isEvent);
    awaitObject(driver, op, isEvent);
  },
  await_task: (driver, op) => driver.awaitSignal(driver.objects.other(taskName(op.target), 'task'), op),
  park: (driver, op) => driver.awaitSignal(driver.objects.other(parkName(driver.context.name), 'event'), op),
  unpark(driver, op, isEvent) {
    if (isEvent) driver.session.event(driver.objects.other(signalName(op), 'event'), REPLAYED_WAIT);
  },

  spawn: nothing,
  cancel: nothing,
  exit: nothing,

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

/** Tells the session what one operation does. */
export function tell(driver: ClassDriver, op: Op, isEvent: boolean): void {
  STEPS[op.verb](driver, op, isEvent);
}

/** The next `init` of the name makes a new object with a class of its own. */
function destroy(driver: ClassDriver, op: Op): void {
  driver.session.destroy(driver.objects.object(op.target));
  driver.destroyed.add(op.target);
}

function init(driver: ClassDriver, op: Op): void {
  if (driver.destroyed.delete(op.target)) driver.objects.renew(op.target);
  driver.session.init(driver.objects.object(op.target));
}

function assertHeld(driver: ClassDriver, op: Op): void {
  if (driver.holdOf(op.target) === null) driver.misuse('not-held', op.target, `${op.text}: ${op.target} is not held`);
}

/** Gives up the mutex, waits, and takes the mutex again. */
function waitCondition(driver: ClassDriver, op: Op): void {
  const mutex = op.mutex as string;
  const hold = driver.holdOf(mutex, ['write']);
  if (hold === null) {
    driver.misuse('cond-wait-without-mutex', mutex, `${op.text}: ${mutex} is not held`);
    return;
  }
  hold.count = 1;
  driver.drop(hold);
  driver.awaitSignal(driver.objects.object(op.target), op);
  driver.take(mutex, driver.objects.object(mutex), LOCK, 'write', null);
}
