import type { KernelCase } from './kernel-case.ts';

export const FENCE_CASES: readonly KernelCase[] = [];
