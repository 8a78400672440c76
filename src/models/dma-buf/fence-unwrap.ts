import { kmalloc } from '../slab.ts';
import type { DmaFence } from './fence.ts';
import { DmaFenceArray, toDmaFenceArray } from './fence-array.ts';
import { dmaFenceChainContained, dmaFenceChainWalk } from './fence-chain.ts';
import { dmaFenceContextAlloc, dmaFenceIsLater } from './fence-context.ts';
import { dmaFenceAllocatePrivateStub } from './stub-fence.ts';

/**
 * `dma_fence_unwrap_for_each`: the fences inside chains and arrays, chain nodes from the newest to the oldest. What is
 * yielded has no reference of its own. Points of the chain that are signaled may be skipped.
 */
export async function* dmaFenceUnwrap(head: DmaFence): AsyncGenerator<DmaFence, void, void> {
  let node: DmaFence | null = head.get();
  try {
    while (node !== null) {
      const contained = dmaFenceChainContained(node);
      const array = toDmaFenceArray(contained);
      yield* array?.fences ?? [contained];
      const walked: DmaFence = node;
      node = null;
      node = await dmaFenceChainWalk(walked);
    }
  } finally {
    await node?.put();
  }
}

/** What is inside of some fences and not signaled, with a reference each, and when the last of the others was (virtual ms). */
interface Leaves {
  readonly unsignaled: DmaFence[];
  readonly timestamp: number;
}

async function leavesOf(fences: readonly DmaFence[]): Promise<Leaves> {
  const unsignaled: DmaFence[] = [];
  let timestamp = 0;
  for (const head of fences) {
    for await (const fence of dmaFenceUnwrap(head)) {
      if (!(await fence.isSignaled())) unsignaled.push(fence.get());
      else timestamp = Math.max(timestamp, await fence.timestamp());
    }
  }
  return { unsignaled, timestamp };
}

/**
 * `dma_fence_unwrap_merge`: one fence that is signaled when everything inside of these is: a private stub when nothing is
 * left, the fence itself when it is one, else an array with the latest of each context, contexts ascending.
 *
 * @returns a reference; null when memory is short
 */
export async function dmaFenceUnwrapMerge(...fences: readonly DmaFence[]): Promise<DmaFence | null> {
  const { unsignaled, timestamp } = await leavesOf(fences);
  if (unsignaled.length > 1 && !kmalloc('dma_fence_unwrap_merge')) return putAll(unsignaled);
  const latest = await dmaFenceDedupArray(unsignaled);
  if (latest.length === 0) return dmaFenceAllocatePrivateStub(timestamp);
  if (latest.length === 1) return latest[0] as DmaFence;
  const array = DmaFenceArray.create(latest, dmaFenceContextAlloc(1), 1, false);
  return array === null ? putAll(latest) : array.base;
}

async function putAll(fences: readonly DmaFence[]): Promise<null> {
  for (const fence of fences) await fence.put();
  return null;
}

/** `dma_fence_dedup_array`: sorts by context and keeps the latest of each, putting the others. */
export async function dmaFenceDedupArray(fences: readonly DmaFence[]): Promise<DmaFence[]> {
  const kept: DmaFence[] = [];
  for (const fence of fences.toSorted(byContextLatestFirst)) {
    if (kept.at(-1)?.context === fence.context) await fence.put();
    else kept.push(fence);
  }
  return kept;
}

/** `fence_cmp` */
function byContextLatestFirst(first: DmaFence, second: DmaFence): number {
  if (first.context !== second.context) return first.context - second.context;
  if (dmaFenceIsLater(second, first)) return 1;
  return dmaFenceIsLater(first, second) ? -1 : 0;
}
