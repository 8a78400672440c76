import { ENOENT, EOPNOTSUPP } from '../../sync/errno.ts';
import { raceWindow } from '../race-window.ts';
import type { DrmFile } from './drm-file.ts';
import { gemHandleCreateTail, gemHandleDelete } from './gem-handle.ts';

/** `drm_gem_close_ioctl`. @returns 0; -EOPNOTSUPP without DRIVER_GEM; -EINVAL for what is no handle */
export async function gemCloseIoctl(file: DrmFile, handle: number): Promise<number> {
  if (!file.dev.has('DRIVER_GEM')) return -EOPNOTSUPP;
  return gemHandleDelete(file, handle);
}

/**
 * `drm_gem_flink_ioctl`: a name by which other files of the device open the object; the same one each time.
 *
 * @returns the name; -EOPNOTSUPP without DRIVER_GEM; -ENOENT for what is no handle, or was the last one and is being
 *   closed; -ENOMEM, -ENOSPC
 */
export async function gemFlinkIoctl(file: DrmFile, handle: number): Promise<number> {
  const { dev } = file;
  if (!dev.has('DRIVER_GEM')) return -EOPNOTSUPP;
  const object = await file.lookup(handle);
  if (object === null) return -ENOENT;
  await dev.objectNameLock.lock();
  let result = -ENOENT;
  if (object.handleCount > 0) {
    result = object.name === 0 ? dev.objectNameIdr.alloc(object, 1, 0, 'GFP_KERNEL') : object.name;
    if (result > 0) object.name = result;
  }
  dev.objectNameLock.unlock();
  await raceWindow('the name is given');
  await object.put();
  return result;
}

/** What `gemOpenIoctl` answers. */
export interface GemOpen {
  readonly handle: number;
  readonly size: number;
}

/**
 * `drm_gem_open_ioctl`: a new handle for the object of this name, each time.
 *
 * @returns the handle and the size; -EOPNOTSUPP without DRIVER_GEM; -ENOENT for a name nobody has; or as
 *   `gemHandleCreateTail`
 */
export async function gemOpenIoctl(file: DrmFile, name: number): Promise<GemOpen | number> {
  const { dev } = file;
  if (!dev.has('DRIVER_GEM')) return -EOPNOTSUPP;
  await dev.objectNameLock.lock();
  const object = dev.objectNameIdr.find(name)?.get() ?? null;
  if (object === null) {
    dev.objectNameLock.unlock();
    return -ENOENT;
  }
  const { size } = object;
  const handle = await gemHandleCreateTail(file, object);
  await object.put();
  return handle < 0 ? handle : { handle, size };
}
