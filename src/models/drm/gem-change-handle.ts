import { EINVAL, ENOENT, EOPNOTSUPP } from '../../sync/errno.ts';
import { INT_MAX } from '../idr.ts';
import { raceWindow } from '../race-window.ts';
import { warnOn } from '../warn.ts';
import type { DrmFile } from './drm-file.ts';
import type { DrmGemObject } from './gem-object.ts';

/*
                 object_idr[old]   object_idr[new]                    gem_close(old) meanwhile
                 o                 -
looked up        o                 -          + a reference            finds o: the last handle goes
v0..v2           o                 o                                   finds o: new has no handle count
v3, v4           o                 NULL                                the same
v5               NULL              NULL       whoever was in old       -EINVAL, unless it came before
v6               NULL              NULL       o comes out of old       -EINVAL, or the change -ENOENT
end              -                 o
*/

/**
 * `drm_gem_change_handle_ioctl` (drivers/gpu/drm/drm_gem.c), which CRIU asked for: the object of a handle moves to another
 * number, with what PRIME knows of it. Which version it is is said by the fixes of the device.
 *
 * @returns 0; -EOPNOTSUPP without DRIVER_GEM; -ENOENT for what is no handle; -ENOSPC when the new one is in use; -EINVAL for
 *   a new one above INT_MAX, for 0, and always where the ioctl is disabled; -ENOMEM
 */
export async function gemChangeHandleIoctl(file: DrmFile, handle: number, newHandle: number): Promise<number> {
  const { fixes } = file.dev;
  // drm_invalid_op
  if (fixes.changeHandleDisabled) return -EINVAL;
  if (!file.dev.has('DRIVER_GEM')) return -EOPNOTSUPP;
  if (fixes.changeHandleRange && newHandle > INT_MAX) return -EINVAL;
  if (fixes.changeHandleNotZero && newHandle === 0) return -EINVAL;
  if (!fixes.changeHandleTwoStage) return changeLookedUp(file, handle, newHandle);
  if (handle === newHandle) return 0;
  await file.prime.lock.lock();
  await raceWindow('prime.lock is taken');
  const result = await changeTwoStage(file, handle, newHandle);
  file.prime.lock.unlock();
  return result;
}

/** 1a4f03d22fb6: whoever exchanges the old slot with NULL has the object; `prime.lock` is held. */
async function changeTwoStage(file: DrmFile, handle: number, newHandle: number): Promise<number> {
  const { objectIdr, tableLock, prime } = file;
  await tableLock.lock();
  const allocated = objectIdr.alloc(null, newHandle, newHandle + 1);
  if (allocated < 0) {
    tableLock.unlock();
    return allocated;
  }
  const object = objectIdr.replace(null, handle);
  if (object === null || typeof object === 'number') {
    objectIdr.remove(newHandle);
    tableLock.unlock();
    return -ENOENT;
  }
  tableLock.unlock();
  await raceWindow('NULL is in both slots');
  if (object.dmaBuf !== null) {
    const added = prime.add(object.dmaBuf, newHandle);
    if (added < 0) {
      await tableLock.lock();
      objectIdr.remove(newHandle);
      objectIdr.replace(object, handle);
      tableLock.unlock();
      return added;
    }
    await prime.remove(handle);
  }
  await raceWindow('PRIME knows the new handle');
  await tableLock.lock();
  objectIdr.remove(handle);
  const before = objectIdr.replace(object, newHandle);
  tableLock.unlock();
  warnOn(before !== null, `drm_gem_change_handle_ioctl: handle ${newHandle} has something else`);
  return 0;
}

/** As released with 6.18, with what was mended in it later: a reference is looked up, and the object moves after that. */
async function changeLookedUp(file: DrmFile, handle: number, newHandle: number): Promise<number> {
  const { fixes } = file.dev;
  const object = await file.lookup(handle);
  if (object === null) return -ENOENT;
  let result = 0;
  if (handle !== newHandle) {
    await file.prime.lock.lock();
    await raceWindow('prime.lock is taken');
    result = await move(file, object, handle, newHandle);
    file.prime.lock.unlock();
    await raceWindow('prime.lock is released');
  }
  if (fixes.changeHandlePut) await object.put();
  return result;
}

/** Between the locks of v0 to v5; `prime.lock` is held. */
async function move(file: DrmFile, object: DrmGemObject, handle: number, newHandle: number): Promise<number> {
  const { objectIdr, tableLock, prime } = file;
  const { changeHandleNullsNew, changeHandleInstalls, changeHandleNullsOld } = file.dev.fixes;
  await tableLock.lock();
  const allocated = objectIdr.alloc(object, newHandle, newHandle + 1);
  if (allocated < 0) {
    tableLock.unlock();
    return allocated;
  }
  if (changeHandleNullsNew) objectIdr.replace(null, newHandle);
  if (changeHandleNullsOld) objectIdr.replace(null, handle);
  tableLock.unlock();
  await raceWindow('both slots are taken');
  if (object.dmaBuf !== null) {
    const added = prime.add(object.dmaBuf, newHandle);
    if (added < 0) {
      await tableLock.lock();
      objectIdr.remove(newHandle);
      if (changeHandleNullsOld) objectIdr.replace(object, handle);
      // The slot is gone already.
      const before = changeHandleNullsNew && !changeHandleInstalls ? objectIdr.replace(object, newHandle) : null;
      tableLock.unlock();
      warnOn(before !== null, `drm_gem_change_handle_ioctl: handle ${newHandle} is not there`);
      return added;
    }
    await prime.remove(handle);
  }
  await raceWindow('PRIME knows the new handle');
  await tableLock.lock();
  objectIdr.remove(handle);
  const before = changeHandleInstalls ? objectIdr.replace(object, newHandle) : null;
  tableLock.unlock();
  warnOn(before !== null, `drm_gem_change_handle_ioctl: handle ${newHandle} has something else`);
  return 0;
}
