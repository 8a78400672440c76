import { cpuRelax, raceWindow } from '../race-window.ts';
import type { RcuPointer } from '../rcu-pointer.ts';
import type { DmaFence } from './fence.ts';

/**
 * `dma_fence_get_rcu_safe`: a reference to the fence a pointer shows, although it may be replaced, and its memory used
 * for another fence, at any time. Inside an RCU reader only.
 */
export async function dmaFenceGetRcuSafe(slot: RcuPointer<DmaFence>): Promise<DmaFence | null> {
  for (;;) {
    const fence = slot.dereference();
    if (fence === null) return null;
    await raceWindow('the slot is read');
    if (fence.getRcu() === null) {
      await cpuRelax();
      continue;
    }
    await raceWindow('a reference is taken');
    // The memory may have been recycled between the load and the reference: only an unchanged slot proves it is ours.
    if (slot.dereference() === fence) return fence;
    await fence.put();
  }
}
