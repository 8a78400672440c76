import { perWorld } from '../per-world.ts';
import { warnOn } from '../warn.ts';
import type { DmaFence } from './fence.ts';
import { DmaFenceFlag } from './fence-ops.ts';

/** 0 is left to stub fences and selftests. */
const counter: () => { next: number } = perWorld(() => ({ next: 1 }));

/** `dma_fence_context_alloc`: the first of `count` fresh execution contexts. Fences of one context are ordered by seqno. */
export function dmaFenceContextAlloc(count: number): number {
  warnOn(count === 0, 'dma_fence_context_alloc(0)');
  const first = counter().next;
  counter().next += count;
  return first;
}

/** `__dma_fence_is_later`: 64-bit timelines compare as they are, 32-bit ones may wrap. */
function comesLater(of: DmaFence, first: bigint, second: bigint): boolean {
  if (of.testFlag(DmaFenceFlag.SEQNO64)) return first > second;
  return BigInt.asIntN(32, BigInt.asUintN(32, first) - BigInt.asUintN(32, second)) > 0n;
}

/** `dma_fence_is_later`: `first` comes after `second` in their context. WARNs, and is false, when contexts differ. */
export function dmaFenceIsLater(first: DmaFence, second: DmaFence): boolean {
  const message = `dma_fence_is_later: ${first.label} and ${second.label} are of different contexts`;
  if (warnOn(first.context !== second.context, message)) return false;
  return comesLater(first, first.seqno, second.seqno);
}

/** `dma_fence_is_later_or_same` */
export function dmaFenceIsLaterOrSame(first: DmaFence, second: DmaFence): boolean {
  return first === second || dmaFenceIsLater(first, second);
}

/** `dma_fence_later`: the later one of a context, or null when that one is signaled. WARNs when contexts differ. */
export async function dmaFenceLater(first: DmaFence, second: DmaFence): Promise<DmaFence | null> {
  const message = `dma_fence_later: ${first.label} and ${second.label} are of different contexts`;
  if (warnOn(first.context !== second.context, message)) return null;
  const later = dmaFenceIsLater(first, second) ? first : second;
  return (await later.isSignaled()) ? null : later;
}
