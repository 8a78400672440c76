import { coalesce, type DmaRange, slice } from '../dma-device.ts';

/** `NVME_SGL_FMT_*` */
export type SglType = 'data-block' | 'last-segment';

/** `struct nvme_sgl_desc`, 16 bytes. */
export interface SglDescriptor {
  readonly address: number;
  readonly length: number;
  readonly type: SglType;
}

/** The descriptor in the command, and those it points at. */
export interface SglCommand {
  readonly inline: SglDescriptor;
  readonly segment: readonly SglDescriptor[];
  /** Data block descriptors: contiguous ranges of the transfer. */
  readonly dataBlocks: number;
  /** Bytes taken from the descriptor pools. */
  readonly poolBytes: number;
}

const DESCRIPTOR_BYTES = 16;

/**
 * Scatter-gather lists (N4 of the review; drivers/nvme/host/pci.c `nvme_pci_setup_data_sgl`): one descriptor for each
 * contiguous range. A single range lies in the command itself; several in a segment the command points at. O(ranges).
 */
export function buildSgl(
  ranges: readonly DmaRange[],
  offset: number,
  length: number,
  allocate: (bytes: number) => number,
): SglCommand {
  const blocks = coalesce(slice(ranges, offset, length)).map(
    (range): SglDescriptor => ({ address: range.address, length: range.length, type: 'data-block' }),
  );
  const [only] = blocks;
  if (blocks.length === 1 && only !== undefined) return { inline: only, segment: [], dataBlocks: 1, poolBytes: 0 };
  const poolBytes = blocks.length * DESCRIPTOR_BYTES;
  return {
    inline: { address: allocate(poolBytes), length: poolBytes, type: 'last-segment' },
    segment: blocks,
    dataBlocks: blocks.length,
    poolBytes,
  };
}
