import { runtime } from '../../sync/runtime.ts';
import { SpinLock } from '../../sync/spinlock.ts';
import { perWorld } from '../per-world.ts';
import { kmalloc } from '../slab.ts';
import { DmaFence } from './fence.ts';
import { DmaFenceFlag, type DmaFenceOps } from './fence-ops.ts';

const STUB_OPS: DmaFenceOps = Object.freeze({ getDriverName: () => 'stub', getTimelineName: () => 'stub' });

const boot: () => { readonly lock: SpinLock; stub: DmaFence | null } = perWorld(() => ({
  lock: new SpinLock({ name: 'dma_fence_stub_lock' }),
  stub: null,
}));

/** The caller has the first reference. The ops have neither release nor wait, so the signal detaches them. */
async function signaledFence(timestamp: number): Promise<DmaFence> {
  const fence = new DmaFence(STUB_OPS, null, 0, 0);
  fence.testAndSetFlag(DmaFenceFlag.ENABLE_SIGNAL);
  await fence.signalTimestamp(timestamp);
  return fence;
}

/** `dma_fence_get_stub`: a reference to the one fence that was always signaled. The world's boot has the first one. */
export async function dmaFenceGetStub(): Promise<DmaFence> {
  const world = boot();
  await world.lock.lock();
  world.stub ??= await signaledFence(runtime().now());
  world.lock.unlock();
  return world.stub.get();
}

/**
 * `dma_fence_allocate_private_stub`: a signaled fence of the caller's own, with the timestamp (virtual ms) of what it
 * stands for. @returns null when memory is short
 */
export async function dmaFenceAllocatePrivateStub(timestamp: number): Promise<DmaFence | null> {
  return kmalloc('dma_fence_allocate_private_stub') ? signaledFence(timestamp) : null;
}
