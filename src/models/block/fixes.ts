/** What the review of RFC v2 asked for, and what reading it finds; off is the RFC. Codes as in docs/models. */
export interface BlockFixes {
  /** H13: an error keeps its status. Off: every one but AGAIN is BLK_STS_RESOURCE. */
  readonly keepStatus: boolean;
  /** N3: both syncs around every transfer. Off: a read syncs for the processor only, a write for the device only. */
  readonly syncBoth: boolean;
  /** N1: ranges are synced as they are. Off: page by page. */
  readonly syncRanges: boolean;
  /** N4: devices with SGLs only. Off: PRPs, one entry for each page. */
  readonly buildSgl: boolean;
  /** H18: the mapping's ranges are segments. Off: pages are. */
  readonly rangeSegments: boolean;
  /** B1: the map is published under the reservation. Off: after it, when a move may have come between. */
  readonly publishUnderResv: boolean;
  /** B2: a failed allocation is an error. Off: NULL, which the caller takes for success. */
  readonly failedAllocIsError: boolean;
  /** B3: a failed creation gives back what it took. */
  readonly unwindMap: boolean;
  /** B4: a failed or released token gives back its dma-buf and its queue. */
  readonly unwindToken: boolean;
  /** B5: the fence has a lock of its own. Off: an external one, initialised after the fence. */
  readonly inlineLock: boolean;
  /** B6: allocations of the submission path do no I/O. Off: GFP_KERNEL. */
  readonly noioScope: boolean;
  /** B7: the work item that signals the fence has a rescuer. Off: system_wq, which may have to create a worker. */
  readonly rescuer: boolean;
  /** The fence is signaled before the reservation is taken for the unmapping. Off: the mutant of D15. */
  readonly signalBeforeUnmap: boolean;
}

export const BLOCK_FIXES: BlockFixes = Object.freeze({
  keepStatus: true,
  syncBoth: true,
  syncRanges: true,
  buildSgl: true,
  rangeSegments: true,
  publishUnderResv: true,
  failedAllocIsError: true,
  unwindMap: true,
  unwindToken: true,
  inlineLock: true,
  noioScope: true,
  rescuer: true,
  signalBeforeUnmap: true,
});
