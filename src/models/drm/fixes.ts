/** What was repaired in the GPU scheduler; off is the behaviour before. */
export interface DrmSchedFixes {
  /** The two fences of a job have a lock each, and the deadline is under that of the finished one. Before: one for all. */
  readonly schedFenceInlineLock: boolean;
  /** Dependencies of killed jobs are awaited from a work item (487df8b69834). Before: under the lock of a fence. */
  readonly killJobsInWork: boolean;
  /** `drm_sched_fini` leaves entities alone, which have to be gone. Before: it marked them stopped. */
  readonly entitiesOutliveNothing: boolean;
}

export const DRM_SCHED_FIXES: DrmSchedFixes = Object.freeze({
  schedFenceInlineLock: true,
  killJobsInWork: true,
  entitiesOutliveNothing: true,
});
