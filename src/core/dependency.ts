import type { EventClass } from './classes.ts';
import type { ContextKind } from './context.ts';
import type { ContextId, ObjectId, Tick } from './ids.ts';
import type { IrqType } from './irq.ts';
import type { Stack } from './stack.ts';

/**
 * Which rule made a dependency `P -> Q` ("event P cannot happen until event Q happens"):
 * - `wait`: a context waited for Q while it owed P (DEPT's rule at wait time);
 * - `event`: a context triggered P after a wait for Q that began after P was asked for (DEPT's rule at event time);
 * - `overlap`: as `event`, but the wait only overlaps the event context: Linux does not make this one;
 * - `release`: the code that ended P had waited for Q since P began, by causal history;
 * - `irq`: P is owed while an interrupt may come whose handler waits for Q.
 */
export type Rule = 'wait' | 'event' | 'overlap' | 'release' | 'irq';

/** One of [S], [W], [E]: what was called there, on which class, and the stack if one is known. */
export interface Place {
  /** `lock`, `complete`, ...; null prints `(unknown)`. */
  readonly label: string | null;
  readonly class: EventClass;
  readonly stack: Stack | null;
}

/** The context of a dependency, as reports name it. */
export interface ContextName {
  readonly id: ContextId;
  readonly name: string;
  readonly kind: ContextKind;
}

/** The two instances a dependency was seen between. */
export interface InstancePair {
  readonly from: ObjectId;
  readonly fromLabel: string;
  readonly to: ObjectId;
  readonly toLabel: string;
}

/** An edge of the class graph with the evidence of the observation that made it. */
export interface Dependency {
  readonly from: EventClass;
  readonly to: EventClass;
  readonly rule: Rule;
  readonly context: ContextName;
  /** [S] start of the event context. */
  readonly start: Place;
  /** [W] the wait blocked. */
  readonly wait: Place;
  /** [E] the event not reachable. */
  readonly event: Place;
  /** Stack of the waiter that the event would wake, where known. */
  readonly waker: Stack | null;
  /** The wait gives up by itself after some time. */
  readonly timed: boolean;
  /** Interrupt types that join [S] and [W]; empty for an ordinary dependency. */
  readonly irqs: readonly IrqType[];
  /** Stack of the place that made the interrupt possible; most dependencies have none, and no room for one. */
  readonly irqStack?: Stack | null;
  readonly instances: InstancePair | null;
  /** When the wait began. */
  readonly at: Tick;
}
