import type { DmaFence } from '../dma-buf/fence.ts';
import type { DrmSchedEntity } from './entity.ts';
import type { DrmSchedJob } from './job.ts';

/** `enum drm_gpu_sched_stat`: what became of a job that took too long. `reset` was called NOMINAL. */
export type DrmGpuSchedStat = 'reset' | 'no-hang' | 'enodev';

/** `struct drm_sched_backend_ops`: the driver's side. */
export interface DrmSchedBackendOps {
  /** A further fence to wait for; null when the job may run. Called until then. */
  prepareJob?(job: DrmSchedJob, entity: DrmSchedEntity): Promise<DmaFence | null> | DmaFence | null;
  /** Puts the job on the hardware. @returns its fence, null when it has run already, or a negative errno */
  runJob(job: DrmSchedJob): Promise<DmaFence | null | number> | DmaFence | null | number;
  /** The job took longer than the timeout. It is off the pending list, and only `stop(job)` puts it back. */
  timedoutJob(job: DrmSchedJob): Promise<DrmGpuSchedStat> | DrmGpuSchedStat;
  /** The job is over and is the driver's to free. */
  freeJob(job: DrmSchedJob): Promise<void> | void;
  /** Takes the job off the hardware and signals its fence, when the scheduler goes. */
  cancelJob?(job: DrmSchedJob): Promise<void> | void;
}
