/** `enum drm_sched_priority`: a lower number goes first. */
export type DrmSchedPriority = 0 | 1 | 2 | 3;

export const DRM_SCHED_PRIORITY_KERNEL = 0;
export const DRM_SCHED_PRIORITY_HIGH = 1;
export const DRM_SCHED_PRIORITY_NORMAL = 2;
export const DRM_SCHED_PRIORITY_LOW = 3;
export const DRM_SCHED_PRIORITY_COUNT = 4;

/**
 * How a run queue chooses (`drm_sched_policy`): the entity whose next job waits longest, one after the other, or the one
 * that has run least.
 */
export type DrmSchedPolicy = 'fifo' | 'rr' | 'fair';

/** How fast virtual runtime passes under the fair policy: each step of priority is worth so many powers of two. */
export const FAIR_SHIFT: readonly [number, number, number, number] = [1, 2, 4, 7];
