import { EINVAL, ENOENT, ENOTTY } from '../../sync/errno.ts';
import { type FileOperations, KernelFile } from '../fs/file.ts';
import { O_ACCMODE, O_CLOEXEC } from '../fs/open-flags.ts';
import { pidfdGetProcess } from '../fs/pidfd.ts';
import { PAGE_SIZE } from '../mm/page-size.ts';
import { perWorld } from '../per-world.ts';
import type { Process } from '../process.ts';
import { warnOn } from '../warn.ts';
import type { DmaBuf } from './dma-buf.ts';
import { DMA_HEAP_ALLOCATION_SIZE, DMA_HEAP_ALLOCATION_SIZE_CHARGE, DmaHeapAllocation } from './dma-heap-abi.ts';

/** `struct dma_heap_ops` */
export interface DmaHeapOps {
  /** The heap has the RFC's `charge_pid_fd`. */
  readonly chargePidFd?: boolean;
  /**
   * @param length whole pages, in bytes
   * @param chargeTo who pays, where the caller said so
   * @returns a buffer with one reference, or a negative errno
   */
  allocate(length: number, fdFlags: number, heapFlags: bigint, chargeTo: Process | null): Promise<DmaBuf | number>;
}

/** `DMA_HEAP_VALID_FD_FLAGS`, and no heap flag is valid. */
const VALID_FD_FLAGS = O_CLOEXEC | O_ACCMODE;
const VALID_HEAP_FLAGS = 0n;

const heaps: () => Map<string, DmaHeapOps> = perWorld(() => new Map<string, DmaHeapOps>());
const heapOf = new WeakMap<KernelFile, DmaHeapOps>();

/** `dma_heap_add`: `/dev/dma_heap/<name>` exists from now on. @returns 0; -EINVAL, with a WARN, for no name or one that exists */
export function dmaHeapAdd(name: string, ops: DmaHeapOps): number {
  if (warnOn(name === '', 'dma_heap: Cannot add heap without a name')) return -EINVAL;
  if (warnOn(heaps().has(name), `dma_heap: Already registered heap named ${name}`)) return -EINVAL;
  heaps().set(name, ops);
  return 0;
}

/** `open("/dev/dma_heap/<name>")`. @returns the file with a reference, or -ENOENT */
export function dmaHeapOpen(name: string): KernelFile | number {
  const heap = heaps().get(name);
  if (heap === undefined) return -ENOENT;
  const file = new KernelFile({ name: `/dev/dma_heap/${name}`, ops: DMA_HEAP_FOPS });
  heapOf.set(file, heap);
  return file;
}

/** `dma_heap_fops` */
const DMA_HEAP_FOPS: FileOperations = Object.freeze({
  /** `dma_heap_ioctl`. @returns 0 with the descriptor in `argument`; -ENOTTY for another command; see `allocate` */
  ioctl: async (file: KernelFile, command: string, argument: object): Promise<number> => {
    const heap = heapOf.get(file);
    if (command !== 'DMA_HEAP_IOCTL_ALLOC' || heap === undefined) return -ENOTTY;
    const size = heap.chargePidFd === true ? DMA_HEAP_ALLOCATION_SIZE_CHARGE : DMA_HEAP_ALLOCATION_SIZE;
    const data = DmaHeapAllocation.from(argument, size);
    const result = await allocate(heap, data);
    data.copyTo(argument);
    return result;
  },
});

/**
 * `dma_heap_ioctl_allocate` and `dma_heap_buffer_alloc`. @returns 0; -EINVAL for a descriptor that is given, flags nobody
 * knows, and no length; -EBADF for a `charge_pid_fd` that is no pidfd; -EMFILE; what the heap answers
 */
async function allocate(heap: DmaHeapOps, data: DmaHeapAllocation): Promise<number> {
  if (data.fd !== 0) return -EINVAL;
  if ((data.fdFlags & ~VALID_FD_FLAGS) !== 0) return -EINVAL;
  if ((data.heapFlags & ~VALID_HEAP_FLAGS) !== 0n) return -EINVAL;
  const length = Number(pageAlign64(data.len));
  if (length === 0) return -EINVAL;
  const chargeTo = data.chargePidFd === 0 ? null : await pidfdGetProcess(data.chargePidFd);
  if (typeof chargeTo === 'number') return chargeTo;
  const dmabuf = await heap.allocate(length, data.fdFlags, data.heapFlags, chargeTo);
  if (typeof dmabuf === 'number') return dmabuf;
  const fd = dmabuf.fd();
  if (fd < 0) {
    // The release that follows frees the pages.
    await dmabuf.put();
    return fd;
  }
  data.fd = fd;
  return 0;
}

/** `PAGE_ALIGN` of a `size_t`: what is too large wraps around to 0. */
function pageAlign64(bytes: bigint): bigint {
  const page = BigInt(PAGE_SIZE);
  return BigInt.asUintN(64, ((bytes + page - 1n) / page) * page);
}
