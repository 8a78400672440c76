import { Kref } from '../../sync/kref.ts';
import { Lifetime } from '../lifetime.ts';
import { perWorld } from '../per-world.ts';
import { bugOn, warnOn } from '../warn.ts';
import type { DrmDevice } from './drm-device.ts';
import type { DrmFile } from './drm-file.ts';
import type { PrimeBuffer } from './prime-file.ts';

const PAGE_SIZE = 4096;

/** `struct drm_gem_object_funcs` (include/drm/drm_gem.h); tables of the driver. */
export interface DrmGemObjectFuncs {
  /** The last reference was put. Has to call `release` and then `kfree`. */
  readonly free: (object: DrmGemObject) => Promise<void> | void;
  /** A file gets a handle. @returns 0, or a negative errno, with which the handle is not made */
  readonly open?: (object: DrmGemObject, file: DrmFile) => Promise<number> | number;
  /** A file's handle goes. */
  readonly close?: (object: DrmGemObject, file: DrmFile) => Promise<void> | void;
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
  #handleCount = 0;
  #name = 0;
  #dmaBuf: PrimeBuffer | null = null;
  readonly #refcount: Kref;

  /** `drm_gem_private_object_init`. The reference is the caller's. @throws DeptError `ERR_DEPT_BUG` for a size of broken pages */
  constructor(dev: DrmDevice, size: number, funcs: DrmGemObjectFuncs) {
    bugOn(size % PAGE_SIZE !== 0, `drm_gem_private_object_init: size ${size} is no multiple of ${PAGE_SIZE}`);
    this.dev = dev;
    this.size = size;
    this.funcs = funcs;
    this.label = `${dev.driver.name} object ${serial().next++}`;
    this.memory = new Lifetime(`drm_gem_object ${this.label}`);
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
  get dmaBuf(): PrimeBuffer | null {
    this.memory.check('a read of dma_buf');
    return this.#dmaBuf;
  }

  set dmaBuf(dmaBuf: PrimeBuffer | null) {
    this.memory.check('a write of dma_buf');
    this.#dmaBuf = dmaBuf;
  }

  /** `drm_gem_object_get`: the caller has a reference, or a lock under which somebody has. */
  get(): this {
    this.memory.check('drm_gem_object_get');
    this.#refcount.get();
    return this;
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
  release(): void {
    warnOn(this.dmaBuf !== null, `drm_gem_object_release(${this.label}) with a dma-buf`);
  }

  /** `kfree`: the memory goes. Ends every `free` func. */
  kfree(): void {
    this.memory.free('drm_gem_object_free');
    this.dev.forget(this);
  }
}
