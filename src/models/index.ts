export { AmdgpuVm, TLB_FIXES, type TlbFixes } from './amdgpu/tlb.ts';
export { Bio, type BioFlag, type BioOptions, type BvecIter } from './block/bio.ts';
export { type QueueLimits, type Split, splitDmabufToken } from './block/bio-split.ts';
export type { BioVec } from './block/bio-vec.ts';
export { type BlkStatus, blkStatusToErrno, errnoToBlkStatus } from './block/blk-status.ts';
export { DmabufMap } from './block/dmabuf-map.ts';
export { DmabufToken } from './block/dmabuf-token.ts';
export { BLOCK_FIXES, type BlockFixes } from './block/fixes.ts';
export { type Direction, IovIter, type IovIterState } from './block/iov-iter.ts';
export { type NvmeCommand, NvmeDevice, type NvmeOptions } from './block/nvme.ts';
export { buildPrp, type PrpDescriptor, prpListPages } from './block/nvme-prp.ts';
export { buildSgl, type SglCommand, type SglDescriptor } from './block/nvme-sgl.ts';
export {
  type BlkMqOps,
  type BlockFile,
  blkdevDmabufMap,
  blkMqDmabufMap,
  createDmabufToken,
  type DmabufParams,
  type Request,
  RequestQueue,
  type RequestQueueOptions,
  submitIter,
} from './block/request-queue.ts';
export {
  BpfIterDmabuf,
  DMABUF_ITER_FIXES,
  type DmabufIterFixes,
  type DmabufIterOptions,
  DmabufIterSeq,
  type DmabufProgram,
  dmabufIterOpen,
} from './bpf/dmabuf-iter.ts';
export { DMA_BUF_NAME_LEN, DmaBuf, dmaBufGet } from './dma-buf/dma-buf.ts';
export { DmaBufAttachment } from './dma-buf/dma-buf-attachment.ts';
export { dmaBufDebugShow } from './dma-buf/dma-buf-debugfs.ts';
export {
  DMA_BUF_SYNC_END,
  DMA_BUF_SYNC_READ,
  DMA_BUF_SYNC_RW,
  DMA_BUF_SYNC_WRITE,
  type DmaBufIoctlArgument,
} from './dma-buf/dma-buf-ioctl.ts';
export { dmaBufIterBegin, dmaBufIterNext, dmaBufs } from './dma-buf/dma-buf-list.ts';
export {
  DMA_BUF_FIXES,
  type DmaBufAttachOps,
  type DmaBufExportInfo,
  type DmaBufFixes,
  type DmaBufOps,
  type IosysMap,
  type SgTable,
} from './dma-buf/dma-buf-ops.ts';
export { type DmaHeapOps, dmaHeapAdd, dmaHeapOpen } from './dma-buf/dma-heap.ts';
export type { DmaHeapAllocationFields } from './dma-buf/dma-heap-abi.ts';
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
export {
  FenceContract,
  type FenceContractOptions,
  type FenceRule,
  type FenceViolation,
} from './dma-buf/fence-contract.ts';
export { dmaFenceGetRcuSafe } from './dma-buf/fence-get.ts';
export { DMA_FENCE_FIXES, type DmaFenceFixes, DmaFenceFlag, type DmaFenceOps } from './dma-buf/fence-ops.ts';
export {
  DMA_FENCE_MAP,
  dmaFenceBeginSignalling,
  dmaFenceEndSignalling,
  dmaFenceMightWait,
} from './dma-buf/fence-signalling.ts';
export type { DmaFenceOptions } from './dma-buf/fence-struct.ts';
export { dmaFenceDedupArray, dmaFenceUnwrap, dmaFenceUnwrapMerge } from './dma-buf/fence-unwrap.ts';
export {
  type DmaFenceWaitOptions,
  dmaFenceDefaultWait,
  dmaFenceWaitAnyTimeout,
  type WaitAnyResult,
} from './dma-buf/fence-wait.ts';
export { type DmaFencePromise, type DmaFenceWatcher, dmaFenceWatchers } from './dma-buf/fence-watcher.ts';
export { DmaResv, type DmaResvOptions, RESERVATION_WW_CLASS } from './dma-buf/resv.ts';
export { DMA_RESV_FIXES, type DmaResvFixes } from './dma-buf/resv-fixes.ts';
export { DmaResvIter, dmaResvForEachFence, dmaResvForEachFenceUnlocked } from './dma-buf/resv-iter.ts';
export { type DmaResvEntry, DmaResvList } from './dma-buf/resv-list.ts';
export { dmaResvLockdep } from './dma-buf/resv-lockdep.ts';
export { type DmaResvUsage, DmaResvUsageLevel, dmaResvUsageName, dmaResvUsageRw } from './dma-buf/resv-usage.ts';
export { dmaFenceAllocatePrivateStub, dmaFenceGetStub } from './dma-buf/stub-fence.ts';
export { SyncFile, syncFileGetFence } from './dma-buf/sync-file.ts';
export {
  SYSTEM_HEAP_FIXES,
  SystemHeap,
  type SystemHeapFixes,
  type SystemHeapOptions,
} from './dma-buf/system-heap.ts';
export { SystemHeapBuffer } from './dma-buf/system-heap-buffer.ts';
export { DmaDevice, type DmaDirection, type DmaRange, type DmaSync } from './dma-device.ts';
export type { DrmGpuSchedStat, DrmSchedBackendOps } from './drm/backend.ts';
export { DrmDevice, type DrmDeviceOptions, type DrmDriver, type DrmDriverFeature } from './drm/drm-device.ts';
export { DrmFile } from './drm/drm-file.ts';
export { DrmSchedEntity, type Guilty } from './drm/entity.ts';
export { destroyEntity, type FlushOptions, finiEntity, flushEntity, killEntity } from './drm/entity-teardown.ts';
export {
  DRM_EXEC_IGNORE_DUPLICATES,
  DRM_EXEC_INTERRUPTIBLE_WAIT,
  DrmExec,
  type DrmExecObject,
} from './drm/exec.ts';
export { DRM_SCHED_FIXES, type DrmSchedFixes } from './drm/fixes.ts';
export { gemChangeHandleIoctl } from './drm/gem-change-handle.ts';
export {
  CHANGE_HANDLE_VERSIONS,
  type ChangeHandleVersion,
  DRM_GEM_FIXES,
  type DrmGemFixes,
  drmGemFixes,
} from './drm/gem-fixes.ts';
export {
  drmRelease,
  gemHandleCreate,
  gemHandleCreateTail,
  gemHandleDelete,
  gemObjectHandleGet,
  gemObjectHandleGetIfExists,
  gemObjectHandlePut,
  gemObjectReleaseHandle,
} from './drm/gem-handle.ts';
export { type GemOpen, gemCloseIoctl, gemFlinkIoctl, gemOpenIoctl } from './drm/gem-ioctl.ts';
export { DrmGemObject, type DrmGemObjectFuncs } from './drm/gem-object.ts';
export { gemDmaResvWait, gemLockReservations, gemUnlockReservations } from './drm/gem-resv.ts';
export { DrmGemShmemObject, GEM_SHMEM_FUNCS, gemShmemPrimeImportSgTable } from './drm/gem-shmem.ts';
export {
  DrmVmaOffsetManager,
  DrmVmaOffsetNode,
  gemDumbMapOffset,
  gemObjectLookupAtOffset,
} from './drm/gem-vma.ts';
export { DrmSchedJob, type DrmSchedJobOptions, type DrmSchedJobState } from './drm/job.ts';
export { PreemptibleRing, type RingJob, type RingState, type Switch } from './drm/preemption.ts';
export {
  AVX512_STATE_BYTES,
  GPU_STATE_BYTES,
  PreemptionCost,
  type PreemptionOptions,
  type ShaderWork,
} from './drm/preemption-cost.ts';
export { type PreemptionRow, preemptionRows, preemptionTable } from './drm/preemption-table.ts';
export { primeFdToHandle, primeHandleToDmabuf, primeHandleToFd } from './drm/prime.ts';
export { GEM_PRIME_DMABUF_OPS, gemDmabufExport, gemPrimeExport, isPrimeExported } from './drm/prime-export.ts';
export { DrmPrimeFilePrivate } from './drm/prime-file.ts';
export { gemPrimeImport, gemPrimeImportDev, primeGemDestroy } from './drm/prime-import.ts';
export * from './drm/priority.ts';
export { increaseKarma, resubmitJobs, startScheduler, stopScheduler } from './drm/recovery.ts';
export { DrmSchedRq } from './drm/run-queue.ts';
export { DrmGpuScheduler, type DrmSchedInit } from './drm/sched.ts';
export { DONT_PIPELINE, DrmSchedFence, HAS_DEADLINE } from './drm/sched-fence.ts';
export { DrmSchedTimeout } from './drm/timeout.ts';
export { vgemDevice } from './drm/vgem.ts';
export * from './fs/epoll.ts';
export {
  type FileOperations,
  flushDelayedFput,
  KernelFile,
  type KernelFileOptions,
  type Whence,
} from './fs/file.ts';
export { FilesStruct } from './fs/files.ts';
export * from './fs/open-flags.ts';
export { pidfdGetProcess, pidfdOpen } from './fs/pidfd.ts';
export { PollQueue, pollFile } from './fs/poll.ts';
export { SeqFile, type SeqOperations, type SeqPosition } from './fs/seq-file.ts';
export { type MappedMemory, VmArea } from './fs/vm-area.ts';
export { Idr, INT_MAX } from './idr.ts';
export { IrqWork } from './irq-work.ts';
export { hz, jiffies, jiffiesToMs, MAX_SCHEDULE_TIMEOUT, msToJiffies } from './jiffies.ts';
export { Lifetime } from './lifetime.ts';
export * from './mm/gfp.ts';
export { MemCgroup, type MemCgroupOptions, memcgChargePage, memcgUnchargePage, rootMemCgroup } from './mm/memcg.ts';
export { MMAP_LOCK, mmapLock } from './mm/mmap-lock.ts';
export { Page } from './mm/page.ts';
export { MAX_PAGE_ORDER, PageAllocator, pageAllocator } from './mm/page-allocator.ts';
export { PageCounter } from './mm/page-counter.ts';
export { PAGE_SHIFT, PAGE_SIZE, pageAlign } from './mm/page-size.ts';
export {
  FS_RECLAIM,
  fsReclaimAcquire,
  fsReclaimRelease,
  type Gfp,
  MMU_NOTIFIER,
  mightAlloc,
  mmuNotifierInvalidate,
} from './mm/reclaim.ts';
export { KernelModule } from './module.ts';
export { ModuleParam } from './module-param.ts';
export { current, fatalSignalPending, Process, type ProcessOptions } from './process.ts';
export { cpuRelax, openRaceWindows, RaceWindows, raceWindow } from './race-window.ts';
export { rcu } from './rcu.ts';
export { RcuPointer } from './rcu-pointer.ts';
export { failSlab, kmalloc } from './slab.ts';
