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

  constructor(hardirqs: boolean, softirqs: boolean) {
    this.hardirqs = hardirqs;
    this.softirqs = softirqs;
  }

  enabled(irq: IrqType): boolean {
    return irq === 'hardirq' ? this.hardirqs : this.hardirqs && this.softirqs;
  }

  set(irq: IrqType, enabled: boolean): void {
    if (irq === 'hardirq') this.hardirqs = enabled;
    else this.softirqs = enabled;
  }
}
