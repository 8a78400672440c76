import type { Tick } from '../../core/ids.ts';
import type { IrqType } from '../../core/irq.ts';
import type { Stack } from '../../core/stack.ts';
import type { ReadKind } from './lock-graph.ts';

/** What lockdep found, in one word for machines. */
export type LockdepReportKind =
  | 'circular'
  | 'recursive'
  | 'irq-order'
  | 'irq-inversion'
  | 'inconsistent-state'
  | 'wait-context'
  | 'bad-unlock'
  | 'held-lock-freed'
  | 'exit-with-held'
  | 'nest-lock-not-held'
  | 'chain-collision'
  | 'debug-locks'
  | 'limit';

/** A class as the report shows it. */
export interface ClassView {
  readonly name: string;
  /** Four usage characters, as in `{+.+.}`. */
  readonly usage: string;
  /** Outer and inner wait type, as in `-{4:4}`. */
  readonly outer: number;
  readonly inner: number;
}

/** A lock as the report shows it: its class, which instance, how, and where it was taken. */
export interface LockView extends ClassView {
  /** The instance. */
  readonly label: string;
  readonly read: ReadKind;
  readonly stack: Stack | null;
}

/** One known order: `to` was taken while `from` was held. */
export interface OrderView {
  readonly from: ClassView;
  readonly to: ClassView;
  /** `EN`, `ER`, `SN`, `SR`: how `from` was held and `to` taken. */
  readonly flavours: readonly string[];
  /** Where that was first seen. */
  readonly stack: Stack | null;
}

/** The two usages of one class, or of two connected classes, that do not go together. */
export interface UsageView {
  readonly irq: IrqType;
  /** The class that is taken in the interrupt. */
  readonly safe: ClassView;
  /** The class that is held while the interrupt is possible; the same one for an inconsistent state. */
  readonly unsafe: ClassView;
  /** Names of the two states: the one known before first. */
  readonly before: string;
  readonly now: string;
  readonly safeStack: Stack | null;
  readonly unsafeStack: Stack | null;
  /** `HARDIRQ`, `SOFTIRQ-READ` ... of the state that was known before. */
  readonly state: string;
  /** True when the lock that changed its state is the safe one and the search went forwards. */
  readonly forwards: boolean;
  /** From the safe class to the held lock, or to the unsafe class. */
  readonly toHeld: readonly OrderView[];
  /** From the lock being taken to the unsafe class; empty unless `irq-order`. */
  readonly fromNew: readonly OrderView[];
}

/** A report of lockdep: plain data, no text beyond the title and one detail line. */
export interface LockdepReport {
  readonly kind: LockdepReportKind;
  /** As the kernel prints it. */
  readonly title: string;
  readonly contextName: string;
  readonly contextId: number;
  /** Interrupt state, `[HC0[0]:SC0[0]:HE1:SE1]`; null where the context has none. */
  readonly irqState: string | null;
  /** The lock being taken, released or freed. */
  readonly lock: LockView | null;
  /** The lock that stands against it: held already, or the nest lock. */
  readonly other: LockView | null;
  /** What the context holds, oldest first. */
  readonly held: readonly LockView[];
  /** Circular only: the known order from `lock` to `other`, in order. */
  readonly chain: readonly OrderView[];
  readonly usage: UsageView | null;
  /** What a title can not carry: the wait type of the context, the failed assertion, the limit. */
  readonly detail: string | null;
  /** Where the code that made the report was. */
  readonly stack: Stack | null;
  readonly at: Tick;
}

/** Where reports go. */
export type LockdepListener = (report: LockdepReport) => void;
