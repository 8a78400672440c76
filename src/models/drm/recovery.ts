import { ECANCELED } from '../../sync/errno.ts';
import type { DrmSchedJob } from './job.ts';
import { DRM_SCHED_PRIORITY_KERNEL } from './priority.ts';
import type { DrmGpuScheduler } from './sched.ts';

/**
 * `drm_sched_stop`: takes the scheduler's hands off the hardware, for a reset. Jobs that are done are freed; `bad`, the
 * one that timed out, goes back on the list.
 */
export async function stopScheduler(sched: DrmGpuScheduler, bad: DrmSchedJob | null): Promise<void> {
  await sched.stopWorks();
  if (bad !== null && bad.schedFence.sched === sched) sched.pending.unshift(bad);
  for (const job of [...sched.pending].reverse()) {
    const { schedFence } = job;
    const { parent } = schedFence;
    if (parent !== null && (await parent.removeCallback(job.cb))) {
      schedFence.parent = null;
      await parent.put();
      sched.creditCount -= job.credits;
      continue;
    }
    const flags = await sched.jobListLock.lockIrqsave();
    sched.pending.splice(sched.pending.indexOf(job), 1);
    sched.jobListLock.unlockIrqrestore(flags);
    // Its callback has run or is running, and still uses the job.
    await schedFence.finished.wait(false, { site: 'drm_sched_stop' });
    if (job === bad) sched.freeGuilty = true;
    else await sched.freeJob(job);
  }
  sched.timeout.cancel();
}

/** `drm_sched_start`: after the reset. Jobs that lost their hardware fence end with `errno`, or -ECANCELED for 0. */
export async function startScheduler(sched: DrmGpuScheduler, errno = 0): Promise<void> {
  for (const job of [...sched.pending]) {
    const { parent } = job.schedFence;
    sched.creditCount += job.credits;
    if (parent === null) await sched.jobDone(job, errno === 0 ? -ECANCELED : errno);
    else await sched.watch(job, parent, (fence) => (fence.error === 0 ? errno : fence.error));
  }
  const flags = await sched.jobListLock.lockIrqsave();
  sched.timeout.start();
  sched.jobListLock.unlockIrqrestore(flags);
  sched.startWorks();
}

/** `drm_sched_increase_karma`: the job hung. Its entity is guilty from now on; the kernel's own jobs never are. */
export function increaseKarma(bad: DrmSchedJob): void {
  if (bad.priority === DRM_SCHED_PRIORITY_KERNEL) return;
  bad.karma++;
  const { scheduled, sched } = bad.schedFence;
  for (const rq of sched.rqs) {
    for (const entity of rq.entities) {
      if (entity.fenceContext === scheduled.context && entity.guilty !== null) entity.guilty.value = true;
    }
  }
}

/**
 * `drm_sched_resubmit_jobs`, deprecated: puts the jobs `stopScheduler` left on the hardware again, but for those of an
 * entity whose job has more karma than the limit.
 */
export async function resubmitJobs(sched: DrmGpuScheduler): Promise<void> {
  let guilty: number | null = null;
  for (const job of [...sched.pending]) {
    const { schedFence } = job;
    const { context } = schedFence.scheduled;
    if (guilty === null && job.karma > sched.hangLimit) guilty = context;
    if (guilty === context) schedFence.cancel();
    const fence = await sched.ops.runJob(job);
    schedFence.parent = typeof fence === 'object' ? fence : null;
    if (typeof fence === 'number') schedFence.finished.setError(fence);
  }
}
