import { KernelMutex } from '../../sync/kernel-mutex.ts';
import type { DmaDevice, DmaRange } from '../dma-device.ts';
import { Lifetime } from '../lifetime.ts';
import { GFP_KERNEL } from '../mm/gfp.ts';
import { type MemCgroup, memcgChargePages } from '../mm/memcg.ts';
import type { Page } from '../mm/page.ts';
import type { PageAllocator } from '../mm/page-allocator.ts';
import type { DmaBufAttachment } from './dma-buf-attachment.ts';

/** `struct dma_heap_attachment` */
export interface DmaHeapAttachment {
  readonly dev: DmaDevice;
  /** A copy of the buffer's table (`dup_sg_table`): each device has its own addresses. */
  readonly ranges: readonly DmaRange[];
  /** The device may have the memory in its caches. */
  mapped: boolean;
}

/** `struct system_heap_buffer`: the pages of a dma-buf, and the devices that use them. */
export class SystemHeapBuffer {
  readonly pages: readonly Page[];
  /** `buffer->lock`: attachments, and the mapping into the kernel. */
  readonly lock: KernelMutex = new KernelMutex({ name: 'system_heap_buffer.lock' });
  readonly attachments: Map<DmaBufAttachment, DmaHeapAttachment> = new Map<DmaBufAttachment, DmaHeapAttachment>();
  /** `vmap_cnt` */
  vmaps = 0;
  readonly #allocator: PageAllocator;
  readonly #memory: Lifetime = new Lifetime('pages of a system heap buffer');

  constructor(pages: readonly Page[], allocator: PageAllocator) {
    this.pages = pages;
    this.#allocator = allocator;
  }

  /** What a mapping of it refers to. */
  get memory(): Lifetime {
    return this.#memory;
  }

  /** Order of each piece, as in `[8, 0]`. */
  get orders(): readonly number[] {
    return this.pages.map(({ order }) => order);
  }

  /** One entry for each piece (`sg_table`). */
  get ranges(): readonly DmaRange[] {
    return this.pages.map(({ address, size }) => ({ address, length: size }));
  }

  /** `__free_pages` of all. @throws DeptError `ERR_DEPT_DOUBLE_FREE` */
  free(): void {
    this.#memory.free('system_heap_dma_buf_release');
    for (const page of this.pages) this.#allocator.free(page);
  }

  /** Bytes from `offset` on, over the borders of pieces. */
  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.#eachPiece(offset, length, (page, at, done, count) => bytes.set(page.read(at, count), done));
    return bytes;
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#eachPiece(offset, bytes.length, (page, at, done, count) =>
      page.write(at, bytes.subarray(done, done + count)),
    );
  }

  /**
   * Passes the charge for all its pages on to another memory group, which the kernel has no call for.
   *
   * @returns 0, or -ENOMEM, and then everything stays as it was
   */
  async transfer(to: MemCgroup): Promise<number> {
    const payers = this.pages.map(({ memcg }) => memcg);
    const result = await memcgChargePages(this.pages, to, GFP_KERNEL);
    if (result === 0) for (const [index, page] of this.pages.entries()) payers[index]?.uncharge(page.count);
    return result;
  }

  #eachPiece(
    offset: number,
    length: number,
    visit: (page: Page, at: number, done: number, count: number) => void,
  ): void {
    let start = 0;
    for (const page of this.pages) {
      const from = Math.max(offset, start);
      const to = Math.min(offset + length, start + page.size);
      if (from < to) visit(page, from - start, from - offset, to - from);
      start += page.size;
    }
  }
}
