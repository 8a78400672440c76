import { Lifetime } from '../lifetime.ts';
import { PAGE_SIZE } from '../mm/page-size.ts';
import { bug } from '../warn.ts';
import type { KernelFile } from './file.ts';

/** What a mapping shows, byte by byte; offsets count from the begin of the area. */
export interface MappedMemory {
  read(offset: number, length: number): Uint8Array;
  write(offset: number, bytes: Uint8Array): void;
}

/** `struct vm_area_struct`: pages of a file in an address space. It holds a reference to the file until `munmap`. */
export class VmArea {
  readonly file: KernelFile;
  /** First page of the file (`vm_pgoff`). */
  readonly pgoff: number;
  /** `vma_pages` */
  readonly pages: number;
  readonly #memory: Lifetime;
  #mapped: MappedMemory | null = null;

  /** Takes over a reference to `file`. */
  constructor(file: KernelFile, pgoff: number, pages: number) {
    this.file = file;
    this.pgoff = pgoff;
    this.pages = pages;
    this.#memory = new Lifetime(`mapping of ${file.name}`);
  }

  /** The driver's `mmap` op says what is mapped (`remap_pfn_range`). */
  remap(mapped: MappedMemory): void {
    this.#mapped = mapped;
  }

  /** Userspace reads. @throws DeptError `ERR_DEPT_USE_AFTER_FREE` after `munmap`, `ERR_DEPT_BUG` outside of the area */
  read(offset: number, length: number): Uint8Array {
    return this.#access('a read', offset, length).read(offset, length);
  }

  /** Userspace writes. @throws DeptError as `read` */
  write(offset: number, bytes: Uint8Array): void {
    this.#access('a write', offset, bytes.length).write(offset, bytes);
  }

  /** `munmap`: the reference to the file goes. */
  async munmap(): Promise<void> {
    this.#memory.free('munmap');
    this.#mapped = null;
    await this.file.put();
  }

  #access(what: string, offset: number, length: number): MappedMemory {
    this.#memory.check(`${what} of userspace`);
    const isInside = offset >= 0 && length >= 0 && offset + length <= this.pages * PAGE_SIZE;
    if (this.#mapped === null || !isInside)
      bug(`SIGSEGV: ${what} of ${length} bytes at ${offset} of ${this.file.name}`);
    return this.#mapped;
  }
}
