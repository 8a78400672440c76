import type { Context } from '../../core/context.ts';
import type { Session } from '../../core/session.ts';
import type { Stack } from '../../core/stack.ts';
import type { HeldLock } from './held-lock.ts';
import type { LockClass } from './lock-class.ts';
import { flavourNames, type LockEdge } from './lock-graph.ts';
import type { ClassView, LockdepListener, LockdepReport, LockdepReportKind, LockView, OrderView } from './report.ts';
import { usageString } from './usage.ts';

/** What a rule says of its finding; the rest is filled in. */
export interface FindingParts {
  readonly kind: LockdepReportKind;
  readonly title: string;
  readonly lock?: LockView | null;
  readonly other?: LockView | null;
  readonly chain?: readonly OrderView[];
  readonly usage?: LockdepReport['usage'];
  readonly detail?: string;
  readonly stack?: Stack | null;
  /** Reports with an equal key are made once. */
  readonly key: string;
}

/**
 * Makes the reports. The first one turns lockdep off, as `debug_locks_off` does, unless it shall keep going; then each
 * finding is reported once.
 */
export class Findings {
  readonly #session: Session;
  readonly #keepGoing: boolean;
  readonly #listener: LockdepListener;
  readonly #seen = new Set<string>();
  #on = true;

  constructor(session: Session, keepGoing: boolean, listener: LockdepListener) {
    this.#session = session;
    this.#keepGoing = keepGoing;
    this.#listener = listener;
  }

  /** False once a report has turned lockdep off. */
  get on(): boolean {
    return this.#on;
  }

  /** Every rule ends here. Nothing of lockdep is half done when the listener is called. */
  report(context: Context, held: readonly HeldLock[], parts: FindingParts): void {
    const key = `${parts.kind}\u0000${parts.key}`;
    if (!this.#on || this.#seen.has(key)) return;
    this.#seen.add(key);
    if (!this.#keepGoing) this.#on = false;
    this.#listener({
      kind: parts.kind,
      title: parts.title,
      contextName: context.name,
      contextId: context.id,
      irqState: irqState(context),
      lock: parts.lock ?? null,
      other: parts.other ?? null,
      held: held.map(lockView),
      chain: parts.chain ?? [],
      usage: parts.usage ?? null,
      detail: parts.detail ?? null,
      stack: parts.stack ?? this.#session.capture(),
      at: this.#session.now,
    });
  }
}

/** The class as it stands now. */
export function classView(lockClass: LockClass): ClassView {
  const { outer, inner } = lockClass.kind;
  return { name: lockClass.name, usage: usageString(lockClass.usage), outer, inner };
}

/** The lock as it stands now. */
export function lockView(lock: HeldLock): LockView {
  return { ...classView(lock.lockClass), label: lock.object.label, read: lock.read, stack: lock.stack };
}

/** A stretch of the order graph. */
export function orderViews(edges: readonly LockEdge[]): readonly OrderView[] {
  return edges.map(({ from, to, flavours, stack }) => ({
    from: classView(from),
    to: classView(to),
    flavours: flavourNames(flavours),
    stack,
  }));
}

function irqState(context: Context): string | null {
  if (context.irqs === null) return null;
  const [hc, sc] = [context.kind === 'hardirq' ? 1 : 0, context.kind === 'softirq' ? 1 : 0];
  const [he, se] = [context.irqs.hardirqs ? 1 : 0, context.irqs.softirqs ? 1 : 0];
  return `[HC${hc}[${hc}]:SC${sc}[${sc}]:HE${he}:SE${se}]`;
}
