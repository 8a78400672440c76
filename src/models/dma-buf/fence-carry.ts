import { defineHow } from '../../core/how.ts';
import { wait, waited } from '../../sync/hooks.ts';
import type { DmaFence } from './fence.ts';

const CALLBACK = defineHow({ waitLabel: 'dma_fence_add_callback', eventLabel: 'dma_fence_signal' });

/**
 * The calling context goes on because these fences were signaled, without having slept for them: a callback put the rest
 * off to it. What it signals next could not happen before they were.
 */
export function carryOver(fences: Iterable<DmaFence>): void {
  for (const { map } of fences) if (map !== null) waited(wait(map.object, CALLBACK));
}
