import type { DmaFence } from './fence.ts';

/** `dma_fence_func_t`: runs under the fence's lock with interrupts off, so it must not sleep. */
export type DmaFenceFunc = (fence: DmaFence, callback: DmaFenceCallback) => Promise<void> | void;

/** `struct dma_fence_cb`: one callback, on one fence at a time. */
export class DmaFenceCallback {
  /** `func`, set by `addCallback`. */
  func: DmaFenceFunc | null = null;
  /** False for an initialised list node (`list_empty(&cb->node)`): not installed, or it ran. Owned by the fence. */
  linked = false;
}
