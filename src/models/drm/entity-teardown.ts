import { ESRCH } from '../../sync/errno.ts';
import { Work } from '../../sync/work.ts';
import { Workqueue } from '../../sync/workqueue.ts';
import type { DmaFence } from '../dma-buf/fence.ts';
import { jiffiesToMs, msToJiffies } from '../jiffies.ts';
import { perWorld } from '../per-world.ts';
import { warnOn } from '../warn.ts';
import type { DrmSchedEntity } from './entity.ts';
import type { DrmSchedJob } from './job.ts';
import { DrmSchedFence } from './sched-fence.ts';

/** `system_wq`, where `schedule_work` goes. */
const systemWq: () => Workqueue = perWorld(() => new Workqueue({ name: 'events' }));

/** `MAX_WAIT_SCHED_ENTITY_Q_EMPTY` */
export const MAX_WAIT_ENTITY_EMPTY_MS = 1000;

/** How the process that flushes goes on: `current->flags & PF_EXITING` and its exit code. */
export interface FlushOptions {
  readonly exiting?: boolean;
  /** It dies of SIGKILL, so nobody waits for what it queued. */
  readonly killed?: boolean;
  /** Who flushes, to be compared with who pushed last; the last one if not given. */
  readonly user?: object;
}

/**
 * `drm_sched_entity_flush`: waits until the entity has nothing left to run.
 *
 * @param timeout jiffies, heeded by a process that exits
 * @returns the jiffies that were left
 */
export async function flushEntity(
  entity: DrmSchedEntity,
  timeout: number,
  options: FlushOptions = {},
): Promise<number> {
  const sched = entity.rq?.sched;
  if (sched === undefined) return 0;
  let left = timeout;
  if (options.exiting !== true) await sched.jobScheduled.waitEventInterruptible(() => entity.isIdle);
  else if (timeout > 0) {
    left = msToJiffies(await sched.jobScheduled.waitEventTimeout(() => entity.isIdle, jiffiesToMs(timeout)));
  }
  const last = entity.lastUser;
  const isLast = last === null || options.user === undefined || last === options.user;
  if (isLast) entity.lastUser = null;
  if (isLast && options.exiting === true && options.killed === true) await killEntity(entity);
  return left;
}

/**
 * `drm_sched_entity_kill`: what is queued never runs. Each job ends with -ESRCH after the one in front of it and after its
 * own dependencies, so that nobody touches memory the hardware still uses.
 */
export async function killEntity(entity: DrmSchedEntity): Promise<void> {
  if (entity.rq === null) return;
  await entity.stop();
  let previous = entity.lastScheduled?.get() ?? null;
  for (let job = entity.queue.shift(); job !== undefined; job = entity.queue.shift()) {
    const { finished } = job.schedFence;
    finished.get();
    job.state = 'killed';
    await chain(job, previous);
    previous = finished;
  }
  await previous?.put();
}

/** `drm_sched_entity_fini` */
export async function finiEntity(entity: DrmSchedEntity): Promise<void> {
  await killEntity(entity);
  const { dependency } = entity;
  if (dependency !== null) {
    await dependency.removeCallback(entity.cb);
    entity.dependency = null;
    await dependency.put();
  }
  const last = entity.lastScheduled;
  entity.lastScheduled = null;
  await last?.put();
}

/** `drm_sched_entity_destroy` */
export async function destroyEntity(entity: DrmSchedEntity, options: FlushOptions = {}): Promise<void> {
  await flushEntity(entity, msToJiffies(MAX_WAIT_ENTITY_EMPTY_MS), options);
  await finiEntity(entity);
}

/** The job goes on once `previous` is signaled; takes over the reference to it. */
async function chain(job: DrmSchedJob, previous: DmaFence | null): Promise<void> {
  const isInstalled =
    previous !== null && (await previous.addCallback(job.finishCb, (fence) => killCallback(job, fence))) === 0;
  if (!isInstalled) await killCallback(job, previous);
}

/** `drm_sched_entity_kill_jobs_cb`: under the lock of the fence that was signaled, so it only queues a work item. */
async function killCallback(job: DrmSchedJob, signaled: DmaFence | null): Promise<void> {
  await signaled?.put();
  // Before: the dependencies were awaited here, which takes the lock of another fence under the lock of this one.
  if (job.schedFence.sched.fixes.killJobsInWork === false && (await awaitsDependency(job))) return;
  systemWq().queue(new Work(() => killWork(job), { name: 'drm_sched_entity_kill_jobs_work' }));
}

/** `drm_sched_entity_kill_jobs_work` */
async function killWork(job: DrmSchedJob): Promise<void> {
  if (await awaitsDependency(job)) return;
  const { schedFence } = job;
  await schedFence.schedule(null);
  await schedFence.finish(-ESRCH);
  warnOn(schedFence.parent !== null, `${job.name} was killed, but it is on the hardware`);
  await schedFence.sched.freeJob(job);
}

/** Installs the callback on the next dependency that is not signaled. @returns false when there is none */
async function awaitsDependency(job: DrmSchedJob): Promise<boolean> {
  for (let fence = job.dependencies.shift(); fence !== undefined; fence = job.dependencies.shift()) {
    const awaited = await finishedOf(fence);
    if (awaited === null) continue;
    if ((await awaited.addCallback(job.finishCb, (signaled) => killCallback(job, signaled))) === 0) return true;
    await awaited.put();
  }
  return false;
}

/** A job that was to be pipelined behind another one has to wait for the end of that one now. */
async function finishedOf(fence: DmaFence): Promise<DmaFence | null> {
  const other = DrmSchedFence.of(fence);
  if (other === null || other.scheduled !== fence) return fence;
  const finished = other.finished.getRcu();
  await fence.put();
  return finished;
}
