/** What a program passes to DMA_HEAP_IOCTL_ALLOC: the struct in bytes, or by field. Fields that are missing are zero. */
export interface DmaHeapAllocationFields {
  /** Bytes. */
  len?: number | bigint;
  fd?: number;
  fdFlags?: number;
  heapFlags?: number | bigint;
  /** Who pays, by a pidfd; for a heap that knows it. */
  chargePidFd?: number;
}

/** `sizeof(struct dma_heap_allocation_data)`: u64 len, u32 fd, u32 fd_flags, u64 heap_flags. */
export const DMA_HEAP_ALLOCATION_SIZE = 24;
/** The same in the RFC that lets somebody else pay: u32 charge_pid_fd, u32 padding follow. */
export const DMA_HEAP_ALLOCATION_SIZE_CHARGE = 32;

/**
 * `struct dma_heap_allocation_data` (include/uapi/linux/dma-heap.h). A program built for another version of it passes
 * fewer bytes, and the rest is zero, or more, and the rest is left alone.
 */
export class DmaHeapAllocation {
  readonly #data: DataView<ArrayBuffer>;

  /** @param size of the struct as the kernel has it */
  constructor(size: number) {
    this.#data = new DataView(new ArrayBuffer(size));
  }

  /** `copy_from_user` */
  static from(
    argument: Uint8Array | DmaHeapAllocationFields,
    size: number = DMA_HEAP_ALLOCATION_SIZE,
  ): DmaHeapAllocation {
    const data = new DmaHeapAllocation(size);
    if (argument instanceof Uint8Array) {
      new Uint8Array(data.#data.buffer).set(argument.subarray(0, size));
      return data;
    }
    const { len = 0, fd = 0, fdFlags = 0, heapFlags = 0, chargePidFd = 0 } = argument;
    if (size >= DMA_HEAP_ALLOCATION_SIZE_CHARGE) data.#data.setUint32(24, chargePidFd, true);
    data.#data.setBigUint64(0, BigInt(len), true);
    data.fd = fd;
    data.#data.setUint32(12, fdFlags, true);
    data.#data.setBigUint64(16, BigInt(heapFlags), true);
    return data;
  }

  /** Bytes. */
  get len(): bigint {
    return this.#data.getBigUint64(0, true);
  }

  get fd(): number {
    return this.#data.getUint32(8, true);
  }

  set fd(fd: number) {
    this.#data.setUint32(8, fd, true);
  }

  get fdFlags(): number {
    return this.#data.getUint32(12, true);
  }

  get heapFlags(): bigint {
    return this.#data.getBigUint64(16, true);
  }

  /** 0 for a struct without it. */
  get chargePidFd(): number {
    return this.#data.byteLength >= DMA_HEAP_ALLOCATION_SIZE_CHARGE ? this.#data.getUint32(24, true) : 0;
  }

  /** `copy_to_user`: no more than the program has room for. */
  copyTo(argument: Uint8Array | DmaHeapAllocationFields): void {
    if (argument instanceof Uint8Array) {
      argument.set(new Uint8Array(this.#data.buffer).subarray(0, argument.length));
    } else argument.fd = this.fd;
  }
}
