import { FENCE_CASES } from './fence.ts';
import type { KernelCase } from './kernel-case.ts';

/** Every case; each area adds its file here. */
export const KERNEL_CASES: readonly KernelCase[] = [...FENCE_CASES];
