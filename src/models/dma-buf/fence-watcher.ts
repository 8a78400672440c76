import { perWorld } from '../per-world.ts';
import type { DmaFence } from './fence.ts';

/** Hears what happens to every fence of a world. */
export interface DmaFenceWatcher {
  /** Others can see the fence from now on. */
  published?(fence: DmaFence): void;
  /** It is signaled; its callbacks have not run. */
  signaled?(fence: DmaFence): void;
  /** A wait begins; `timeout` in jiffies. */
  waits?(fence: DmaFence, timeout: number, driver: string | null): void;
  /** It ended with what the wait function answers. */
  waited?(fence: DmaFence, timeout: number, driver: string | null, result: number): void;
  /** Its memory goes. */
  freed?(fence: DmaFence): void;
}

/** The watchers of the world in force. */
export const dmaFenceWatchers: () => Set<DmaFenceWatcher> = perWorld(() => new Set<DmaFenceWatcher>());
