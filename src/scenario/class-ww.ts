import { LOCK, TRYLOCK } from '../core/how.ts';
import type { HowMuch } from '../core/vocabulary.ts';
import type { ClassDriver, ClassHold } from './class-driver.ts';
import type { Op } from './op.ts';
import * as rules from './ww-rules.ts';

export function initWw(driver: ClassDriver, op: Op): void {
  const made = rules.newWwContext(op.target, op.wwClass, driver.ww.length + 1, op.foreign);
  report(driver, null, rules.initFault(made, driver.ww), op);
  driver.ww.push(made);
}

/** `ww_acquire`, `ww_acquire_slow`, `ww_acquire_noctx`: the stated outcome, or the one Wait-Die gives. */
export function acquireWw(driver: ClassDriver, op: Op): void {
  const ctx = contextOf(driver, op);
  const hold = driver.holdOf(op.target);
  const outcome = op.result ?? outcomeOf(driver, op, ctx, hold);
  if (outcome === 'EALREADY') return;
  if (ctx !== null) {
    const fault = op.verb === 'ww_acquire_slow' ? rules.slowFault : rules.acquireFault;
    report(driver, op.target, fault(ctx, lockFacts(driver, op)), op);
  }
  // Refused or not, the foreign holder goes its way meanwhile.
  driver.foreignGone.add(op.target);
  if (outcome === 'EDEADLK') {
    if (ctx !== null) ctx.contending = op.target;
    return;
  }
  const more: HowMuch | null = ctx === null ? null : { group: ctx };
  driver.take(op.target, driver.objects.object(op.target), LOCK, 'write', more);
  if (ctx !== null) acquired(ctx, op);
}

function outcomeOf(driver: ClassDriver, op: Op, ctx: rules.WwContext | null, hold: ClassHold | null): string {
  if (ctx === null) return 'ok';
  if (hold !== null && hold.group === ctx) return 'EALREADY';
  const isForeign = driver.objects.declared(op.target)?.heldBy != null && !driver.foreignGone.has(op.target);
  return isForeign && ctx.acquired > 0 ? 'EDEADLK' : 'ok';
}

export function tryWw(driver: ClassDriver, op: Op): void {
  if (op.result === 'fail' || (op.result === null && driver.holdOf(op.target) !== null)) return;
  const ctx = contextOf(driver, op);
  if (ctx !== null) report(driver, op.target, rules.acquireFault(ctx, lockFacts(driver, op)), op);
  driver.tryTake(op.target, driver.objects.object(op.target), TRYLOCK, 'write', ctx === null ? null : { group: ctx });
  if (ctx !== null) acquired(ctx, op);
}

export function releaseWw(driver: ClassDriver, op: Op): void {
  const hold = driver.holdOf(op.target);
  if (hold === null) {
    driver.misuse('bad-unlock', op.target, `${op.text}: ${op.target} is not held`);
    return;
  }
  const ctx = driver.ww.find((known) => known === hold.group) ?? null;
  report(driver, op.target, rules.releaseFault(ctx), op);
  if (ctx !== null) ctx.acquired = Math.max(0, ctx.acquired - 1);
  driver.drop(hold);
}

/** `ww_ctx_done`, `ww_ctx_fini`, `ww_ctx_forget`. */
export function endWw(driver: ClassDriver, op: Op): void {
  const ctx = named(driver, op.target);
  if (op.verb === 'ww_ctx_done') {
    report(driver, null, rules.doneFault(ctx), op);
    ctx.isDone = true;
  } else if (op.verb === 'ww_ctx_fini') {
    report(driver, null, rules.finiFault(ctx), op);
    ctx.isFinished = true;
  } else {
    ctx.acquired = 0;
  }
}

function acquired(ctx: rules.WwContext, op: Op): void {
  ctx.acquired++;
  if (ctx.contending === op.target) ctx.contending = null;
}

function contextOf(driver: ClassDriver, { ctx }: Op): rules.WwContext | null {
  return ctx === null ? null : named(driver, ctx);
}

/** The newest acquire context of that name; one that the case never initialised is made on first use. */
function named(driver: ClassDriver, name: string): rules.WwContext {
  const known = driver.ww.findLast((context) => context.name === name);
  if (known !== undefined) return known;
  const made = rules.newWwContext(name, null, driver.ww.length + 1, false);
  driver.ww.push(made);
  return made;
}

function lockFacts(driver: ClassDriver, { target }: Op): rules.WwLock {
  const declared = driver.objects.declared(target);
  const wwClass = declared?.hasClass === true ? declared.className : null;
  return { name: target, wwClass, staleContext: declared?.staleContext ?? null };
}

function report(driver: ClassDriver, name: string | null, fault: string | null, op: Op): void {
  if (fault !== null) driver.misuse(fault, name, op.text);
}
