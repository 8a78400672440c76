import { EINVAL, ENOENT } from '../../sync/errno.ts';
import { type DmaBuf, dmaBufGet } from '../dma-buf/dma-buf.ts';
import { O_CLOEXEC, O_RDWR } from '../fs/open-flags.ts';
import { current } from '../process.ts';
import { raceWindow } from '../race-window.ts';
import { warnOn } from '../warn.ts';
import type { DrmFile } from './drm-file.ts';
import { gemHandleCreateTail, gemHandleDelete } from './gem-handle.ts';
import type { DrmGemObject } from './gem-object.ts';
import { gemPrimeExport } from './prime-export.ts';
import { gemPrimeImport } from './prime-import.ts';

/*
handle --- handle_to_fd ---> fd                            fd --- fd_to_handle ---> handle
  |                           |                             |                         |
object <=== dma_buf === o.dma_buf          own object: o again, no import             |
  the two keep each other, until           other's: attach, map, new object --------->+
  the last handle of o is closed             (o.import_attach, o.dma_buf)

prime.lock -> object_name_lock -> table_lock; what a file has seen once it knows again, in both directions
*/

/**
 * `drm_prime_handle_to_fd_ioctl`. @returns a descriptor of the current process; -EINVAL for other flags than DRM_CLOEXEC and
 * DRM_RDWR; -EMFILE; or as `primeHandleToDmabuf`
 */
export async function primeHandleToFd(file: DrmFile, handle: number, flags: number = O_CLOEXEC): Promise<number> {
  if ((flags & ~(O_CLOEXEC | O_RDWR)) !== 0) return -EINVAL;
  const { files } = current();
  const fd = files.getUnusedFd();
  if (fd < 0) return fd;
  const dmaBuf = await primeHandleToDmabuf(file, handle, flags);
  if (typeof dmaBuf === 'number') {
    files.putUnusedFd(fd);
    return dmaBuf;
  }
  files.install(fd, dmaBuf.file);
  return fd;
}

/**
 * `drm_gem_prime_handle_to_dmabuf`: the dma-buf of an object, the same one as long as the object has a handle.
 *
 * @returns it, with a reference; -ENOENT for what is no handle, or was the last one and is being closed; -ENOMEM; what the
 *   export answers
 */
export async function primeHandleToDmabuf(file: DrmFile, handle: number, flags: number): Promise<DmaBuf | number> {
  await file.prime.lock.lock();
  await raceWindow('prime.lock is taken');
  const object = await file.lookup(handle);
  const dmaBuf = object === null ? -ENOENT : await dmabufOf(file, object, handle, flags);
  await object?.put();
  file.prime.lock.unlock();
  return dmaBuf;
}

/** The dma-buf that the file knows, that the object has, or a new one; `prime.lock` is held. */
async function dmabufOf(file: DrmFile, object: DrmGemObject, handle: number, flags: number): Promise<DmaBuf | number> {
  const known = file.prime.bufferOf(handle);
  if (known !== null) return known.get();
  const { objectNameLock } = file.dev;
  await objectNameLock.lock();
  const dmaBuf = object.dmaBuf?.get() ?? (await exportAndRegister(object, flags));
  if (typeof dmaBuf === 'number') {
    objectNameLock.unlock();
    return dmaBuf;
  }
  // Under object_name_lock, so that a close that comes meanwhile forgets it again.
  const added = file.prime.add(dmaBuf, handle);
  objectNameLock.unlock();
  if (added === 0) return dmaBuf;
  await dmaBuf.put();
  return added;
}

/** `export_and_register_object`; `object_name_lock` is held. */
async function exportAndRegister(object: DrmGemObject, flags: number): Promise<DmaBuf | number> {
  // The last close has been here, and nobody would put the dma-buf.
  if (object.handleCount === 0) return -ENOENT;
  const dmaBuf = await (object.funcs.export ?? gemPrimeExport)(object, flags);
  if (typeof dmaBuf === 'number') return dmaBuf;
  object.dmaBuf = dmaBuf.get();
  return dmaBuf;
}

/**
 * `drm_gem_prime_fd_to_handle`: the handle of the file for what the descriptor of the current process stands for, the same one
 * as long as the file has it.
 *
 * @returns the handle; -EBADF; -EINVAL for what is no dma-buf, and for a driver that cannot import; what attach, map and
 *   the driver answer; as `gemHandleCreateTail`
 */
export async function primeFdToHandle(file: DrmFile, fd: number): Promise<number> {
  const dmaBuf = await dmaBufGet(fd);
  if (typeof dmaBuf === 'number') return dmaBuf;
  const { prime } = file;
  await prime.lock.lock();
  await raceWindow('prime.lock is taken');
  const known = prime.handleOf(dmaBuf);
  const handle = known === -ENOENT ? await importHandle(file, dmaBuf) : known;
  const isNew = known === -ENOENT && handle > 0;
  const added = isNew ? prime.add(dmaBuf, handle) : 0;
  prime.lock.unlock();
  // The free func detaches.
  if (added < 0) await gemHandleDelete(file, handle);
  await dmaBuf.put();
  return added < 0 ? added : handle;
}

/** A handle for a buffer that the file has never seen; `prime.lock` is held. */
async function importHandle(file: DrmFile, dmaBuf: DmaBuf): Promise<number> {
  const { dev } = file;
  await dev.objectNameLock.lock();
  const object = await (dev.driver.gemPrimeImport ?? gemPrimeImport)(dev, dmaBuf);
  if (typeof object === 'number') {
    dev.objectNameLock.unlock();
    return object;
  }
  const before = object.dmaBuf;
  warnOn(before !== null && before !== dmaBuf, `drm_gem_prime_fd_to_handle: ${object.label} has another dma-buf`);
  object.dmaBuf ??= dmaBuf.get();
  const handle = await gemHandleCreateTail(file, object);
  await object.put();
  return handle;
}
