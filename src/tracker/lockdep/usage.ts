import { IRQ_TYPES, type IrqType } from '../../core/irq.ts';

/**
 * The usage states of a class, one bit each: taken inside an interrupt of a type, or held while that interrupt was
 * possible, readers apart (kernel/locking/lockdep_states.h).
 */
export type UsageBit = number;

const READ = 1;
const ENABLED = 2;

const IRQ_INDEX: Readonly<Record<IrqType, number>> = { hardirq: 0, softirq: 1 };

/** The bit for "taken in this interrupt", as a reader or not. */
export function usedIn(irq: IrqType, read: boolean): UsageBit {
  return 1 << (IRQ_INDEX[irq] * 4 + (read ? READ : 0));
}

/** The bit for "held while this interrupt was possible", as a reader or not. */
export function enabledIn(irq: IrqType, read: boolean): UsageBit {
  return 1 << (IRQ_INDEX[irq] * 4 + ENABLED + (read ? READ : 0));
}

/**
 * Noted beside "taken in this interrupt as a reader" when that reader queues behind writers: it can wait for a writer
 * that waits for the very reader it interrupted. The kernel's readers never queue there (read_lock_is_recursive).
 */
export function queuedIn(irq: IrqType): UsageBit {
  return 1 << (8 + IRQ_INDEX[irq]);
}

/** One state as reports name it: `IN-HARDIRQ-W`, `SOFTIRQ-ON-R`. */
export function usageName(bit: UsageBit): string {
  const index = 31 - Math.clz32(bit);
  const state = index >> 2 === 0 ? 'HARDIRQ' : 'SOFTIRQ';
  const mode = (index & READ) === 0 ? 'W' : 'R';
  return (index & ENABLED) === 0 ? `IN-${state}-${mode}` : `${state}-ON-${mode}`;
}

/** `HARDIRQ` or `SOFTIRQ`, with `-READ` for a reader's state. */
export function stateName(irq: IrqType, read: boolean): string {
  return `${irq.toUpperCase()}${read ? '-READ' : ''}`;
}

/**
 * Four characters: hard interrupts, hard as reader, soft, soft as reader. `.` neither, `-` taken in the interrupt, `+`
 * held with it possible, `?` both (get_usage_chars).
 */
export function usageString(mask: number): string {
  let text = '';
  for (const irq of [...IRQ_TYPES].reverse()) {
    for (const read of [false, true]) {
      const inIrq = (mask & usedIn(irq, read)) !== 0;
      const on = (mask & enabledIn(irq, read)) !== 0;
      text += inIrq ? (on ? '?' : '-') : on ? '+' : '.';
    }
  }
  return text;
}
