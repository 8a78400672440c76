export { DmaFence } from './dma-buf/fence.ts';
export { DmaFenceArray, dmaFenceMatchContext, toDmaFenceArray } from './dma-buf/fence-array.ts';
export { DmaFenceCallback, type DmaFenceFunc } from './dma-buf/fence-callback.ts';
export {
  DmaFenceChain,
  dmaFenceChainContained,
  dmaFenceChainFindSeqno,
  dmaFenceChainWalk,
  toDmaFenceChain,
} from './dma-buf/fence-chain.ts';
export { isDmaFenceContainer } from './dma-buf/fence-container.ts';
export {
  dmaFenceContextAlloc,
  dmaFenceIsLater,
  dmaFenceIsLaterOrSame,
  dmaFenceLater,
} from './dma-buf/fence-context.ts';
export { dmaFenceGetRcuSafe } from './dma-buf/fence-get.ts';
export { DMA_FENCE_FIXES, type DmaFenceFixes, DmaFenceFlag, type DmaFenceOps } from './dma-buf/fence-ops.ts';
export { DMA_FENCE_MAP, dmaFenceBeginSignalling, dmaFenceEndSignalling } from './dma-buf/fence-signalling.ts';
export type { DmaFenceOptions } from './dma-buf/fence-struct.ts';
export { dmaFenceDedupArray, dmaFenceUnwrap, dmaFenceUnwrapMerge } from './dma-buf/fence-unwrap.ts';
export {
  type DmaFenceWaitOptions,
  dmaFenceDefaultWait,
  dmaFenceWaitAnyTimeout,
  type WaitAnyResult,
} from './dma-buf/fence-wait.ts';
export { type DmaFenceWatcher, dmaFenceWatchers } from './dma-buf/fence-watcher.ts';
export { dmaFenceAllocatePrivateStub, dmaFenceGetStub } from './dma-buf/stub-fence.ts';
export { IrqWork } from './irq-work.ts';
export { hz, jiffies, jiffiesToMs, MAX_SCHEDULE_TIMEOUT, msToJiffies } from './jiffies.ts';
export { Lifetime } from './lifetime.ts';
export { KernelModule } from './module.ts';
export { cpuRelax, openRaceWindows, RaceWindows, raceWindow } from './race-window.ts';
export { rcu } from './rcu.ts';
export { RcuPointer } from './rcu-pointer.ts';
export { failSlab, kmalloc } from './slab.ts';
