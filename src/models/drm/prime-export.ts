import { ENOSYS, EOPNOTSUPP } from '../../sync/errno.ts';
import { DmaBuf } from '../dma-buf/dma-buf.ts';
import type { DmaBufAttachment } from '../dma-buf/dma-buf-attachment.ts';
import type { DmaBufExportInfo, DmaBufOps, IosysMap, SgTable } from '../dma-buf/dma-buf-ops.ts';
import { warnOn } from '../warn.ts';
import type { DrmDevice } from './drm-device.ts';
import { DrmGemObject } from './gem-object.ts';

/** The object behind a dma-buf with these ops. */
function objectOf(dmaBuf: DmaBuf): DrmGemObject {
  return dmaBuf.priv as DrmGemObject;
}

/** `drm_gem_prime_dmabuf_ops` (drivers/gpu/drm/drm_prime.c): the funcs of an object as those of its dma-buf. */
export const GEM_PRIME_DMABUF_OPS: DmaBufOps = Object.freeze({
  /** `drm_gem_map_attach`. @returns 0; -ENOSYS for a driver without `getSgTable`; what `pin` answers */
  attach: async (dmaBuf: DmaBuf): Promise<number> => {
    const object = objectOf(dmaBuf);
    const { getSgTable, pin } = object.funcs;
    if (getSgTable === undefined) return -ENOSYS;
    if (pin === undefined) return 0;
    await object.resv.lock();
    const result = await pin(object);
    object.resv.unlock();
    return result;
  },
  /** `drm_gem_map_detach` */
  detach: async (dmaBuf: DmaBuf): Promise<void> => {
    const object = objectOf(dmaBuf);
    if (object.funcs.unpin === undefined) return;
    await object.resv.lock();
    await object.funcs.unpin(object);
    object.resv.unlock();
  },
  /** `drm_gem_map_dma_buf`. @returns the table, or what `getSgTable` answers */
  mapDmaBuf: async (attachment: DmaBufAttachment): Promise<SgTable | number> => {
    const object = objectOf(attachment.dmabuf);
    object.memory.check('drm_gem_map_dma_buf');
    const { getSgTable } = object.funcs;
    if (warnOn(getSgTable === undefined, 'drm_gem_map_dma_buf without get_sg_table')) return -ENOSYS;
    return (await getSgTable?.(object)) ?? -ENOSYS;
  },
  /** `drm_gem_unmap_dma_buf` */
  unmapDmaBuf: (): void => undefined,
  /** `drm_gem_dmabuf_release`: the references that the export took. */
  release: async (dmaBuf: DmaBuf): Promise<void> => {
    const object = objectOf(dmaBuf);
    const { dev } = object;
    await object.put();
    dev.put();
  },
  /** `drm_gem_dmabuf_vmap`. @returns the mapping; -EOPNOTSUPP for a driver without it */
  vmap: async (dmaBuf: DmaBuf): Promise<IosysMap | number> => {
    const object = objectOf(dmaBuf);
    return (await object.funcs.vmap?.(object)) ?? -EOPNOTSUPP;
  },
  /** `drm_gem_dmabuf_vunmap` */
  vunmap: async (dmaBuf: DmaBuf, map: IosysMap): Promise<void> => {
    const object = objectOf(dmaBuf);
    await object.funcs.vunmap?.(object, map);
  },
});

/** `drm_gem_is_prime_exported_dma_buf`: the buffer is one of this device's own objects. */
export function isPrimeExported(dev: DrmDevice, dmaBuf: DmaBuf): boolean {
  return dmaBuf.ops === GEM_PRIME_DMABUF_OPS && dmaBuf.priv instanceof DrmGemObject && dmaBuf.priv.dev === dev;
}

/**
 * `drm_gem_dmabuf_export`: a dma-buf that holds its object and the device. @returns it, with the caller's reference, or what
 * `DmaBuf.export` answers
 */
export async function gemDmabufExport(
  info: DmaBufExportInfo & { readonly priv: DrmGemObject },
): Promise<DmaBuf | number> {
  const dmaBuf = await DmaBuf.export(info);
  if (typeof dmaBuf === 'number') return dmaBuf;
  info.priv.dev.get();
  info.priv.get();
  return dmaBuf;
}

/** `drm_gem_prime_export`: how an object is exported where its driver has no `export` func. @returns as `gemDmabufExport` */
export function gemPrimeExport(object: DrmGemObject, flags: number): Promise<DmaBuf | number> {
  const { dev, size, resv } = object;
  const { module, driver } = dev;
  return gemDmabufExport({
    expName: driver.name,
    owner: module,
    ops: GEM_PRIME_DMABUF_OPS,
    size,
    flags,
    priv: object,
    resv,
  });
}
