import type { DmaDirection, DmaRange } from '../dma-device.ts';
import type { VmArea } from '../fs/vm-area.ts';
import type { Lifetime } from '../lifetime.ts';
import type { KernelModule } from '../module.ts';
import type { DmaBuf } from './dma-buf.ts';
import type { DmaBufAttachment } from './dma-buf-attachment.ts';
import type { DmaResv } from './resv.ts';

/** `struct sg_table`: where a buffer lies for a device. */
export interface SgTable {
  readonly ranges: readonly DmaRange[];
  /** The memory behind it, which moves away, or goes, once nobody uses it. */
  readonly memory: Lifetime;
}

/** `struct iosys_map`: a buffer in the kernel's own address space. */
export interface IosysMap {
  read(offset: number, length: number): Uint8Array;
  write(offset: number, bytes: Uint8Array): void;
}

/**
 * `struct dma_buf_ops`: the exporter's side. The core holds the reservation around `pin`, `unpin`, the mapping and the
 * `vmap` functions, and around nothing else. Errors are negative errnos.
 */
export interface DmaBufOps {
  /** May refuse a device that cannot reach the buffer, with -EBUSY. */
  attach?(dmabuf: DmaBuf, attachment: DmaBufAttachment): Promise<number> | number;
  detach?(dmabuf: DmaBuf, attachment: DmaBufAttachment): Promise<void> | void;
  /** Keeps the buffer where it is. Together with `unpin`, or not at all. */
  pin?(attachment: DmaBufAttachment): Promise<number> | number;
  unpin?(attachment: DmaBufAttachment): Promise<void> | void;
  /** @returns the table; null stands for -ENOMEM */
  mapDmaBuf(
    attachment: DmaBufAttachment,
    direction: DmaDirection,
  ): Promise<SgTable | null | number> | SgTable | null | number;
  unmapDmaBuf(attachment: DmaBufAttachment, table: SgTable, direction: DmaDirection): Promise<void> | void;
  /** The last reference is gone. */
  release(dmabuf: DmaBuf): Promise<void> | void;
  beginCpuAccess?(dmabuf: DmaBuf, direction: DmaDirection): Promise<number> | number;
  endCpuAccess?(dmabuf: DmaBuf, direction: DmaDirection): Promise<number> | number;
  mmap?(dmabuf: DmaBuf, area: VmArea): Promise<number> | number;
  vmap?(dmabuf: DmaBuf): Promise<IosysMap | number> | IosysMap | number;
  vunmap?(dmabuf: DmaBuf, map: IosysMap): Promise<void> | void;
}

/** `struct dma_buf_attach_ops`: the side of an importer that can live with a buffer that moves. */
export interface DmaBufAttachOps {
  /** It can use memory of another device without a detour over system memory. */
  readonly allowPeer2peer?: boolean;
  /**
   * `invalidate_mappings`, `move_notify` before 7.2: the buffer is about to move, its reservation is locked. The importer
   * sees to it that its mappings go, behind fences that it adds; it does not wait here.
   */
  invalidateMappings(attachment: DmaBufAttachment): Promise<void> | void;
}

/** `struct dma_buf_export_info` */
export interface DmaBufExportInfo {
  /** Names the exporter in debugfs and iterators. */
  readonly expName: string;
  readonly owner: KernelModule;
  readonly ops: DmaBufOps;
  /** Bytes. */
  readonly size: number;
  /** Of the file; `O_RDWR` if not given. */
  readonly flags?: number;
  /** The exporter's own object; without one the core does not know what it would release. */
  readonly priv: object | null;
  /** The reservation object to share; the buffer has one of its own if not given. */
  readonly resv?: DmaResv | null;
  readonly fixes?: Partial<DmaBufFixes>;
}

/** What was repaired in the core; off is the behaviour before. */
export interface DmaBufFixes {
  /** The last `fput` releases in a context of its own. Before: where it was put, which takes the list's mutex again. */
  readonly deferFput: boolean;
  /** A fence callback of `poll` holds the file (ff2d23843f7f). Before: the buffer may be freed under it. */
  readonly pollHoldsFile: boolean;
}

export const DMA_BUF_FIXES: DmaBufFixes = Object.freeze({ deferFput: true, pollHoldsFile: true });
