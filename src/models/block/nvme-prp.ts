/** `NVME_CTRL_PAGE_SIZE` */
export const NVME_PAGE_SIZE = 4096;
/** Bytes of an entry, and entries of a list page and of an entry of the small pool. */
const ENTRY_BYTES = 8;
const LIST_ENTRIES: number = NVME_PAGE_SIZE / ENTRY_BYTES;
const SMALL_POOL_BYTES = 256;

/** A page of PRP entries; its last entry points at the next page when there is one. */
export interface PrpList {
  /** Where the list lies, as the device sees it. */
  readonly address: number;
  readonly entries: readonly number[];
}

/** The two pointers of a command, and the lists behind the second one. */
export interface PrpDescriptor {
  readonly prp1: number;
  /** 0, the second page, or the first list. */
  readonly prp2: number;
  readonly lists: readonly PrpList[];
  /** Pages the transfer touches: `ceil((offset + length) / page)`. */
  readonly entries: number;
  /** Bytes of entries in lists. */
  readonly listBytes: number;
  /** Bytes taken from the descriptor pools. */
  readonly poolBytes: number;
}

/** Where list pages are allocated: a `dma_pool`. */
export type AllocateList = (bytes: number) => number;

/**
 * Physical region pages (`nvme_rw_dma_map` of the RFC, NVMe base specification 4.1.1): one entry for each page, whatever
 * the memory looks like. `pages[i]` is the address of page i of the whole mapping. O(pages).
 */
export function buildPrp(
  pages: readonly number[],
  offset: number,
  length: number,
  allocate: AllocateList,
): PrpDescriptor {
  const inPage = offset % NVME_PAGE_SIZE;
  const first = Math.floor(offset / NVME_PAGE_SIZE);
  const entries = Math.ceil((inPage + length) / NVME_PAGE_SIZE);
  const prp1 = (pages[first] ?? Number.NaN) + inPage;
  const rest = pages.slice(first + 1, first + entries);
  if (rest.length <= 1) return { prp1, prp2: rest[0] ?? 0, lists: [], entries, listBytes: 0, poolBytes: 0 };
  const small = rest.length <= SMALL_POOL_BYTES / ENTRY_BYTES;
  const listSize = small ? SMALL_POOL_BYTES : NVME_PAGE_SIZE;
  const lists = chain(rest, () => allocate(listSize));
  const listBytes = lists.reduce((sum, list) => sum + list.entries.length * ENTRY_BYTES, 0);
  return { prp1, prp2: lists[0]?.address ?? 0, lists, entries, listBytes, poolBytes: lists.length * listSize };
}

/** A list that does not hold all of the rest gives its last entry to the address of the next list. */
function chain(pages: readonly number[], allocate: () => number): PrpList[] {
  const lists: { address: number; entries: number[] }[] = [];
  for (let at = 0; at < pages.length; ) {
    const isLast = pages.length - at <= LIST_ENTRIES;
    const taken = isLast ? pages.length - at : LIST_ENTRIES - 1;
    const list = { address: allocate(), entries: pages.slice(at, at + taken) };
    const before = lists.at(-1);
    if (before !== undefined) before.entries.push(list.address);
    lists.push(list);
    at += taken;
  }
  return lists;
}

/** List pages for a transfer of so many entries, `1 + ceil((n - 512) / 511)` for the n behind the first. */
export function prpListPages(entries: number): number {
  const listed = entries - 1;
  if (listed <= 1) return 0;
  return listed <= LIST_ENTRIES ? 1 : 1 + Math.ceil((listed - LIST_ENTRIES) / (LIST_ENTRIES - 1));
}
