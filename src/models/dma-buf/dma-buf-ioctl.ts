import { EFAULT, EINVAL, ENOMEM, ENOTTY } from '../../sync/errno.ts';
import type { DmaDirection } from '../dma-device.ts';
import { current } from '../process.ts';
import type { DmaBuf } from './dma-buf.ts';
import type { DmaFence } from './fence.ts';
import { dmaFenceUnwrap } from './fence-unwrap.ts';
import { DmaResvUsageLevel, dmaResvUsageRw } from './resv-usage.ts';
import { dmaFenceGetStub } from './stub-fence.ts';
import { SyncFile, syncFileGetFence } from './sync-file.ts';

/** Flags of the ioctls (include/uapi/linux/dma-buf.h). */
export const DMA_BUF_SYNC_READ: number = 1 << 0;
export const DMA_BUF_SYNC_WRITE: number = 2 << 0;
export const DMA_BUF_SYNC_RW: number = DMA_BUF_SYNC_READ | DMA_BUF_SYNC_WRITE;
/** The access is over; without it, it begins. */
export const DMA_BUF_SYNC_END: number = 1 << 2;

/** `struct dma_buf_sync`, `struct dma_buf_export_sync_file`, `struct dma_buf_import_sync_file`, and the name. */
export interface DmaBufIoctlArgument {
  flags?: number;
  fd?: number;
  name?: string;
}

/** `dma_buf_ioctl`. @returns 0; -EINVAL for flags; -EFAULT for an argument that is none; -ENOTTY for another command */
export async function dmaBufIoctl(dmabuf: DmaBuf, command: string, argument: DmaBufIoctlArgument): Promise<number> {
  switch (command) {
    case 'DMA_BUF_IOCTL_SYNC':
      return await sync(dmabuf, argument.flags);
    case 'DMA_BUF_SET_NAME':
      return argument.name === undefined ? -EFAULT : await dmabuf.setName(argument.name);
    case 'DMA_BUF_IOCTL_EXPORT_SYNC_FILE':
      return await exportSyncFile(dmabuf, argument);
    case 'DMA_BUF_IOCTL_IMPORT_SYNC_FILE':
      return await importSyncFile(dmabuf, argument);
    default:
      return -ENOTTY;
  }
}

const DIRECTIONS: readonly (DmaDirection | null)[] = [null, 'from-device', 'to-device', 'bidirectional'];

async function sync(dmabuf: DmaBuf, flags: number | undefined): Promise<number> {
  if (flags === undefined) return -EFAULT;
  if ((flags & ~(DMA_BUF_SYNC_RW | DMA_BUF_SYNC_END)) !== 0) return -EINVAL;
  const direction = DIRECTIONS[flags & DMA_BUF_SYNC_RW] ?? null;
  if (direction === null) return -EINVAL;
  const isEnd = (flags & DMA_BUF_SYNC_END) !== 0;
  return isEnd ? await dmabuf.endCpuAccess(direction) : await dmabuf.beginCpuAccess(direction);
}

/** `dma_buf_export_sync_file`: a file for what has to be waited for before the access in `flags`. */
async function exportSyncFile(dmabuf: DmaBuf, argument: DmaBufIoctlArgument): Promise<number> {
  const refused = checkAccess(argument.flags);
  if (refused !== 0) return refused;
  const { files } = current();
  const fd = files.getUnusedFd();
  if (fd < 0) return fd;
  const usage = dmaResvUsageRw(((argument.flags ?? 0) & DMA_BUF_SYNC_WRITE) !== 0);
  const fence = await dmabuf.resv.getSingleton(usage);
  const syncFile = typeof fence === 'number' ? fence : await syncFileOf(fence ?? (await dmaFenceGetStub()));
  if (typeof syncFile === 'number') {
    files.putUnusedFd(fd);
    return syncFile;
  }
  files.install(fd, syncFile.file);
  argument.fd = fd;
  return 0;
}

/** Takes over the reference to `fence`. */
async function syncFileOf(fence: DmaFence): Promise<SyncFile | number> {
  const syncFile = SyncFile.create(fence);
  await fence.put();
  return syncFile ?? -ENOMEM;
}

/** `dma_buf_import_sync_file`: the fences inside of a sync file are added, for implicit synchronisation. */
async function importSyncFile(dmabuf: DmaBuf, { flags, fd = -1 }: DmaBufIoctlArgument): Promise<number> {
  const refused = checkAccess(flags);
  if (refused !== 0) return refused;
  const fence = await syncFileGetFence(fd);
  if (fence === null) return -EINVAL;
  const { WRITE, READ } = DmaResvUsageLevel;
  const usage = ((flags ?? 0) & DMA_BUF_SYNC_WRITE) !== 0 ? WRITE : READ;
  const leaves: DmaFence[] = [];
  for await (const leaf of dmaFenceUnwrap(fence)) leaves.push(leaf);
  let result = 0;
  if (leaves.length > 0) {
    await dmabuf.resv.lock();
    result = await dmabuf.resv.reserveFences(leaves.length);
    if (result === 0) for (const leaf of leaves) await dmabuf.resv.addFence(leaf, usage);
    dmabuf.resv.unlock();
  }
  await fence.put();
  return result;
}

function checkAccess(flags: number | undefined): number {
  if (flags === undefined) return -EFAULT;
  return (flags & ~DMA_BUF_SYNC_RW) !== 0 || (flags & DMA_BUF_SYNC_RW) === 0 ? -EINVAL : 0;
}
