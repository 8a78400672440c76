import { ENOMEM } from '../../sync/errno.ts';
import type { DmaDirection } from '../dma-device.ts';
import type { VmArea } from '../fs/vm-area.ts';
import { PAGE_SIZE } from '../mm/page-size.ts';
import { kmalloc } from '../slab.ts';
import type { DmaBuf } from './dma-buf.ts';
import type { DmaBufAttachment } from './dma-buf-attachment.ts';
import type { DmaBufOps, IosysMap, SgTable } from './dma-buf-ops.ts';
import type { DmaHeapAttachment, SystemHeapBuffer } from './system-heap-buffer.ts';

/** `system_heap_buf_ops`. The pages never move, so there is nothing to pin. */
export const SYSTEM_HEAP_BUF_OPS: DmaBufOps = Object.freeze({
  /** `system_heap_attach`. @returns 0 or -ENOMEM */
  attach: async (dmabuf: DmaBuf, attachment: DmaBufAttachment): Promise<number> => {
    if (!kmalloc('system_heap_attach', 'GFP_KERNEL') || !kmalloc('dup_sg_table', 'GFP_KERNEL')) return -ENOMEM;
    const buffer = bufferOf(dmabuf);
    await buffer.lock.lock();
    buffer.attachments.set(attachment, { dev: attachment.dev, ranges: buffer.ranges, mapped: false });
    buffer.lock.unlock();
    return 0;
  },
  /** `system_heap_detach` */
  detach: async (dmabuf: DmaBuf, attachment: DmaBufAttachment): Promise<void> => {
    const buffer = bufferOf(dmabuf);
    await buffer.lock.lock();
    buffer.attachments.delete(attachment);
    buffer.lock.unlock();
  },
  /** `system_heap_map_dma_buf` */
  mapDmaBuf: (attachment: DmaBufAttachment, direction: DmaDirection): SgTable => {
    const { memory } = bufferOf(attachment.dmabuf);
    const { dev, ranges } = mark(attachment, true);
    for (const range of ranges) dev.syncForDevice(range, direction);
    return { ranges, memory };
  },
  /** `system_heap_unmap_dma_buf` */
  unmapDmaBuf: (attachment: DmaBufAttachment, _table: SgTable, direction: DmaDirection): void => {
    const { dev, ranges } = mark(attachment, false);
    for (const range of ranges) dev.syncForCpu(range, direction);
  },
  /** `system_heap_dma_buf_begin_cpu_access`: devices that have it mapped hand it over. */
  beginCpuAccess: (dmabuf: DmaBuf, direction: DmaDirection): Promise<number> =>
    eachMapped(dmabuf, ({ dev, ranges }) => {
      for (const range of ranges) dev.syncForCpu(range, direction);
    }),
  /** `system_heap_dma_buf_end_cpu_access`: they get it back. */
  endCpuAccess: (dmabuf: DmaBuf, direction: DmaDirection): Promise<number> =>
    eachMapped(dmabuf, ({ dev, ranges }) => {
      for (const range of ranges) dev.syncForDevice(range, direction);
    }),
  /** `system_heap_mmap` */
  mmap: (dmabuf: DmaBuf, area: VmArea): number => {
    const buffer = bufferOf(dmabuf);
    const start = area.pgoff * PAGE_SIZE;
    area.remap({
      read: (offset, length) => buffer.read(start + offset, length),
      write: (offset, bytes) => buffer.write(start + offset, bytes),
    });
    return 0;
  },
  /** `system_heap_vmap` */
  vmap: async (dmabuf: DmaBuf): Promise<IosysMap> => {
    const buffer = bufferOf(dmabuf);
    await buffer.lock.lock();
    buffer.vmaps++;
    buffer.lock.unlock();
    return buffer;
  },
  /** `system_heap_vunmap` */
  vunmap: async (dmabuf: DmaBuf): Promise<void> => {
    const buffer = bufferOf(dmabuf);
    await buffer.lock.lock();
    buffer.vmaps--;
    buffer.lock.unlock();
  },
  /** `system_heap_dma_buf_release` */
  release: (dmabuf: DmaBuf): void => bufferOf(dmabuf).free(),
});

function bufferOf(dmabuf: DmaBuf): SystemHeapBuffer {
  return dmabuf.priv as SystemHeapBuffer;
}

/** Notes whether the device has it mapped. */
function mark(attachment: DmaBufAttachment, mapped: boolean): DmaHeapAttachment {
  const own = bufferOf(attachment.dmabuf).attachments.get(attachment) as DmaHeapAttachment;
  own.mapped = mapped;
  return own;
}

async function eachMapped(dmabuf: DmaBuf, visit: (attachment: DmaHeapAttachment) => void): Promise<number> {
  const { lock, attachments } = bufferOf(dmabuf);
  await lock.lock();
  for (const attachment of attachments.values()) if (attachment.mapped) visit(attachment);
  lock.unlock();
  return 0;
}
