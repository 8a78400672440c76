import type { DmaFence } from '../dma-buf/fence.ts';
import type { Lifetime } from '../lifetime.ts';
import type { DmaDevice, DmaDirection, DmaRange } from './dma-device.ts';

/** `enum dma_resv_usage`, as a number: a wait for one level waits for those below it too. */
export const USAGE_KERNEL = 0;
export const USAGE_BOOKKEEP = 3;

/** What a token needs of a `struct dma_resv`. */
export interface DmabufResv {
  /** `dma_resv_lock`, without an acquire context. @returns 0 */
  lock(context: null): Promise<number>;
  unlock(): void;
  /** `dma_resv_reserve_fences`; locked. */
  reserveFences(count: number): Promise<number> | number;
  /** `dma_resv_add_fence`; locked. Takes a reference of its own. */
  addFence(fence: DmaFence, usage: 0 | 1 | 2 | 3): Promise<void> | void;
  /** `dma_resv_wait_timeout`, in jiffies. */
  waitTimeout(usage: 0 | 1 | 2 | 3, intr: boolean, timeout: number): Promise<number>;
}

/** Where a buffer lies for a device, until it is unmapped. */
export interface DmabufMapping {
  /** `struct sg_table` */
  readonly ranges: readonly DmaRange[];
  /** The memory behind it, which moves away once everybody is through with it. */
  readonly memory: Lifetime;
}

/** `struct dma_buf_attachment` of a dynamic importer. */
export interface DmabufAttachment {
  /** `dma_buf_map_attachment`; the reservation is locked. @returns the mapping, or a negative errno */
  map(direction: DmaDirection): Promise<DmabufMapping | number> | DmabufMapping | number;
  /** `dma_buf_unmap_attachment`; the reservation is locked. */
  unmap(mapping: DmabufMapping): Promise<void> | void;
  /** `dma_buf_detach` */
  detach(): Promise<void> | void;
}

/** `struct dma_buf_attach_ops` */
export interface DmabufImporter {
  readonly allowPeer2peer: boolean;
  /** `invalidate_mappings`, before `move_notify`: the buffer is about to move; the reservation is locked. */
  invalidateMappings(): Promise<void>;
}

/** What a token needs of a `struct dma_buf`. */
export interface Dmabuf {
  readonly size: number;
  readonly resv: DmabufResv;
  get(): unknown;
  put(): Promise<void> | void;
  /** `dma_buf_dynamic_attach`. @returns the attachment, or a negative errno */
  dynamicAttach(
    device: DmaDevice,
    importer: DmabufImporter,
  ): Promise<DmabufAttachment | number> | DmabufAttachment | number;
}
