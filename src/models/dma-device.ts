/** `enum dma_data_direction` */
export type DmaDirection = 'to-device' | 'from-device' | 'bidirectional';

/** One contiguous piece of a mapping, as in a mapped `struct scatterlist`. */
export interface DmaRange {
  /** `sg_dma_address` */
  readonly address: number;
  /** `sg_dma_len` */
  readonly length: number;
}

/** One `dma_sync_single_*` call. */
export interface DmaSync extends DmaRange {
  readonly for: 'cpu' | 'device';
  readonly direction: DmaDirection;
}

/**
 * `struct device` as the DMA API sees it. Memory belongs to the processor or to the device; the two calls that pass it on
 * are due around every transfer, whatever its direction, and cost nothing where caches are coherent
 * (Documentation/core-api/dma-api-howto.rst).
 */
export class DmaDevice {
  readonly name: string;
  readonly coherent: boolean;
  /** Cache maintenance that was done, in order. Empty for a coherent device. */
  readonly syncs: DmaSync[] = [];
  /** Calls that had nothing to do because the device is coherent. */
  skipped = 0;

  constructor(name: string, options: { readonly coherent?: boolean } = {}) {
    this.name = name;
    this.coherent = options.coherent ?? false;
  }

  /** `dma_sync_single_for_device`: from here the device owns the memory. */
  syncForDevice(range: DmaRange, direction: DmaDirection): void {
    this.#sync({ ...range, for: 'device', direction });
  }

  /** `dma_sync_single_for_cpu`: from here the processor owns the memory. */
  syncForCpu(range: DmaRange, direction: DmaDirection): void {
    this.#sync({ ...range, for: 'cpu', direction });
  }

  #sync(sync: DmaSync): void {
    if (this.coherent) this.skipped++;
    else this.syncs.push(sync);
  }
}

/** The pieces of `ranges` that `length` bytes from `offset` on touch, cut to what is touched. O(ranges). */
export function slice(ranges: readonly DmaRange[], offset: number, length: number): DmaRange[] {
  const touched: DmaRange[] = [];
  let start = 0;
  for (const range of ranges) {
    const from = Math.max(offset, start);
    const to = Math.min(offset + length, start + range.length);
    if (from < to) touched.push({ address: range.address + from - start, length: to - from });
    start += range.length;
  }
  return touched;
}

/** Neighbours that touch become one: what the device sees as contiguous. */
export function coalesce(ranges: readonly DmaRange[]): DmaRange[] {
  const merged: DmaRange[] = [];
  for (const range of ranges) {
    const last = merged.at(-1);
    if (last !== undefined && last.address + last.length === range.address) {
      merged[merged.length - 1] = { address: last.address, length: last.length + range.length };
    } else merged.push(range);
  }
  return merged;
}
