import { KernelMutex } from '../../sync/kernel-mutex.ts';
import { Kref } from '../../sync/kref.ts';
import type { DmaBuf } from '../dma-buf/dma-buf.ts';
import type { DmaBufAttachment } from '../dma-buf/dma-buf-attachment.ts';
import type { SgTable } from '../dma-buf/dma-buf-ops.ts';
import { DmaDevice } from '../dma-device.ts';
import { Idr } from '../idr.ts';
import { Lifetime } from '../lifetime.ts';
import { KernelModule } from '../module.ts';
import { warnOn } from '../warn.ts';
import { type DrmGemFixes, drmGemFixes } from './gem-fixes.ts';
import type { DrmGemObject } from './gem-object.ts';
import { DrmVmaOffsetManager } from './gem-vma.ts';

/** `enum drm_driver_feature`, as far as models look at it. */
export type DrmDriverFeature = 'DRIVER_GEM' | 'DRIVER_MODESET' | 'DRIVER_RENDER';

/** `struct drm_driver` (include/drm/drm_drv.h). */
export interface DrmDriver {
  readonly name: string;
  readonly features: readonly DrmDriverFeature[];
  /** The driver's own import; `gemPrimeImport` if not given. @returns an object with a reference, or a negative errno */
  readonly gemPrimeImport?: (dev: DrmDevice, dmaBuf: DmaBuf) => Promise<DrmGemObject | number> | DrmGemObject | number;
  /** An object for a foreign buffer that is mapped already. Without it a driver cannot import. */
  readonly gemPrimeImportSgTable?: (
    dev: DrmDevice,
    attachment: DmaBufAttachment,
    table: SgTable,
  ) => Promise<DrmGemObject | number> | DrmGemObject | number;
}

export interface DrmDeviceOptions {
  /** The module of the driver (`fops->owner`); one of the driver's name if not given. */
  readonly module?: KernelModule;
  /** What its buffers are mapped for (`dev->dev`); one of the driver's name if not given. */
  readonly dma?: DmaDevice;
  readonly fixes?: Partial<DrmGemFixes>;
}

/** `struct drm_device` (include/drm/drm_device.h): what GEM keeps once for a device. */
export class DrmDevice {
  readonly driver: DrmDriver;
  readonly module: KernelModule;
  readonly dma: DmaDevice;
  readonly fixes: DrmGemFixes;
  readonly memory: Lifetime;
  /** flink names, from 1. */
  readonly objectNameIdr: Idr<DrmGemObject> = new Idr(1);
  readonly vmaOffsetManager: DrmVmaOffsetManager = new DrmVmaOffsetManager();
  readonly #objectNameLock: KernelMutex = new KernelMutex({ name: 'object_name_lock' });
  readonly #refcount: Kref;
  readonly #objects = new Set<DrmGemObject>();

  /** `drm_dev_alloc` and `drm_gem_init`. The reference is the driver's. */
  constructor(driver: DrmDriver, options: DrmDeviceOptions = {}) {
    this.driver = driver;
    this.module = options.module ?? new KernelModule(driver.name);
    this.dma = options.dma ?? new DmaDevice(driver.name);
    this.fixes = drmGemFixes(options.fixes);
    this.memory = new Lifetime(`drm_device ${driver.name}`);
    this.#refcount = new Kref(() => undefined, { name: 'drm_device' });
  }

  /** Protects handle counts, flink names and the dma-bufs of objects. Taken after `prime.lock`, before `table_lock`. */
  get objectNameLock(): KernelMutex {
    this.memory.check('a read of object_name_lock');
    return this.#objectNameLock;
  }

  /** `drm_core_check_feature` */
  has(feature: DrmDriverFeature): boolean {
    return this.driver.features.includes(feature);
  }

  /** Objects whose memory was not freed: those that are left when everything is closed have leaked. */
  get objects(): number {
    return this.#objects.size;
  }

  /** References: the driver's, one of each open file and of each exported buffer. */
  get references(): number {
    return this.#refcount.count;
  }

  /** `drm_dev_get` */
  get(): this {
    this.memory.check('drm_dev_get');
    this.#refcount.get();
    return this;
  }

  /** `drm_dev_put`. @throws DeptError `ERR_DEPT_USE_AFTER_FREE` after the last one was put */
  put(): void {
    this.memory.check('drm_dev_put');
    if (this.#refcount.put()) this.memory.free('drm_dev_release');
  }

  /**
   * `rmmod` of the driver: the device goes with its module. Objects that are left keep pointers into it; where they have a
   * place in its address space, the kernel WARNs.
   *
   * @returns 0, or -EBUSY while files, or buffers exported by it, hold the module
   */
  unload(): number {
    const result = this.module.unload();
    if (result !== 0) return result;
    warnOn(this.vmaOffsetManager.size > 0, 'drm_mm_takedown: Memory manager not clean during takedown');
    this.put();
    return 0;
  }

  /** An object's memory is allocated. */
  adopt(object: DrmGemObject): void {
    this.#objects.add(object);
  }

  /** An object's memory is freed. */
  forget(object: DrmGemObject): void {
    this.#objects.delete(object);
  }
}
