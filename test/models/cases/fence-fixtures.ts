import { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import type { DmaFenceOps } from '../../../src/models/dma-buf/fence-ops.ts';
import type { DmaFenceOptions } from '../../../src/models/dma-buf/fence-struct.ts';
import { KernelModule } from '../../../src/models/module.ts';
import { SpinLock } from '../../../src/sync/spinlock.ts';

export const MOCK_NAMES: DmaFenceOps = { getDriverName: () => 'mock', getTimelineName: () => 'mock' };

/** As the selftest makes it since it uses the inline lock: no lock, no release op. */
export function mockFence(ops: Partial<DmaFenceOps> = {}, options: DmaFenceOptions = {}): DmaFence {
  return new DmaFence({ ...MOCK_NAMES, ...ops }, null, 0, 0, options);
}

/** A fence of some context. */
export function fenceOf(
  context: number,
  seqno: number,
  options: DmaFenceOptions & { readonly ops?: Partial<DmaFenceOps> } = {},
): DmaFence {
  return new DmaFence({ ...MOCK_NAMES, ...options.ops }, null, context, seqno, options);
}

/** As it was before: an external lock in the same object, a release op, and ops that stay. */
export function oldMockFence(ops: Partial<DmaFenceOps> = {}): DmaFence {
  const old = { ...MOCK_NAMES, release: (fence: DmaFence) => fence.free(), ...ops };
  return new DmaFence(old, new SpinLock({ name: 'mock_fence.lock' }), 0, 0, {
    fixes: { detachOpsOnSignal: false, inlineLock: false },
  });
}

/** A fence whose ops belong to a module that can be unloaded. */
export function moduleFence(
  ops: Partial<DmaFenceOps> = {},
  options: DmaFenceOptions = {},
): { readonly fence: DmaFence; readonly module: KernelModule } {
  const module = new KernelModule('mock_driver');
  const owned = module.own('dma_fence_ops', { ...MOCK_NAMES, ...ops });
  return { module, fence: new DmaFence(owned, null, 1, 1, options) };
}
