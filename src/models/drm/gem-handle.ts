import { EINVAL } from '../../sync/errno.ts';
import { mightAlloc } from '../mm/reclaim.ts';
import { raceWindow } from '../race-window.ts';
import { warnOn } from '../warn.ts';
import type { DrmFile } from './drm-file.ts';
import type { DrmGemObject } from './gem-object.ts';

/*
file: handle ---+                          +--- refcount ---> memory
                +---> handle_count --1---> |
file: handle ---+     (one reference       +<-- driver, dma-buf, lookup: one reference each
plane of a fb --+      for all of them)

close: object_idr[h] = NULL -> funcs.close -> prime forgets h -> handle_count-- -> object_idr[h] is free again
*/

/** `drm_gem_object_handle_get`: `object_name_lock` is held. The first one takes the reference of all handles. */
export function gemObjectHandleGet(object: DrmGemObject): void {
  warnOn(!object.dev.objectNameLock.isLocked, 'drm_gem_object_handle_get without object_name_lock');
  if (object.handleCount++ === 0) object.get();
}

/**
 * `drm_gem_object_handle_get_if_exists_unlocked`: a plane of a framebuffer counts as a handle, if there is one at all.
 *
 * @returns false for an object without handles, which gets none
 */
export async function gemObjectHandleGetIfExists(object: DrmGemObject): Promise<boolean> {
  const lock = object.dev.objectNameLock;
  await lock.lock();
  const exists = object.handleCount > 0;
  if (exists) gemObjectHandleGet(object);
  lock.unlock();
  return exists;
}

/**
 * `drm_gem_object_handle_put_unlocked`: the last one takes the flink name and the dma-buf with it, and puts the reference of
 * all handles. WARNs, and does nothing, when there is none.
 */
export async function gemObjectHandlePut(object: DrmGemObject): Promise<void> {
  if (warnOn(object.handleCount === 0, `drm_gem_object_handle_put_unlocked(${object.label}) without a handle`)) return;
  const { objectNameLock, objectNameIdr } = object.dev;
  await raceWindow('the handle count is looked at');
  await objectNameLock.lock();
  const isFinal = --object.handleCount === 0;
  if (isFinal) {
    // drm_gem_object_handle_free
    if (object.name !== 0) objectNameIdr.remove(object.name);
    object.name = 0;
    // drm_gem_object_exported_dma_buf_free: the object and its dma-buf keep each other until here.
    await object.dmaBuf?.put();
    object.dmaBuf = null;
  }
  objectNameLock.unlock();
  await raceWindow('the handle is put');
  if (isFinal) await object.put();
}

/**
 * `drm_gem_handle_create_tail`: `object_name_lock` is held on entry, and not at the end. The id is given out with NULL, and
 * the object comes into it last, so nobody sees a handle that is half made.
 *
 * @returns the handle; -ENOMEM, -ENOSPC, or what the `open` func answers
 */
export async function gemHandleCreateTail(file: DrmFile, object: DrmGemObject): Promise<number> {
  const { dev, funcs } = object;
  gemObjectHandleGet(object);
  // idr_preload
  mightAlloc('GFP_KERNEL');
  await file.tableLock.lock();
  const handle = file.objectIdr.alloc(null, 1);
  file.tableLock.unlock();
  dev.objectNameLock.unlock();
  if (handle < 0) {
    await gemObjectHandlePut(object);
    return handle;
  }
  await raceWindow('the handle is allocated');
  const allowed = object.vmaNode.allow(file);
  const result = allowed === 0 ? ((await funcs.open?.(object, file)) ?? 0) : allowed;
  if (result !== 0) {
    if (allowed === 0) object.vmaNode.revoke(file);
    await file.tableLock.lock();
    file.objectIdr.remove(handle);
    file.tableLock.unlock();
    await gemObjectHandlePut(object);
    return result;
  }
  await file.tableLock.lock();
  const before = file.objectIdr.replace(object, handle);
  file.tableLock.unlock();
  warnOn(before !== null, `drm_gem_handle_create_tail: handle ${handle} was taken by somebody else`);
  return handle;
}

/** `drm_gem_handle_create`: a new handle, also where the file has one for this object. @returns as `gemHandleCreateTail` */
export async function gemHandleCreate(file: DrmFile, object: DrmGemObject): Promise<number> {
  await object.dev.objectNameLock.lock();
  return gemHandleCreateTail(file, object);
}

/** `drm_gem_object_release_handle`: all that follows from a handle, but its id. */
export async function gemObjectReleaseHandle(file: DrmFile, handle: number, object: DrmGemObject): Promise<void> {
  await object.funcs.close?.(object, file);
  await raceWindow('the close func was called');
  await file.prime.removeUnlocked(handle);
  await raceWindow('PRIME forgot the handle');
  object.vmaNode.revoke(file);
  await gemObjectHandlePut(object);
}

/**
 * `drm_gem_handle_delete`. The id is given out again only when everything else is done.
 *
 * @returns 0, or -EINVAL for what is no handle, or is being closed
 */
export async function gemHandleDelete(file: DrmFile, handle: number): Promise<number> {
  await file.tableLock.lock();
  const object = file.objectIdr.replace(null, handle);
  file.tableLock.unlock();
  if (object === null || typeof object === 'number') return -EINVAL;
  await raceWindow('NULL is in the slot');
  await gemObjectReleaseHandle(file, handle, object);
  await file.tableLock.lock();
  file.objectIdr.remove(handle);
  file.tableLock.unlock();
  return 0;
}

/** `drm_release`: the file is closed, with all its handles (`drm_gem_release`). @throws DeptError `ERR_DEPT_USE_AFTER_FREE` when it was */
export async function drmRelease(file: DrmFile): Promise<void> {
  for (const [handle, object] of file.objectIdr.entries()) await gemObjectReleaseHandle(file, handle, object);
  file.objectIdr.destroy();
  file.prime.destroy();
  file.memory.free('drm_file_free');
  const { module } = file.dev;
  file.dev.put();
  module.put();
}
