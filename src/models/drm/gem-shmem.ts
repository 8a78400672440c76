import type { DmaBufAttachment } from '../dma-buf/dma-buf-attachment.ts';
import type { IosysMap, SgTable } from '../dma-buf/dma-buf-ops.ts';
import { Lifetime } from '../lifetime.ts';
import { perWorld } from '../per-world.ts';
import { bug } from '../warn.ts';
import type { DrmDevice } from './drm-device.ts';
import { DrmGemObject, type DrmGemObjectFuncs } from './gem-object.ts';
import { primeGemDestroy } from './prime-import.ts';

/** Where the next buffer lies. */
const space: () => { next: number } = perWorld(() => ({ next: 0x1_0000_0000 }));

/**
 * `struct drm_gem_shmem_object` (drivers/gpu/drm/drm_gem_shmem_helper.c): an object of ordinary memory, or of a foreign
 * buffer that was imported.
 */
export class DrmGemShmemObject extends DrmGemObject {
  /** The imported table, with the attachment it came from. */
  sgt: SgTable | null = null;
  /** The memory; that of the exporter where it is imported. Made at first need. */
  #pages: SgTable | null = null;
  #bytes: Uint8Array | null = null;

  constructor(dev: DrmDevice, size: number, funcs: DrmGemObjectFuncs = GEM_SHMEM_FUNCS) {
    super(dev, size, funcs);
  }

  /** `drm_gem_shmem_get_sg_table` */
  getSgTable(): SgTable {
    if (this.sgt !== null) return this.sgt;
    if (this.#pages === null) {
      const address = space().next;
      space().next += this.size;
      const memory = new Lifetime(`pages of ${this.label}`);
      this.#pages = { ranges: [{ address, length: this.size }], memory };
    }
    return this.#pages;
  }

  /** `drm_gem_shmem_vmap`: its bytes, all zero at first. */
  vmap(): IosysMap {
    const { memory } = this.getSgTable();
    const bytes = this.#bytes ?? new Uint8Array(this.size);
    this.#bytes = bytes;
    return {
      read: (offset, length) => {
        memory.check('a read of the vmap');
        return bytes.slice(offset, offset + length);
      },
      write: (offset, written) => {
        memory.check('a write of the vmap');
        bytes.set(written, offset);
      },
    };
  }

  /** `drm_gem_shmem_free` */
  async free(): Promise<void> {
    await primeGemDestroy(this, this.sgt);
    this.#pages?.memory.free('drm_gem_shmem_put_pages');
    await this.release();
    this.kfree();
  }
}

function shmem(object: DrmGemObject): DrmGemShmemObject {
  return object instanceof DrmGemShmemObject ? object : bug(`${object.label} is no drm_gem_shmem_object`);
}

/** `drm_gem_shmem_funcs` */
export const GEM_SHMEM_FUNCS: DrmGemObjectFuncs = Object.freeze({
  free: (object: DrmGemObject) => shmem(object).free(),
  getSgTable: (object: DrmGemObject) => shmem(object).getSgTable(),
  vmap: (object: DrmGemObject) => shmem(object).vmap(),
});

/** `drm_gem_shmem_prime_import_sg_table`: an object for a foreign buffer. */
export function gemShmemPrimeImportSgTable(
  dev: DrmDevice,
  attachment: DmaBufAttachment,
  table: SgTable,
  funcs: DrmGemObjectFuncs = GEM_SHMEM_FUNCS,
): DrmGemShmemObject {
  const object = new DrmGemShmemObject(dev, attachment.dmabuf.size, funcs);
  object.sgt = table;
  return object;
}
