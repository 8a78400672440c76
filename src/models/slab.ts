import { type Gfp, mightAlloc } from './mm/reclaim.ts';
import { perWorld } from './per-world.ts';

/** Says whether an allocation fails; `what` is the caller's function. */
export type FailsAllocation = (what: string) => boolean;

const injected: () => { fails: FailsAllocation } = perWorld(() => ({ fails: () => false }));

/** Makes allocations of this world fail where `fails` says so (the kernel's failslab). */
export function failSlab(fails: FailsAllocation): void {
  injected().fails = fails;
}

/**
 * `kmalloc` of something a model keeps as an object. With `gfp` DEPT hears what it may wait for, which is said whether the
 * allocation fails or not.
 *
 * @returns false where the kernel would see NULL
 */
export function kmalloc(what: string, gfp: Gfp | null = null): boolean {
  if (gfp !== null) mightAlloc(gfp);
  return !injected().fails(what);
}
