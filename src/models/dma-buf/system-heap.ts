import { EINTR, ENOMEM } from '../../sync/errno.ts';
import {
  __GFP_ACCOUNT,
  __GFP_COMP,
  __GFP_NORETRY,
  __GFP_NOWARN,
  __GFP_RECLAIM,
  __GFP_ZERO,
  GFP_HIGHUSER,
  GFP_KERNEL,
  type GfpMask,
} from '../mm/gfp.ts';
import { memcgChargePages, rootMemCgroup } from '../mm/memcg.ts';
import type { Page } from '../mm/page.ts';
import { type PageAllocator, pageAllocator } from '../mm/page-allocator.ts';
import { PAGE_SIZE } from '../mm/page-size.ts';
import { KernelModule } from '../module.ts';
import { ModuleParam } from '../module-param.ts';
import { fatalSignalPending, type Process } from '../process.ts';
import { kmalloc } from '../slab.ts';
import { DmaBuf } from './dma-buf.ts';
import { type DmaHeapOps, dmaHeapAdd } from './dma-heap.ts';
import { SystemHeapBuffer } from './system-heap-buffer.ts';
import { SYSTEM_HEAP_BUF_OPS } from './system-heap-ops.ts';

/** What was repaired in accounting, and what came of it upstream; off is the behaviour before. */
export interface SystemHeapFixes {
  /** `__GFP_ACCOUNT` in both masks: the allocating process pays. Before: nobody does, and no limit holds. */
  readonly heapAccount: boolean;
  /** Only where `mem_accounting` says so (bb33013bdd23, 3c227be90659). Before: always, wanted or not. */
  readonly accountOptIn: boolean;
  /** What somebody else pays for is not charged to who allocates it too. Before: both pay, and one of them for ever. */
  readonly chargeOnce: boolean;
}

export const SYSTEM_HEAP_FIXES: SystemHeapFixes = Object.freeze({
  heapAccount: true,
  accountOptIn: true,
  chargeOnce: true,
});

export interface SystemHeapOptions {
  /** The module parameter `mem_accounting`, off if not given. */
  readonly memAccounting?: boolean;
  /** The RFC of 2026 that adds `charge_pid_fd` to the ioctl; off if not given, as it is not merged. */
  readonly chargePidFd?: boolean;
  /** Where pages come from; the memory of the machine if not given. */
  readonly pages?: PageAllocator;
  readonly fixes?: Partial<SystemHeapFixes>;
}

const LOW_ORDER_GFP: GfpMask = GFP_HIGHUSER | __GFP_ZERO;
/** Fails at once: there are smaller pieces. */
const HIGH_ORDER_GFP: GfpMask = ((LOW_ORDER_GFP | __GFP_NOWARN | __GFP_NORETRY) & ~__GFP_RECLAIM) | __GFP_COMP;

/** 1 MiB, 64 KiB and 4 KiB: what IOMMUs map well, and what there always is. */
const ORDERS: readonly { readonly order: number; readonly gfp: GfpMask }[] = [
  { order: 8, gfp: HIGH_ORDER_GFP },
  { order: 4, gfp: HIGH_ORDER_GFP },
  { order: 0, gfp: LOW_ORDER_GFP },
];

/** The system heap (drivers/dma-buf/heaps/system_heap.c): buffers of pages, as large ones as there are. */
export class SystemHeap implements DmaHeapOps {
  readonly module: KernelModule = new KernelModule('system_heap');
  readonly fixes: SystemHeapFixes;
  /** `mem_accounting`: read only once the kernel runs. */
  readonly memAccounting: ModuleParam<boolean>;
  readonly chargePidFd: boolean;
  readonly pages: PageAllocator;

  constructor(options: SystemHeapOptions = {}) {
    this.fixes = { ...SYSTEM_HEAP_FIXES, ...options.fixes };
    this.memAccounting = new ModuleParam('mem_accounting', options.memAccounting ?? false, 0o444);
    this.chargePidFd = options.chargePidFd ?? false;
    this.pages = options.pages ?? pageAllocator();
  }

  /** `system_heap_create`: `/dev/dma_heap/system`. @returns the heap */
  static create(options: SystemHeapOptions = {}): SystemHeap {
    const heap = new SystemHeap(options);
    dmaHeapAdd('system', heap);
    return heap;
  }

  /** `system_heap_allocate`. @returns the buffer; -EINTR for a process that is being killed; -ENOMEM, and nothing is kept */
  async allocate(
    length: number,
    fdFlags: number,
    _heapFlags = 0n,
    chargeTo: Process | null = null,
  ): Promise<DmaBuf | number> {
    if (!kmalloc('system_heap_allocate', 'GFP_KERNEL')) return -ENOMEM;
    const pages: Page[] = [];
    let result = await this.#fill(pages, length, this.#gfpOf(chargeTo));
    if (result === 0 && chargeTo !== null) {
      result = await memcgChargePages(pages, chargeTo.memcg ?? rootMemCgroup(), GFP_KERNEL);
    }
    if (result === 0 && kmalloc('sg_alloc_table', 'GFP_KERNEL')) {
      const buffer = new SystemHeapBuffer(pages, this.pages);
      const dmabuf = await DmaBuf.export({
        expName: 'system',
        owner: this.module,
        ops: SYSTEM_HEAP_BUF_OPS,
        size: length,
        flags: fdFlags,
        priv: buffer,
      });
      if (typeof dmabuf !== 'number') return dmabuf;
      buffer.free();
      return dmabuf;
    }
    for (const page of pages) this.pages.free(page);
    return result === 0 ? -ENOMEM : result;
  }

  /** Pieces from large to small; a size that was not to be had is not tried again. */
  async #fill(pages: Page[], length: number, account: GfpMask): Promise<number> {
    let maxOrder = ORDERS[0]?.order ?? 0;
    for (let remaining = length; remaining > 0; ) {
      // No memory for a process that is being killed to give some back.
      if (fatalSignalPending()) return -EINTR;
      const page = await this.#allocLargestAvailable(remaining, maxOrder, account);
      if (page === null) return -ENOMEM;
      pages.push(page);
      remaining -= page.size;
      maxOrder = page.order;
    }
    return 0;
  }

  /** `alloc_largest_available`: never more than is needed. */
  async #allocLargestAvailable(size: number, maxOrder: number, account: GfpMask): Promise<Page | null> {
    for (const { order, gfp } of ORDERS) {
      if (size < 2 ** order * PAGE_SIZE || maxOrder < order) continue;
      const page = await this.pages.alloc(gfp | account, order);
      if (page !== null) return page;
    }
    return null;
  }

  #gfpOf(chargeTo: Process | null): GfpMask {
    const { heapAccount, accountOptIn, chargeOnce } = this.fixes;
    if (chargeOnce && chargeTo !== null) return 0;
    return heapAccount && (!accountOptIn || this.memAccounting.value) ? __GFP_ACCOUNT : 0;
  }
}
