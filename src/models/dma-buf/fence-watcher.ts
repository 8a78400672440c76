import { perWorld } from '../per-world.ts';
import type { DmaFence } from './fence.ts';

/**
 * What a fence that is published stands for. Only `work`, something the hardware has or will have without anybody's help,
 * may be a dma_fence; the others complete when userspace, or another fence's owner, pleases.
 */
export type DmaFencePromise = 'work' | 'future' | 'proxy' | 'user' | 'long-running';

/** Hears what happens to every fence of a world. */
export interface DmaFenceWatcher {
  /** Others can see the fence from now on. */
  published?(fence: DmaFence, promise: DmaFencePromise): void;
  /** A signal function was entered; `annotated` in a signalling section of the caller's, or in atomic context. */
  signals?(fence: DmaFence, annotated: boolean): void;
  /** It is signaled; its callbacks have not run. */
  signaled?(fence: DmaFence): void;
  /** Its callbacks have run. */
  settled?(fence: DmaFence): void;
  /** A wait begins; `timeout` in jiffies. */
  waits?(fence: DmaFence, timeout: number, driver: string | null): void;
  /** It ended with what the wait function answers. */
  waited?(fence: DmaFence, timeout: number, driver: string | null, result: number): void;
  /** Its memory goes. */
  freed?(fence: DmaFence): void;
}

/** The watchers of the world in force. */
export const dmaFenceWatchers: () => Set<DmaFenceWatcher> = perWorld(() => new Set<DmaFenceWatcher>());
