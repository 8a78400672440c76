import type { DmaFence } from './fence.ts';

/** `struct dma_fence_ops` (include/linux/dma-fence.h). What may take spinlocks may return a promise; none may sleep but `wait`. */
export interface DmaFenceOps {
  /** `get_driver_name`; mandatory. */
  readonly getDriverName: (fence: DmaFence) => string;
  /** `get_timeline_name`; mandatory. */
  readonly getTimelineName: (fence: DmaFence) => string;
  /** `enable_signaling`: called once, with the fence's lock held. False: it is signaled already. */
  readonly enableSignaling?: (fence: DmaFence) => Promise<boolean> | boolean;
  /** `signaled`: true when the operation is done, although nobody signaled the fence yet. */
  readonly signaled?: (fence: DmaFence) => Promise<boolean> | boolean;
  /** `wait`, deprecated: replaces the default wait. Timeouts are in jiffies. */
  readonly wait?: (fence: DmaFence, intr: boolean, timeout: number) => Promise<number>;
  /** `release`: the last reference was put. Ends with `fence.free()`. */
  readonly release?: (fence: DmaFence) => Promise<void> | void;
  /** `set_deadline`: a hint that somebody wants it by then (virtual ms). */
  readonly setDeadline?: (fence: DmaFence, deadline: number) => Promise<void> | void;
}

/** What was repaired in the kernel; off is the behaviour before. */
export interface DmaFenceFixes {
  /** The ops are let go of at signal where neither wait nor release needs them (541c8f2468b9). */
  readonly detachOpsOnSignal: boolean;
  /** A NULL lock means the fence's own; before it was a BUG. */
  readonly inlineLock: boolean;
  /** Names look at the ops they have read; before they tested the SIGNALED bit first, and the ops could go in between. */
  readonly namesTestOps: boolean;
}

export const DMA_FENCE_FIXES: DmaFenceFixes = Object.freeze({
  detachOpsOnSignal: true,
  inlineLock: true,
  namesTestOps: true,
});

/** `enum dma_fence_flag_bits` */
export const DmaFenceFlag: {
  readonly INITIALIZED: 0;
  readonly INLINE_LOCK: 1;
  readonly SEQNO64: 2;
  readonly SIGNALED: 3;
  readonly TIMESTAMP: 4;
  readonly ENABLE_SIGNAL: 5;
  /** The first bit drivers may use. */
  readonly USER_BITS: 6;
} = Object.freeze({
  INITIALIZED: 0,
  INLINE_LOCK: 1,
  SEQNO64: 2,
  SIGNALED: 3,
  TIMESTAMP: 4,
  ENABLE_SIGNAL: 5,
  USER_BITS: 6,
} as const);
