import { NEVER, type Tick } from './ids.ts';

/** Interrupt kinds that can preempt a context, weakest first. */
export type IrqType = 'softirq' | 'hardirq';

export const IRQ_TYPES: readonly IrqType[] = Object.freeze(['softirq', 'hardirq']);

/**
 * The interrupt state of a simulated context. A softirq can only run where hardirqs are possible too, so
 * `softirq` counts as enabled only when both flags are set (kernel/locking/lockdep.c, mark_usage).
 */
export class IrqState {
  hardirqs: boolean;
  softirqs: boolean;
  readonly #enabledAt: Record<IrqType, Tick> = { softirq: NEVER, hardirq: NEVER };

  constructor(hardirqs: boolean, softirqs: boolean) {
    this.hardirqs = hardirqs;
    this.softirqs = softirqs;
  }

  enabled(irq: IrqType): boolean {
    return irq === 'hardirq' ? this.hardirqs : this.hardirqs && this.softirqs;
  }

  /** When interrupts of this type were last made possible, 0 if never since the context began (`wgen_enirq`). */
  enabledAt(irq: IrqType): Tick {
    return this.#enabledAt[irq];
  }

  set(irq: IrqType, enabled: boolean, at: Tick = NEVER): void {
    if (irq === 'hardirq') this.hardirqs = enabled;
    else this.softirqs = enabled;
    if (!enabled) return;
    for (const type of IRQ_TYPES) if (this.enabled(type)) this.#enabledAt[type] = at;
  }
}
