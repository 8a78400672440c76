import type { DmaResv } from '../dma-buf/resv.ts';
import type { DmaDevice, DmaDirection, DmaRange } from '../dma-device.ts';
import type { Lifetime } from '../lifetime.ts';

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
  readonly resv: DmaResv;
  get(): unknown;
  put(): Promise<void> | void;
  /** `dma_buf_dynamic_attach`. @returns the attachment, or a negative errno */
  dynamicAttach(
    device: DmaDevice,
    importer: DmabufImporter,
  ): Promise<DmabufAttachment | number> | DmabufAttachment | number;
}
