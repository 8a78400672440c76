import type { Context } from '../../core/context.ts';
import { IRQ_TYPES, type IrqType } from '../../core/irq.ts';
import { classView, type Findings, lockView, orderViews } from './findings.ts';
import type { HeldLock } from './held-lock.ts';
import type { LockClass } from './lock-class.ts';
import { findStrongPath, type StrongPath } from './strong-path.ts';
import { enabledIn, queuedIn, stateName, usageName, usedIn } from './usage.ts';

/** Which of a class's bits count for a class reached this way. */
export type IrqBit = typeof usedIn;

/** Paths for interrupt rules do not lead through per-CPU locks (usage_skip). */
export function isPerCpu(lockClass: LockClass): boolean {
  return lockClass.kind.perCpu;
}

/**
 * The bit of `lockClass` that conflicts when it is reached with this bar, 0 if none. A barred arrival ends at a shared
 * holder or recursive reader, so a reader's state does not block there, unless that reader queues.
 */
export function conflictingBit(lockClass: LockClass, irq: IrqType, bitOf: IrqBit, barred: boolean): number {
  const exclusive = bitOf(irq, false);
  if ((lockClass.usage & exclusive) !== 0) return exclusive;
  const shared = bitOf(irq, true);
  const blocks = !barred || (bitOf === usedIn && (lockClass.usage & queuedIn(irq)) !== 0);
  return blocks && (lockClass.usage & shared) !== 0 ? shared : 0;
}

/** From the held lock back to a class taken in the interrupt. */
function findSafe(prev: HeldLock, irq: IrqType): StrongPath | null {
  return findStrongPath({
    start: prev.lockClass,
    barred: prev.read !== 0,
    direction: 'backward',
    accept: (lockClass, barred) => conflictingBit(lockClass, irq, usedIn, barred) !== 0,
    skip: isPerCpu,
  });
}

/** From the new lock on to a class held while the interrupt is possible. */
function findUnsafe(next: HeldLock, irq: IrqType): StrongPath | null {
  return findStrongPath({
    start: next.lockClass,
    barred: next.read === 2,
    direction: 'forward',
    accept: (lockClass, barred) => conflictingBit(lockClass, irq, enabledIn, barred) !== 0,
    skip: isPerCpu,
  });
}

/**
 * The new order `prev` before `next` must not lead from a class taken in an interrupt to one held while that interrupt
 * is possible: the interrupt would come in between (check_irq_usage). O(classes + edges) for each interrupt type.
 *
 * @returns false when it reported
 */
export function checkIrqOrder(
  findings: Findings,
  context: Context,
  held: readonly HeldLock[],
  prev: HeldLock,
  next: HeldLock,
): boolean {
  for (const irq of [...IRQ_TYPES].reverse()) {
    const safe = findSafe(prev, irq);
    const unsafe = safe === null ? null : findUnsafe(next, irq);
    if (safe === null || unsafe === null) continue;
    reportIrqOrder(findings, context, held, { prev, next, irq, safe, unsafe });
    return false;
  }
  return true;
}

interface BadOrder {
  readonly prev: HeldLock;
  readonly next: HeldLock;
  readonly irq: IrqType;
  readonly safe: StrongPath;
  readonly unsafe: StrongPath;
}

function reportIrqOrder(findings: Findings, context: Context, held: readonly HeldLock[], bad: BadOrder): void {
  const { prev, next, irq, safe, unsafe } = bad;
  const safeBit = conflictingBit(safe.end, irq, usedIn, safe.barred);
  const unsafeBit = conflictingBit(unsafe.end, irq, enabledIn, unsafe.barred);
  const state = stateName(irq, safeBit === usedIn(irq, true));
  findings.report(context, held, {
    kind: 'irq-order',
    title: `WARNING: ${state}-safe -> ${stateName(irq, unsafeBit === enabledIn(irq, true))}-unsafe lock order detected`,
    lock: lockView(next),
    other: lockView(prev),
    usage: {
      irq,
      safe: classView(safe.end),
      unsafe: classView(unsafe.end),
      before: usageName(safeBit),
      now: usageName(unsafeBit),
      safeStack: safe.end.usageStacks.get(safeBit) ?? null,
      unsafeStack: unsafe.end.usageStacks.get(unsafeBit) ?? null,
      state,
      forwards: true,
      toHeld: orderViews([...safe.edges].reverse()),
      fromNew: orderViews(unsafe.edges),
    },
    stack: next.stack,
    key: `${prev.lockClass.id}:${next.lockClass.id}:${irq}`,
  });
}
