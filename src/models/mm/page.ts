import { Lifetime } from '../lifetime.ts';
import type { MemCgroup } from './memcg.ts';
import { PAGE_SIZE } from './page-size.ts';

/** What frames hold, by frame number; one that nobody wrote to is not there and holds zeros. */
export type FrameContents = Map<number, Uint8Array>;

/** `struct page`: `2^order` frames that were allocated as one. */
export class Page {
  /** `page_to_pfn`: number of the first frame. */
  readonly pfn: number;
  readonly order: number;
  /** Who pays for it (`page->memcg_data`), whoever frees it; null when nobody does. */
  memcg: MemCgroup | null = null;
  readonly memory: Lifetime;
  readonly #contents: FrameContents;

  /** Part of `PageAllocator.alloc`. */
  constructor(pfn: number, order: number, contents: FrameContents) {
    this.pfn = pfn;
    this.order = order;
    this.memory = new Lifetime(`page ${pfn} of order ${order}`);
    this.#contents = contents;
  }

  /** Frames in it. */
  get count(): number {
    return 2 ** this.order;
  }

  /** `page_size`, in bytes. */
  get size(): number {
    return this.count * PAGE_SIZE;
  }

  /** Physical address of its first byte. */
  get address(): number {
    return this.pfn * PAGE_SIZE;
  }

  /** @throws DeptError `ERR_DEPT_USE_AFTER_FREE` when it was freed */
  read(offset: number, length: number): Uint8Array {
    this.memory.check('a read of the page');
    const bytes = new Uint8Array(length);
    this.#eachFrame(offset, length, (frame, at, done, count) => {
      const held = this.#contents.get(frame);
      if (held !== undefined) bytes.set(held.subarray(at, at + count), done);
    });
    return bytes;
  }

  /** @throws DeptError `ERR_DEPT_USE_AFTER_FREE` when it was freed */
  write(offset: number, bytes: Uint8Array): void {
    this.memory.check('a write of the page');
    this.#eachFrame(offset, bytes.length, (frame, at, done, count) => {
      const held = this.#contents.get(frame) ?? new Uint8Array(PAGE_SIZE);
      held.set(bytes.subarray(done, done + count), at);
      this.#contents.set(frame, held);
    });
  }

  /** `clear_page` of all its frames. */
  clear(): void {
    for (let frame = this.pfn; frame < this.pfn + this.count; frame++) this.#contents.delete(frame);
  }

  #eachFrame(
    offset: number,
    length: number,
    visit: (frame: number, at: number, done: number, count: number) => void,
  ): void {
    for (let done = 0; done < length; ) {
      const at = (offset + done) % PAGE_SIZE;
      const count = Math.min(PAGE_SIZE - at, length - done);
      visit(this.pfn + Math.floor((offset + done) / PAGE_SIZE), at, done, count);
      done += count;
    }
  }
}
