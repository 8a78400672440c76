import { FENCE_CASES } from './fence.ts';
import { FENCE_CHAIN_CASES } from './fence-chain.ts';
import { FENCE_LIFETIME_CASES } from './fence-lifetime.ts';
import { FENCE_UNWRAP_CASES } from './fence-unwrap.ts';
import type { KernelCase } from './kernel-case.ts';
import { SCHED_CASES } from './sched.ts';

/** Every case; each area adds its file here. */
export const KERNEL_CASES: readonly KernelCase[] = [
  ...FENCE_CASES,
  ...FENCE_CHAIN_CASES,
  ...FENCE_UNWRAP_CASES,
  ...FENCE_LIFETIME_CASES,
  ...SCHED_CASES,
];
