import type { Context } from '../../core/context.ts';
import type { Session } from '../../core/session.ts';
import { type Findings, lockView, orderViews } from './findings.ts';
import type { HeldLock } from './held-lock.ts';
import { checkIrqOrder } from './irq-order.ts';
import { flavourOf, type LockGraph } from './lock-graph.ts';
import { findStrongPath, type StrongPath } from './strong-path.ts';

/** How noting an order ended. */
export type OrderVerdict = 'fine' | 'reported' | 'full';

/** Notes in which order locks are taken, and checks each new order before it is noted. */
export class LockOrder {
  readonly #session: Session;
  readonly #graph: LockGraph;
  readonly #findings: Findings;

  constructor(session: Session, graph: LockGraph, findings: Findings) {
    this.#session = session;
    this.#graph = graph;
    this.#findings = findings;
  }

  /**
   * Notes the order of what is held before `next`. The walk back ends at the first lock that was taken blocking: what
   * was held before is ordered before that one already (check_prevs_add). Trylocked ones have no such order, so it goes
   * on past them. Other than the kernel it goes on past recursive readers, whose order bars shared ones from following,
   * and past nested locks, which have none: with A held, then B read, then C taken, A before C would be lost.
   */
  taken(context: Context, held: readonly HeldLock[], next: HeldLock): OrderVerdict {
    for (let i = held.length - 1; i >= 0; i--) {
      const prev = held[i] as HeldLock;
      if (!prev.lockClass.kind.validated) continue;
      const verdict = this.#add(context, held, prev, next);
      if (verdict !== 'fine') return verdict;
      if (!prev.trylock && prev.read !== 2 && prev.group === null) break;
    }
    return 'fine';
  }

  /** check_prev_add. Within one class there is no order to note: recursive readers only get here. */
  #add(context: Context, held: readonly HeldLock[], prev: HeldLock, next: HeldLock): OrderVerdict {
    if (prev.lockClass === next.lockClass) return 'fine';
    const flavour = flavourOf(prev.read, next.read);
    const known = this.#graph.edge(prev.lockClass, next.lockClass);
    if (known !== null && (known.flavours & flavour) !== 0) return 'fine';
    const path = findCircle(prev, next);
    if (path !== null) {
      this.#reportCircular(context, held, prev, next, path);
      return 'reported';
    }
    if (!checkIrqOrder(this.#findings, context, held, prev, next)) return 'reported';
    if (known !== null) {
      known.flavours |= flavour;
      return 'fine';
    }
    if (this.#graph.full) return 'full';
    this.#graph.add(prev.lockClass, next.lockClass, flavour, next.stack ?? this.#session.capture());
    return 'fine';
  }

  #reportCircular(context: Context, held: readonly HeldLock[], prev: HeldLock, next: HeldLock, path: StrongPath): void {
    this.#findings.report(context, held, {
      kind: 'circular',
      title: 'WARNING: possible circular locking dependency detected',
      lock: lockView(next),
      other: lockView(prev),
      chain: orderViews(path.edges),
      stack: next.stack,
      key: `${prev.lockClass.id}:${next.lockClass.id}`,
    });
  }
}

/**
 * The shortest known order that leads from the new lock back to the held one so that the circle is strong: a path that
 * ends with a recursive reader does not wait for a lock that is held shared (check_noncircular, hlock_conflict).
 */
export function findCircle(prev: HeldLock, next: HeldLock): StrongPath | null {
  return findStrongPath({
    start: next.lockClass,
    barred: next.read === 2,
    direction: 'forward',
    accept: (lockClass, barred) => lockClass === prev.lockClass && (prev.read === 0 || !barred),
  });
}
