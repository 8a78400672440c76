import { perWorld } from '../per-world.ts';
import { kmalloc } from '../slab.ts';
import { __GFP_ACCOUNT, __GFP_DIRECT_RECLAIM, __GFP_ZERO, type GfpMask } from './gfp.ts';
import { memcgChargePage, memcgUnchargePage } from './memcg.ts';
import { type FrameContents, Page } from './page.ts';
import { mightAlloc } from './reclaim.ts';

/** `MAX_PAGE_ORDER`: the largest piece is 4 MiB. */
export const MAX_PAGE_ORDER = 10;
/** Frames of a machine if nobody says otherwise: 1 GiB. */
const FRAMES = 1 << 18;

/**
 * The buddy allocator (mm/page_alloc.c): pieces of `2^order` frames. A larger piece is split when there is none of the
 * size, and put together again when both halves are free. What was in a frame stays in it until somebody clears it.
 */
export class PageAllocator {
  readonly frames: number;
  readonly #contents: FrameContents = new Map();
  /** First frames of the free pieces, for each order. */
  readonly #free: readonly Set<number>[] = Array.from({ length: MAX_PAGE_ORDER + 1 }, () => new Set<number>());
  #freeFrames = 0;

  /** @param frames of memory; rounded down to whole pieces of the largest order */
  constructor(frames: number = FRAMES) {
    const size = 2 ** MAX_PAGE_ORDER;
    this.frames = Math.floor(frames / size) * size;
    for (let pfn = 0; pfn < this.frames; pfn += size) this.#free[MAX_PAGE_ORDER]?.add(pfn);
    this.#freeFrames = this.frames;
  }

  /** `NR_FREE_PAGES` */
  get freeFrames(): number {
    return this.#freeFrames;
  }

  /**
   * `alloc_pages`. May sleep when the mask has direct reclaim. @returns null when there is no such piece, or when the
   * memory group of the current process may not have it (`__GFP_ACCOUNT`)
   */
  async alloc(gfp: GfpMask, order: number): Promise<Page | null> {
    if ((gfp & __GFP_DIRECT_RECLAIM) !== 0) mightAlloc('GFP_KERNEL');
    const pfn = kmalloc(`alloc_pages(order ${order})`) ? this.#take(order) : null;
    if (pfn === null) return null;
    const page = new Page(pfn, order, this.#contents);
    if ((gfp & __GFP_ACCOUNT) !== 0 && (await memcgChargePage(page, gfp)) !== 0) {
      this.free(page);
      return null;
    }
    if ((gfp & __GFP_ZERO) !== 0) page.clear();
    return page;
  }

  /** `__free_pages`. @throws DeptError `ERR_DEPT_DOUBLE_FREE` */
  free(page: Page): void {
    page.memory.free('__free_pages');
    memcgUnchargePage(page);
    this.#give(page.pfn, page.order);
  }

  /** `__rmqueue_smallest`, and `expand`. */
  #take(order: number): number | null {
    for (let at = order; at <= MAX_PAGE_ORDER; at++) {
      const pieces = this.#free[at] as Set<number>;
      const [pfn] = pieces;
      if (pfn === undefined) continue;
      pieces.delete(pfn);
      // The upper half of each piece that is too large stays free.
      for (let half = at - 1; half >= order; half--) this.#free[half]?.add(pfn + 2 ** half);
      this.#freeFrames -= 2 ** order;
      return pfn;
    }
    return null;
  }

  /** `__free_one_page` */
  #give(pfn: number, order: number): void {
    this.#freeFrames += 2 ** order;
    let [at, first] = [order, pfn];
    for (; at < MAX_PAGE_ORDER; at++) {
      const buddy = first ^ (2 ** at);
      if (this.#free[at]?.delete(buddy) !== true) break;
      first = Math.min(first, buddy);
    }
    this.#free[at]?.add(first);
  }
}

/** The memory of the machine. */
export const pageAllocator: () => PageAllocator = perWorld(() => new PageAllocator());
