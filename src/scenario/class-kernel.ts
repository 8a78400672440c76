import { LOCK, READ_LOCK_RECURSIVE } from '../core/how.ts';
import type { IrqType } from '../core/irq.ts';
import type { ClassDriver } from './class-driver.ts';
import type { Op } from './op.ts';

/** Name of the pseudo-lock that stands for memory reclaim (mm/page_alloc.c, __fs_reclaim_map). */
const RECLAIM = 'fs_reclaim';
const RCU_NAMES: Readonly<Record<string, string>> = Object.freeze({ rcu: 'rcu', bh: 'rcu_bh', sched: 'rcu_sched' });
/** Allocation contexts in which reclaim may enter the file system. */
const ENTERS_FS: ReadonlySet<string> = new Set(['KERNEL', 'GFP_KERNEL', 'USER', 'GFP_USER']);

function irqOf(op: Op): IrqType {
  return op.target === 'soft' ? 'softirq' : 'hardirq';
}

/** An interrupt comes: until `irq_exit` its handler is who acts. */
export function enterIrq(driver: ClassDriver, op: Op): void {
  const irq = irqOf(op);
  const handler = driver.session.exactContext(`${driver.context.name}/${irq}`, irq);
  handler.threaded = op.target !== 'hard_nothread';
  driver.enter(handler);
}

export function exitIrq(driver: ClassDriver, op: Op): void {
  if (driver.isInInterrupt) driver.leave();
  else driver.misuse('bad-unlock', null, `${op.text} outside an interrupt`);
}

export function setIrq(driver: ClassDriver, op: Op, enabled: boolean): void {
  driver.session.setIrq(irqOf(op), enabled, driver.context);
}

export function enterRcu(driver: ClassDriver, op: Op): void {
  const name = RCU_NAMES[op.target] ?? op.target;
  driver.tryTake(name, driver.objects.other(name, 'rcu'), READ_LOCK_RECURSIVE, 'read');
}

export function exitRcu(driver: ClassDriver, op: Op): void {
  endSection(driver, RCU_NAMES[op.target] ?? op.target, op);
}

export function acquireReclaim(driver: ClassDriver): void {
  driver.take(RECLAIM, driver.objects.other(RECLAIM, 'reclaim'), LOCK, 'write', null);
}

export function releaseReclaim(driver: ClassDriver, op: Op): void {
  endSection(driver, RECLAIM, op);
}

/** An allocation may reclaim, unless it must not enter the file system or runs in a scope that forbids it. */
export function mightAllocate(driver: ClassDriver, op: Op): void {
  if (driver.nofsDepth > 0 || !ENTERS_FS.has(op.target)) return;
  acquireReclaim(driver);
  releaseReclaim(driver, op);
}

export function setNofs(driver: ClassDriver, step: 1 | -1): void {
  driver.nofsDepth = Math.max(0, driver.nofsDepth + step);
}

function endSection(driver: ClassDriver, name: string, op: Op): void {
  const hold = driver.holdOf(name);
  if (hold === null) driver.misuse('bad-unlock', null, `${op.text} without its beginning`);
  else driver.drop(hold);
}
