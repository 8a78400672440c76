import type { ClassRegistry, EventClass } from '../core/classes.ts';
import type { Context } from '../core/context.ts';
import type { Dependency } from '../core/dependency.ts';
import type { ClassId, Tick } from '../core/ids.ts';
import { IRQ_TYPES, type IrqType } from '../core/irq.ts';
import type { Stack } from '../core/stack.ts';
import type { Wait } from '../core/wait.ts';
import { contextName } from './observation.ts';

/** The stretch from [S] to [E] that an interrupt may hit; its start is known only as a request where the label is null. */
export interface Interrupted {
  readonly startLabel: string | null;
  readonly eventLabel: string;
  readonly startStack: Stack | null;
  readonly begin: Tick;
}

/**
 * Interrupts as nodes of the graph: what is owed while an interrupt may come cannot happen before its handler returns,
 * and the handler cannot return before what it waits for happens. So `held class -> interrupt -> awaited class`, and
 * the usual circle rule finds inconsistent states and inversions alike (kernel DEPT adds the pair as one edge; lockdep
 * keeps usage bits).
 */
export class Interrupts {
  readonly #nodes: Readonly<Record<IrqType, ClassId>>;
  readonly #classes: ClassRegistry;

  constructor(classes: ClassRegistry) {
    this.#classes = classes;
    const node = (irq: IrqType): ClassId =>
      classes.classOf(classes.key({ kind: 'irq', name: `<${irq} interrupt>` }), 0);
    this.#nodes = { softirq: node('softirq'), hardirq: node('hardirq') };
  }

  node(irq: IrqType): ClassId {
    return this.#nodes[irq];
  }

  /** The interrupt a class stands for, or null for an ordinary class. */
  irqOf(eventClass: EventClass): IrqType | null {
    return IRQ_TYPES.find((irq) => this.#nodes[irq] === eventClass.id) ?? null;
  }

  /** The event is owed while this interrupt may come. */
  interruptible(
    context: Context,
    owed: ClassId,
    irq: IrqType,
    places: Interrupted,
    irqStack: Stack | null,
  ): Dependency {
    const from = this.#classes.get(owed);
    return {
      from,
      to: this.#classes.get(this.#nodes[irq]),
      rule: 'irq',
      context: contextName(context),
      start: { label: places.startLabel, class: from, stack: places.startStack },
      wait: { label: null, class: this.#classes.get(this.#nodes[irq]), stack: null },
      event: { label: places.eventLabel, class: from, stack: null },
      waker: null,
      timed: false,
      irqs: [irq],
      irqStack,
      instances: null,
      at: places.begin,
    };
  }

  /** The handler of this interrupt waits for a class. */
  waitInside(context: Context, wait: Wait, awaited: ClassId, irq: IrqType): Dependency {
    const from = this.#classes.get(this.#nodes[irq]);
    const to = this.#classes.get(awaited);
    return {
      from,
      to,
      rule: 'irq',
      context: contextName(context),
      start: { label: null, class: from, stack: null },
      wait: { label: wait.how.waitLabel, class: to, stack: wait.stack },
      event: { label: null, class: from, stack: null },
      waker: null,
      timed: wait.timed,
      irqs: [irq],
      instances: null,
      at: wait.begin,
    };
  }

  /** Joins `class -> interrupt` and `interrupt -> class` of a circle into one dependency each; the newest stays first. */
  merge(circle: readonly Dependency[]): readonly Dependency[] {
    const first = circle[0];
    const turned =
      first !== undefined && this.irqOf(first.from) !== null ? [...circle.slice(-1), ...circle.slice(0, -1)] : circle;
    const merged: Dependency[] = [];
    for (let i = 0; i < turned.length; i++) {
      const outer = turned[i] as Dependency;
      const inner = turned[i + 1];
      if (inner === undefined || this.irqOf(outer.to) === null) {
        merged.push(outer);
        continue;
      }
      merged.push({ ...outer, to: inner.to, wait: inner.wait, timed: inner.timed });
      i++;
    }
    return merged;
  }
}
