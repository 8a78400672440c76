/**
 * What was repaired in GEM, most of it in DRM_IOCTL_GEM_CHANGE_HANDLE; off is the behaviour before. The put and the four
 * attempts after it build on each other: one that is off takes the later ones with it.
 */
export interface DrmGemFixes {
  /** The reference of the lookup is put on every path. Off: 6.18 leaks it, also where the ioctl fails. */
  readonly changeHandlePut: boolean;
  /** A new handle above INT_MAX is refused. Off: idr_alloc() WARNs, and refuses it. */
  readonly changeHandleRange: boolean;
  /**
   * New handle 0 is refused. Off, as in every kernel: the idr has no id 0, hands out the first free one, and nobody learns
   * which. Our own reading; 7.2 names it as one of the things to settle before the ioctl comes back.
   */
  readonly changeHandleNotZero: boolean;
  /** 5e28b7b94408, the first attempt against the race with gem_close: NULL while PRIME is told, but in the new slot. */
  readonly changeHandleNullsNew: boolean;
  /** dc366607c41c, the second: the object goes back into the new slot at the end. Off: after the first it never does. */
  readonly changeHandleInstalls: boolean;
  /** 7164d78559b0, the third: NULL in the old slot as well, whoever was there. */
  readonly changeHandleNullsOld: boolean;
  /** 1a4f03d22fb6, the fourth: the lookup is the exchange with NULL. Makes the three before it needless. */
  readonly changeHandleTwoStage: boolean;
  /** Callers of drm_prime_remove_buf_handle() hold prime.lock. Off: it takes the lock, under which change_handle calls it. */
  readonly primeRemoveCallerLocks: boolean;
  /** 7.2: the ioctl is gone (`drm_invalid_op`). */
  readonly changeHandleDisabled: boolean;
}

/** The fourth attempt, which is in the tree but cannot be called. `changeHandleDisabled` is what 7.2 does about that. */
export const DRM_GEM_FIXES: DrmGemFixes = Object.freeze({
  changeHandlePut: true,
  changeHandleRange: true,
  changeHandleNotZero: true,
  changeHandleNullsNew: true,
  changeHandleInstalls: true,
  changeHandleNullsOld: true,
  changeHandleTwoStage: true,
  primeRemoveCallerLocks: true,
  changeHandleDisabled: false,
});

const V0: DrmGemFixes = Object.freeze({
  changeHandlePut: false,
  changeHandleRange: false,
  changeHandleNotZero: false,
  changeHandleNullsNew: false,
  changeHandleInstalls: false,
  changeHandleNullsOld: false,
  changeHandleTwoStage: false,
  primeRemoveCallerLocks: true,
  changeHandleDisabled: false,
});
const V1: DrmGemFixes = Object.freeze({ ...V0, changeHandlePut: true });
const V2: DrmGemFixes = Object.freeze({ ...V1, changeHandleRange: true });
const V3: DrmGemFixes = Object.freeze({ ...V2, changeHandleNullsNew: true });
const V4: DrmGemFixes = Object.freeze({ ...V3, changeHandleInstalls: true });
const V5: DrmGemFixes = Object.freeze({ ...V4, changeHandleNullsOld: true });
const V6: DrmGemFixes = Object.freeze({ ...V5, changeHandleTwoStage: true });

/** In the order in which they came. */
const ATTEMPTS = [
  'changeHandlePut',
  'changeHandleNullsNew',
  'changeHandleInstalls',
  'changeHandleNullsOld',
  'changeHandleTwoStage',
] as const;

/** The fixes of a device: all of them, but for what is chosen, and for what builds on what is off. */
export function drmGemFixes(chosen: Partial<DrmGemFixes> = {}): DrmGemFixes {
  const fixes = { ...DRM_GEM_FIXES, ...chosen };
  const firstOff = ATTEMPTS.findIndex((attempt) => !fixes[attempt]);
  const off = firstOff < 0 ? [] : ATTEMPTS.slice(firstOff);
  return { ...fixes, ...Object.fromEntries(off.map((attempt) => [attempt, false])) };
}

export type ChangeHandleVersion = 'v0' | 'v1' | 'v2' | 'v3' | 'v4' | 'v5' | 'v6' | 'v7.2';

/** `drm_gem_change_handle_ioctl` over time: as released with 6.18, the fix of the leak, and what came after it. */
export const CHANGE_HANDLE_VERSIONS: Readonly<Record<ChangeHandleVersion, DrmGemFixes>> = Object.freeze({
  v0: V0,
  v1: V1,
  v2: V2,
  v3: V3,
  v4: V4,
  v5: V5,
  v6: V6,
  'v7.2': Object.freeze({ ...V6, changeHandleDisabled: true }),
});
