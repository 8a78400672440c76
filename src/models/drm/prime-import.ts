import { EINVAL } from '../../sync/errno.ts';
import type { DmaBuf } from '../dma-buf/dma-buf.ts';
import type { SgTable } from '../dma-buf/dma-buf-ops.ts';
import type { DmaDevice } from '../dma-device.ts';
import type { DrmDevice } from './drm-device.ts';
import type { DrmGemObject } from './gem-object.ts';
import { isPrimeExported } from './prime-export.ts';

/** `drm_gem_prime_import`: for the device itself. @returns as `gemPrimeImportDev` */
export function gemPrimeImport(dev: DrmDevice, dmaBuf: DmaBuf): Promise<DrmGemObject | number> {
  return gemPrimeImportDev(dev, dmaBuf, dev.dma);
}

/**
 * `drm_gem_prime_import_dev` (drivers/gpu/drm/drm_prime.c): the object that was exported, where it is one of this device.
 * Any other buffer is attached to and mapped, statically, and the driver makes an object for it.
 *
 * @returns the object, with a reference; -EINVAL for a driver that cannot import; what attach, map or the driver answer
 */
export async function gemPrimeImportDev(
  dev: DrmDevice,
  dmaBuf: DmaBuf,
  attachDev: DmaDevice,
): Promise<DrmGemObject | number> {
  // A reference to the object, and none to the file: it is no import.
  if (isPrimeExported(dev, dmaBuf)) return (dmaBuf.priv as DrmGemObject).get();
  const { gemPrimeImportSgTable } = dev.driver;
  if (gemPrimeImportSgTable === undefined) return -EINVAL;
  const attachment = await dmaBuf.attach(attachDev);
  if (typeof attachment === 'number') return attachment;
  dmaBuf.get();
  const table = await attachment.mapUnlocked('bidirectional');
  let object: DrmGemObject | number = -EINVAL;
  if (typeof table === 'number') object = table;
  else {
    object = await gemPrimeImportSgTable(dev, attachment, table);
    if (typeof object === 'number') await attachment.unmapUnlocked(table);
  }
  if (typeof object === 'number') {
    await attachment.detach();
    await dmaBuf.put();
    return object;
  }
  object.importAttach = attachment;
  object.resv = dmaBuf.resv;
  return object;
}

/** `drm_prime_gem_destroy`: what the import took is given back. Part of the `free` func of an imported object. */
export async function primeGemDestroy(object: DrmGemObject, table: SgTable | null): Promise<void> {
  const attachment = object.importAttach;
  if (attachment === null) return;
  if (table !== null) await attachment.unmapUnlocked(table);
  const { dmabuf } = attachment;
  await attachment.detach();
  await dmabuf.put();
}
