import { runtime, type Thread } from './runtime.ts';

/** The interrupt state saved by `local_irq_save`: belongs to one thread. */
export interface IrqFlags {
  readonly thread: Thread | null;
  readonly hardirqs: boolean;
}

/** `local_irq_save`: hard interrupts off for the simulated thread. Without effect outside a simulation. */
export function localIrqSave(): IrqFlags {
  const thread = runtime().thread;
  const flags = { thread, hardirqs: thread?.hardirqs ?? true };
  thread?.setIrq('hardirq', false);
  return flags;
}

/** `local_irq_restore` */
export function localIrqRestore(flags: IrqFlags): void {
  flags.thread?.setIrq('hardirq', flags.hardirqs);
}

/** `local_irq_disable` */
export function localIrqDisable(): void {
  runtime().thread?.setIrq('hardirq', false);
}

/** `local_irq_enable` */
export function localIrqEnable(): void {
  runtime().thread?.setIrq('hardirq', true);
}

/** `local_bh_disable`: soft interrupts off until as many `localBhEnable` follow. */
export function localBhDisable(): void {
  const thread = runtime().thread;
  if (thread === null) return;
  if (thread.bhDepth++ === 0 && !thread.interrupt) thread.setIrq('softirq', false);
}

/** `local_bh_enable` */
export function localBhEnable(): void {
  const thread = runtime().thread;
  if (thread === null || thread.bhDepth === 0) return;
  if (--thread.bhDepth === 0 && !thread.interrupt) thread.setIrq('softirq', true);
}

/** `preempt_disable` */
export function preemptDisable(): void {
  const thread = runtime().thread;
  if (thread !== null) thread.preemptCount++;
}

/** `preempt_enable` */
export function preemptEnable(): void {
  const thread = runtime().thread;
  if (thread !== null && thread.preemptCount > 0) thread.preemptCount--;
}
