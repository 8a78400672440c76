export * from './errno.ts';
export { Folio, type FolioOptions } from './folio.ts';
export type { Identity } from './handle.ts';
export {
  type IrqFlags,
  localBhDisable,
  localBhEnable,
  localIrqDisable,
  localIrqEnable,
  localIrqRestore,
  localIrqSave,
  preemptDisable,
  preemptEnable,
} from './irq-flags.ts';
export { KernelCompletion } from './kernel-completion.ts';
export { KernelMutex } from './kernel-mutex.ts';
export { KernelSemaphore, type KernelSemaphoreOptions } from './kernel-semaphore.ts';
export { Kref } from './kref.ts';
export type { Parked } from './parked.ts';
export { PercpuRef } from './percpu-ref.ts';
export { RcuDomain, type RcuOptions, type RcuReader } from './rcu.ts';
export { hostRuntime, type ParkReason, type Runtime, runtime, setRuntime, type Thread } from './runtime.ts';
export { RwSpinLock, type RwSpinLockOptions } from './rwlock.ts';
export { RwSemaphore } from './rwsem.ts';
export { SeqLock } from './seqlock.ts';
export type { SleepOptions } from './sleep.ts';
export { SpinLock, type SpinLockOptions } from './spinlock.ts';
export type { Task, TaskKind, TaskState } from './task.ts';
export { TimeoutError } from './timeout-error.ts';
export * from './user/index.ts';
export { WaitBits } from './wait-bit.ts';
export { type WaitEventOptions, WaitQueueHead } from './wait-queue.ts';
export { Work } from './work.ts';
export { Workqueue, type WorkqueueOptions } from './workqueue.ts';
export { type RunResult, type StuckTask, World, type WorldOptions } from './world.ts';
export { WwAcquireContext, WwClass } from './ww-acquire-context.ts';
export { WwMutex } from './ww-mutex.ts';
