import { ENODEV } from '../../sync/errno.ts';
import { SpinLock } from '../../sync/spinlock.ts';
import { Idr } from '../idr.ts';
import { Lifetime } from '../lifetime.ts';
import { raceWindow } from '../race-window.ts';
import type { DrmDevice } from './drm-device.ts';
import type { DrmGemObject } from './gem-object.ts';
import { DrmPrimeFilePrivate } from './prime-file.ts';

/** `struct drm_file` (include/drm/drm_file.h): an open file of a device, with its handles. */
export class DrmFile {
  readonly dev: DrmDevice;
  /** Freed by `drmRelease`. */
  readonly memory: Lifetime = new Lifetime('drm_file');
  readonly tableLock: SpinLock = new SpinLock({ name: 'table_lock' });
  readonly #objectIdr = new Idr<DrmGemObject>(1);
  readonly #prime: DrmPrimeFilePrivate;

  private constructor(dev: DrmDevice) {
    this.dev = dev;
    this.#prime = new DrmPrimeFilePrivate(dev.fixes.primeRemoveCallerLocks);
  }

  /** `drm_open`. @returns the file, or -ENODEV when the driver's module is going */
  static open(dev: DrmDevice): DrmFile | number {
    if (!dev.module.tryGet()) return -ENODEV;
    dev.get();
    return new DrmFile(dev);
  }

  /** Handles, from 1; under `tableLock`. */
  get objectIdr(): Idr<DrmGemObject> {
    this.memory.check('a read of object_idr');
    return this.#objectIdr;
  }

  get prime(): DrmPrimeFilePrivate {
    this.memory.check('a read of prime');
    return this.#prime;
  }

  /** `drm_gem_object_lookup`. @returns the object, with a reference; null for an id that is none, or not yet */
  async lookup(handle: number): Promise<DrmGemObject | null> {
    await this.tableLock.lock();
    const object = this.objectIdr.find(handle)?.get() ?? null;
    this.tableLock.unlock();
    await raceWindow('a handle is looked up');
    return object;
  }
}
