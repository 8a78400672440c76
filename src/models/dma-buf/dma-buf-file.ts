import { EBADF, EINVAL } from '../../sync/errno.ts';
import type { FileOperations, KernelFile, Whence } from '../fs/file.ts';
import type { PollQueue } from '../fs/poll.ts';
import type { VmArea } from '../fs/vm-area.ts';
import { PAGE_SIZE } from '../mm/page-size.ts';
import { bug } from '../warn.ts';
import type { DmaBuf } from './dma-buf.ts';
import { dmaBufIoctl } from './dma-buf-ioctl.ts';

/** `private_data` of dma-buf files. */
const buffers = new WeakMap<KernelFile, DmaBuf>();

/** The file is one of a dma-buf from now on. */
export function dmaBufOpens(file: KernelFile, dmabuf: DmaBuf): void {
  buffers.set(file, dmabuf);
}

/** `is_dma_buf_file`, and the buffer; null for another file. */
export function dmaBufOfFile(file: KernelFile): DmaBuf | null {
  return buffers.get(file) ?? null;
}

/** `dma_buf_fops` */
export const DMA_BUF_FOPS: FileOperations = Object.freeze({
  /** `dma_buf_ioctl` */
  ioctl: (file: KernelFile, command: string, argument: object): Promise<number> =>
    dmaBufIoctl(bufferOf(file), command, argument),
  /** `dma_buf_poll` */
  poll: (file: KernelFile, requested: number): Promise<number> => bufferOf(file).polling.poll(requested),
  pollQueue: (file: KernelFile): PollQueue => bufferOf(file).polling.queue,
  /** `dma_buf_mmap_internal`. @returns 0; -EINVAL for another file, past the end, or where the exporter cannot */
  mmap: async (file: KernelFile, area: VmArea): Promise<number> => {
    const dmabuf = dmaBufOfFile(file);
    if (dmabuf?.ops.mmap === undefined) return -EINVAL;
    if (area.pgoff + area.pages > dmabuf.size / PAGE_SIZE) return -EINVAL;
    return await dmabuf.ops.mmap(dmabuf, area);
  },
  /** `dma_buf_llseek`: says how large the buffer is. @returns the position; -EINVAL for all but the two ends; -EBADF */
  llseek: (file: KernelFile, offset: number, whence: Whence): number => {
    const dmabuf = dmaBufOfFile(file);
    if (dmabuf === null) return -EBADF;
    if (whence === 'SEEK_CUR' || offset !== 0) return -EINVAL;
    return whence === 'SEEK_END' ? dmabuf.size : 0;
  },
  release: (file: KernelFile): Promise<void> => bufferOf(file).release(),
});

function bufferOf(file: KernelFile): DmaBuf {
  return dmaBufOfFile(file) ?? bug(`${file.name} is no dma-buf, but has its operations`);
}
