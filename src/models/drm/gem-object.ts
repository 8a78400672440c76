import { Kref } from '../../sync/kref.ts';
import type { DmaBuf } from '../dma-buf/dma-buf.ts';
import type { DmaBufAttachment } from '../dma-buf/dma-buf-attachment.ts';
import type { IosysMap, SgTable } from '../dma-buf/dma-buf-ops.ts';
import { DmaResv } from '../dma-buf/resv.ts';
import { Lifetime } from '../lifetime.ts';
import { PAGE_SIZE } from '../mm/page-size.ts';
import { perWorld } from '../per-world.ts';
import { bugOn, warnOn } from '../warn.ts';
import type { DrmDevice } from './drm-device.ts';
import type { DrmFile } from './drm-file.ts';
import { DrmVmaOffsetNode } from './gem-vma.ts';

/** `struct drm_gem_object_funcs` (include/drm/drm_gem.h); tables of the driver. */
export interface DrmGemObjectFuncs {
  /** The last reference was put. Has to call `release` and then `kfree`. */
  readonly free: (object: DrmGemObject) => Promise<void> | void;
  /** A file gets a handle. @returns 0, or a negative errno, with which the handle is not made */
  readonly open?: (object: DrmGemObject, file: DrmFile) => Promise<number> | number;
  /** A file's handle goes. */
  readonly close?: (object: DrmGemObject, file: DrmFile) => Promise<void> | void;
  /** The driver's own dma-buf; `gemPrimeExport` if not given. @returns it, or a negative errno */
  readonly export?: (object: DrmGemObject, flags: number) => Promise<DmaBuf | number> | DmaBuf | number;
  /** Keeps it where it is; the reservation is locked. @returns 0 or a negative errno */
  readonly pin?: (object: DrmGemObject) => Promise<number> | number;
  readonly unpin?: (object: DrmGemObject) => Promise<void> | void;
  /** Where it lies for a device. Without it nobody can attach to what is exported. @returns the table, or a negative errno */
  readonly getSgTable?: (object: DrmGemObject) => Promise<SgTable | number> | SgTable | number;
  readonly vmap?: (object: DrmGemObject) => Promise<IosysMap | number> | IosysMap | number;
  readonly vunmap?: (object: DrmGemObject, map: IosysMap) => Promise<void> | void;
}

const serial: () => { next: number } = perWorld(() => ({ next: 1 }));

/**
 * `struct drm_gem_object` (include/drm/drm_gem.h, drivers/gpu/drm/drm_gem.c): a buffer of a driver. `refcount` keeps its
 * memory. `handleCount` counts what user space holds; all handles together own one reference, from the first to the last.
 */
export class DrmGemObject {
  readonly dev: DrmDevice;
  readonly funcs: DrmGemObjectFuncs;
  /** Bytes, whole pages. */
  readonly size: number;
  readonly memory: Lifetime;
  readonly label: string;
  /** Its own; an imported object has the one of its dma-buf. */
  resv: DmaResv;
  /** Where it was imported from. This, and not `dmaBuf`, says that it was (`drm_gem_is_imported`). */
  importAttach: DmaBufAttachment | null = null;
  readonly vmaNode: DrmVmaOffsetNode = new DrmVmaOffsetNode();
  readonly #ownResv: DmaResv;
  #handleCount = 0;
  #name = 0;
  #dmaBuf: DmaBuf | null = null;
  readonly #refcount: Kref;

  /** `drm_gem_private_object_init`. The reference is the caller's. @throws DeptError `ERR_DEPT_BUG` for a size of broken pages */
  constructor(dev: DrmDevice, size: number, funcs: DrmGemObjectFuncs) {
    bugOn(size % PAGE_SIZE !== 0, `drm_gem_private_object_init: size ${size} is no multiple of ${PAGE_SIZE}`);
    this.dev = dev;
    this.size = size;
    this.funcs = funcs;
    this.label = `${dev.driver.name} object ${serial().next++}`;
    this.memory = new Lifetime(`drm_gem_object ${this.label}`);
    this.#ownResv = new DmaResv({ label: `resv of ${this.label}` });
    this.resv = this.#ownResv;
    this.#refcount = new Kref(() => undefined, { name: 'drm_gem_object' });
    dev.adopt(this);
  }

  /** `kref_read` */
  get refcount(): number {
    return this.#refcount.count;
  }

  /** Handles, and planes of framebuffers; under `object_name_lock`. */
  get handleCount(): number {
    this.memory.check('a read of handle_count');
    return this.#handleCount;
  }

  set handleCount(count: number) {
    this.memory.check('a write of handle_count');
    this.#handleCount = count;
  }

  /** The flink name; 0 without one. Under `object_name_lock`. */
  get name(): number {
    this.memory.check('a read of name');
    return this.#name;
  }

  set name(name: number) {
    this.memory.check('a write of name');
    this.#name = name;
  }

  /** The dma-buf it was exported as, or imported from, with a reference; null without handles. Under `object_name_lock`. */
  get dmaBuf(): DmaBuf | null {
    this.memory.check('a read of dma_buf');
    return this.#dmaBuf;
  }

  set dmaBuf(dmaBuf: DmaBuf | null) {
    this.memory.check('a write of dma_buf');
    this.#dmaBuf = dmaBuf;
  }

  /** `drm_gem_object_get`: the caller has a reference, or a lock under which somebody has. */
  get(): this {
    this.memory.check('drm_gem_object_get');
    this.#refcount.get();
    return this;
  }

  /** `kref_get_unless_zero`, for who found it without a reference. @returns null when the last one was put */
  getUnlessZero(): this | null {
    this.memory.check('kref_get_unless_zero');
    return this.#refcount.getUnlessZero() ? this : null;
  }

  /** `drm_gem_object_put`. @throws DeptError `ERR_DEPT_USE_AFTER_FREE` after the last one was put */
  async put(): Promise<void> {
    this.memory.check('drm_gem_object_put');
    if (!this.#refcount.put()) return;
    const { free } = this.funcs;
    if (warnOn(typeof free !== 'function', `drm_gem_object_free(${this.label}) without funcs.free`)) return;
    await free(this);
  }

  /** `drm_gem_object_release`: GEM lets go of it. Part of every `free` func. */
  async release(): Promise<void> {
    warnOn(this.dmaBuf !== null, `drm_gem_private_object_fini(${this.label}) with a dma-buf`);
    await this.#ownResv.fini();
    // drm_gem_free_mmap_offset
    this.dev.vmaOffsetManager.remove(this);
  }

  /** `kfree`: the memory goes. Ends every `free` func. */
  kfree(): void {
    this.memory.free('drm_gem_object_free');
    this.dev.forget(this);
  }
}
