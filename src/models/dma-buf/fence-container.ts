import type { DmaFence } from './fence.ts';

const containers = new WeakSet<DmaFence>();

/** Arrays and chains say so when they are made. */
export function registerDmaFenceContainer(fence: DmaFence): void {
  containers.add(fence);
}

/** `dma_fence_is_container`: an array or a chain. */
export function isDmaFenceContainer(fence: DmaFence): boolean {
  return containers.has(fence);
}
