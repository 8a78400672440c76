import { DOWNGRADE } from '../core/how.ts';
import type { HowMuch } from '../core/vocabulary.ts';
import type { ClassDriver, ClassHold } from './class-driver.ts';
import { howOf, UPGRADABLE_HOLD, UPGRADABLE_WAIT } from './class-objects.ts';
import { isPureSignal } from './object-types.ts';
import type { Op } from './op.ts';

/** `lock`, `wlock`, `rlock` and their kin. */
export function lock(driver: ClassDriver, op: Op, mode: 'write' | 'read' | 'upgradable', passes = false): void {
  const declared = driver.objects.declared(op.target);
  if (declared?.permits != null) {
    acquirePermits(driver, op);
    return;
  }
  const more = modifiersOf(driver, op);
  if (!driver.mayTake(op)) return;
  const mine = driver.holdOf(op.target);
  if (mine !== null && declared?.recursive === true) {
    mine.count++;
    return;
  }
  const object = driver.objects.object(op.target);
  if (declared?.crossRelease === true) {
    driver.awaitSignal(object, op);
    driver.session.request(object);
    return;
  }
  if (mode === 'upgradable') {
    driver.take(op.target, object, UPGRADABLE_WAIT, mode, more, UPGRADABLE_HOLD);
    return;
  }
  // A queued rwlock lets readers pass in interrupts only (include/asm-generic/qrwlock.h).
  const isPassing = passes || (declared?.policy === 'queued' && driver.isInInterrupt);
  driver.take(op.target, object, howOf(mode, { passes: isPassing, plain: op.verb !== 'wlock' }), mode, more);
}

/** The nesting and the timeout an operation states. */
function modifiersOf(driver: ClassDriver, op: Op): HowMuch | null {
  const group = op.under === null ? undefined : protector(driver, op, op.under);
  const parts: HowMuch = {
    ...(op.subclass > 0 ? { nest: op.subclass } : {}),
    ...(group === undefined ? {} : { group }),
    ...(op.timeoutMs === null ? {} : { timeoutMs: op.timeoutMs }),
  };
  return Object.keys(parts).length === 0 ? null : parts;
}

function protector(driver: ClassDriver, op: Op, under: string): object | undefined {
  const hold = driver.holdOf(under);
  if (hold !== null) return hold.held.object;
  const ctx = driver.ww.findLast((known) => known.name === under && !known.isFinished);
  if (ctx !== undefined) return ctx;
  driver.misuse('nest-lock-not-held', op.target, `${op.text}: ${under} is not held`);
  return undefined;
}

export function tryLock(driver: ClassDriver, op: Op, mode: 'write' | 'read'): void {
  if (op.result === 'fail' || (op.result === null && driver.holdOf(op.target) !== null)) return;
  const declared = driver.objects.declared(op.target);
  const mine = driver.holdOf(op.target);
  if (mine !== null && declared?.recursive === true) {
    mine.count++;
    return;
  }
  const how = howOf(mode, { tries: true, plain: op.verb === 'trylock' });
  driver.tryTake(op.target, driver.objects.object(op.target), how, mode);
}

export function unlock(driver: ClassDriver, op: Op, modes: readonly ClassHold['mode'][]): void {
  const declared = driver.objects.declared(op.target);
  if (declared?.permits != null) {
    releasePermits(driver, op, true);
    return;
  }
  if (declared?.crossRelease === true) {
    driver.session.event(driver.objects.object(op.target), howOf('write', { plain: true }));
    return;
  }
  const hold = driver.holdOf(op.target, modes);
  if (hold === null) {
    driver.misuse('bad-unlock', op.target, `${op.text}: ${op.target} is not held`);
    return;
  }
  checkStack(driver, op, hold);
  driver.drop(hold);
}

/** Objects of re-entry mode `stack` are left in the reverse order of entering. */
function checkStack(driver: ClassDriver, op: Op, hold: ClassHold): void {
  const isStack = (name: string): boolean => driver.objects.declared(name)?.reentry === 'stack';
  const newest = driver.holds.findLast(({ name }) => isStack(name));
  if (!isStack(hold.name) || newest === undefined || newest.name === hold.name) return;
  driver.misuse('out-of-order-release', op.target, `${op.text} before ${newest.name}, which was entered later`);
}

export function upgrade(driver: ClassDriver, op: Op): void {
  const hold = driver.holdOf(op.target, ['read', 'upgradable']);
  if (hold === null) {
    driver.misuse('not-held', op.target, `${op.text}: ${op.target} is not held for reading`);
    return;
  }
  const { session } = driver;
  const object = driver.objects.object(op.target);
  // One upgradable reader exists, so it waits for plain readers only: its own hold is no obstacle.
  if (hold.mode === 'upgradable') session.exit(hold.held);
  const begun = session.wait(object, howOf('write', {}), modifiersOf(driver, op));
  if (hold.mode !== 'upgradable') session.exit(hold.held);
  driver.replace(hold, session.granted(begun), 'write');
}

export function downgrade(driver: ClassDriver, op: Op): void {
  const hold = driver.holdOf(op.target, ['write', 'upgradable']);
  if (hold === null) {
    driver.misuse('not-held', op.target, `${op.text}: ${op.target} is not held for writing`);
    return;
  }
  driver.replace(hold, driver.session.modify(hold.held, DOWNGRADE), 'read');
}

export function acquirePermits(driver: ClassDriver, op: Op): void {
  if (!driver.mayTake(op)) return;
  const declared = driver.objects.declared(op.target);
  if (declared !== null && isPureSignal(declared)) {
    driver.awaitSignal(driver.objects.object(op.target), op);
    return;
  }
  const mine = driver.holdOf(op.target);
  if (mine !== null && declared?.recursive === true) {
    mine.count++;
    return;
  }
  const more: HowMuch = { permits: op.amount, ...(op.timeoutMs === null ? {} : { timeoutMs: op.timeoutMs }) };
  driver.take(op.target, driver.objects.object(op.target), howOf('write', { plain: true }), 'permits', more);
}

/** Gives permits back; without a hold it is a signal, told where `isEvent` says so. */
export function releasePermits(driver: ClassDriver, op: Op, isEvent: boolean): void {
  const hold = driver.holdOf(op.target, ['permits', 'write']);
  if (hold !== null) {
    checkStack(driver, op, hold);
    driver.drop(hold);
  } else if (isEvent) {
    driver.session.event(driver.objects.object(op.target), howOf('write', { plain: true }));
  }
}
