/**
 * `enum dma_resv_usage` (include/linux/dma-resv.h): what a fence of a reservation object is for. A query for one level
 * means all levels up to it.
 */
export const DmaResvUsageLevel: {
  /** Memory management, as moves and clears: everybody waits for it before the memory is touched. */
  readonly KERNEL: 0;
  /** Implicit synchronisation: readers and writers wait for it. */
  readonly WRITE: 1;
  /** Implicit synchronisation: writers wait for it. */
  readonly READ: 2;
  /** No implicit synchronisation, as page table updates: only who frees or evicts the memory waits for it. */
  readonly BOOKKEEP: 3;
} = Object.freeze({ KERNEL: 0, WRITE: 1, READ: 2, BOOKKEEP: 3 } as const);

export type DmaResvUsage = 0 | 1 | 2 | 3;

/** `dma_resv_usage_rw`: the level to wait for before reading or writing; not the one to add a fence with. */
export function dmaResvUsageRw(write: boolean): DmaResvUsage {
  return write ? DmaResvUsageLevel.READ : DmaResvUsageLevel.WRITE;
}

const NAMES: readonly string[] = ['kernel', 'write', 'read', 'bookkeep'];

/** The level as debugfs prints it. */
export function dmaResvUsageName(usage: DmaResvUsage): string {
  return NAMES[usage] ?? 'unknown';
}
