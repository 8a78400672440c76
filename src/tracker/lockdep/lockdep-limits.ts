/** The caps of lockdep under the kernel's names; the first one that is hit turns it off, with a notice. */
export interface LockdepLimits {
  /** Lock classes. */
  readonly MAX_LOCKDEP_KEYS: number;
  /** Entries of the dependency lists: two for each edge. */
  readonly MAX_LOCKDEP_ENTRIES: number;
  /** Chains remembered as valid. */
  readonly MAX_LOCKDEP_CHAINS: number;
  /** Locks of all remembered chains together. */
  readonly MAX_LOCKDEP_CHAIN_HLOCKS: number;
  /** Locks one context may hold. */
  readonly MAX_LOCK_DEPTH: number;
}

/** The kernel's defaults (kernel/locking/lockdep_internals.h with LOCKDEP_BITS 15 and LOCKDEP_CHAINS_BITS 16). */
export const KERNEL_LIMITS: LockdepLimits = Object.freeze({
  MAX_LOCKDEP_KEYS: 8192,
  MAX_LOCKDEP_ENTRIES: 32_768,
  MAX_LOCKDEP_CHAINS: 65_536,
  MAX_LOCKDEP_CHAIN_HLOCKS: 327_680,
  MAX_LOCK_DEPTH: 48,
});
