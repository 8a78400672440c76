import type { Context } from '../../core/context.ts';
import type { IrqType } from '../../core/irq.ts';
import { classView, type Findings, lockView, orderViews } from './findings.ts';
import type { HeldLock } from './held-lock.ts';
import { conflictingBit, isPerCpu } from './irq-order.ts';
import { findStrongPath, type StrongPath } from './strong-path.ts';
import { enabledIn, queuedIn, stateName, usageName, usedIn } from './usage.ts';

/** A usage state about to be noted for the class of a lock. */
interface Mark {
  readonly context: Context;
  readonly held: readonly HeldLock[];
  readonly lock: HeldLock;
  readonly irq: IrqType;
  /** Taken inside the interrupt; else held while it is possible. */
  readonly inside: boolean;
}

/** The usage states of classes: noted when a lock is taken and when interrupts go on, checked whenever one is new. */
export class IrqUsage {
  readonly #findings: Findings;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** A lock is taken (mark_usage). A trylock in an interrupt can not block there. @returns false when it reported */
  taken(context: Context, held: readonly HeldLock[], lock: HeldLock): boolean {
    const { irqs, kind } = context;
    if (!lock.trylock && (kind === 'hardirq' || kind === 'softirq')) {
      if (!this.#mark({ context, held, lock, irq: kind, inside: true })) return false;
    }
    if (irqs === null || !irqs.enabled('hardirq')) return true;
    if (!this.#mark({ context, held, lock, irq: 'hardirq', inside: false })) return false;
    return !irqs.enabled('softirq') || this.#mark({ context, held, lock, irq: 'softirq', inside: false });
  }

  /** Interrupts go on while locks are held (mark_held_locks). */
  enabled(context: Context, held: readonly HeldLock[], irq: IrqType): void {
    const irqs = context.irqs;
    if (irqs === null || !irqs.enabled('hardirq')) return;
    const types: readonly IrqType[] = irq === 'hardirq' ? ['hardirq', 'softirq'] : ['softirq'];
    for (const type of types) {
      if (!irqs.enabled(type)) continue;
      for (const lock of held) {
        if (lock.lockClass.kind.validated && !this.#mark({ context, held, lock, irq: type, inside: false })) return;
      }
    }
  }

  /** Notes the state and, when it is new, checks it against the class itself and all it is connected with (mark_lock). */
  #mark(mark: Mark): boolean {
    const { lock, irq, inside } = mark;
    const { lockClass } = lock;
    const bit = (inside ? usedIn : enabledIn)(irq, lock.read !== 0);
    const bits = inside && lock.read === 1 ? bit | queuedIn(irq) : bit;
    if ((lockClass.usage & bits) === bits) return true;
    if ((lockClass.usage & bit) === 0) lockClass.usageStacks.set(bit, lock.stack);
    lockClass.usage |= bits;
    const conflict = ownConflict(mark);
    if (conflict !== 0) {
      this.#reportInconsistent(mark, conflict, bit);
      return false;
    }
    const path = findConflict(mark);
    if (path === null) return true;
    this.#reportInversion(mark, path, bit);
    return false;
  }

  #reportInconsistent(mark: Mark, before: number, now: number): void {
    const { context, held, lock, irq, inside } = mark;
    const { lockClass } = lock;
    const [safeBit, unsafeBit] = inside ? [now, before] : [before, now];
    this.#findings.report(context, held, {
      kind: 'inconsistent-state',
      title: 'WARNING: inconsistent lock state',
      lock: lockView(lock),
      usage: {
        irq,
        safe: classView(lockClass),
        unsafe: classView(lockClass),
        before: usageName(before),
        now: usageName(now),
        safeStack: lockClass.usageStacks.get(safeBit) ?? null,
        unsafeStack: lockClass.usageStacks.get(unsafeBit) ?? null,
        state: stateName(irq, false),
        forwards: inside,
        toHeld: [],
        fromNew: [],
      },
      key: `${lockClass.id}:${irq}`,
    });
  }

  #reportInversion(mark: Mark, path: StrongPath, now: number): void {
    const { context, held, lock, irq, inside } = mark;
    const other = path.end;
    const before = conflictingBit(other, irq, inside ? enabledIn : usedIn, path.barred);
    const [safe, unsafe] = inside ? [lock.lockClass, other] : [other, lock.lockClass];
    const [safeBit, unsafeBit] = inside ? [now, before] : [before, now];
    this.#findings.report(context, held, {
      kind: 'irq-inversion',
      title: 'WARNING: possible irq lock inversion dependency detected',
      lock: lockView(lock),
      usage: {
        irq,
        safe: classView(safe),
        unsafe: classView(unsafe),
        before: usageName(before),
        now: usageName(now),
        safeStack: safe.usageStacks.get(safeBit) ?? null,
        unsafeStack: unsafe.usageStacks.get(unsafeBit) ?? null,
        state: stateName(irq, before === (inside ? enabledIn : usedIn)(irq, true)),
        forwards: inside,
        toHeld: orderViews(inside ? path.edges : [...path.edges].reverse()),
        fromNew: [],
      },
      key: `${safe.id}:${unsafe.id}:${irq}`,
    });
  }
}

/** The state of the class itself that does not go with the new one; recursive readers only conflict with writers. */
function ownConflict({ lock, irq, inside }: Mark): number {
  const opposite = inside ? enabledIn : usedIn;
  const { usage } = lock.lockClass;
  if ((usage & opposite(irq, false)) !== 0) return opposite(irq, false);
  const queues = inside ? lock.read === 1 : (usage & queuedIn(irq)) !== 0;
  return (lock.read === 0 || queues) && (usage & opposite(irq, true)) !== 0 ? opposite(irq, true) : 0;
}

/**
 * Taken in an interrupt: nothing taken after it may be held with that interrupt possible. Held with it possible:
 * nothing it was taken after may be taken in that interrupt (check_usage_forwards, check_usage_backwards).
 */
function findConflict({ lock, irq, inside }: Mark): StrongPath | null {
  const { lockClass } = lock;
  return findStrongPath({
    start: lockClass,
    barred: inside ? lock.read === 2 : lock.read !== 0,
    direction: inside ? 'forward' : 'backward',
    accept: (at, barred) => at !== lockClass && conflictingBit(at, irq, inside ? enabledIn : usedIn, barred) !== 0,
    skip: isPerCpu,
  });
}
