import { BLOCK_CASES } from './block.ts';
import { DEPT_DEADLOCK_CASES } from './dept-deadlocks.ts';
import { DEPT_NEGATIVE_CASES } from './dept-negatives.ts';
import { DMA_BUF_CASES } from './dma-buf.ts';
import { DMA_HEAP_CASES } from './dma-heap.ts';
import { DMABUF_ITER_CASES } from './dmabuf-iter.ts';
import { FENCE_CASES } from './fence.ts';
import { FENCE_CHAIN_CASES } from './fence-chain.ts';
import { FENCE_LIFETIME_CASES } from './fence-lifetime.ts';
import { FENCE_UNWRAP_CASES } from './fence-unwrap.ts';
import { GEM_CASES } from './gem.ts';
import { GEM_PRIME_CASES } from './gem-prime.ts';
import type { KernelCase } from './kernel-case.ts';
import { PREEMPTION_CASES } from './preemption.ts';
import { RESV_CASES } from './resv.ts';
import { SCHED_CASES } from './sched.ts';
import { TLB_CASES } from './tlb.ts';

/** Every case; each area adds its file here. */
export const KERNEL_CASES: readonly KernelCase[] = [
  ...FENCE_CASES,
  ...FENCE_CHAIN_CASES,
  ...FENCE_UNWRAP_CASES,
  ...FENCE_LIFETIME_CASES,
  ...RESV_CASES,
  ...SCHED_CASES,
  ...PREEMPTION_CASES,
  ...GEM_CASES,
  ...GEM_PRIME_CASES,
  ...DMA_HEAP_CASES,
  ...DMA_BUF_CASES,
  ...DMABUF_ITER_CASES,
  ...BLOCK_CASES,
  ...TLB_CASES,
  ...DEPT_DEADLOCK_CASES,
  ...DEPT_NEGATIVE_CASES,
];
