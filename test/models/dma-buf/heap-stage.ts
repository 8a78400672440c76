import assert from 'node:assert/strict';
import type { DmaBuf } from '../../../src/models/dma-buf/dma-buf.ts';
import { dmaBufOfFile } from '../../../src/models/dma-buf/dma-buf-file.ts';
import { dmaHeapOpen } from '../../../src/models/dma-buf/dma-heap.ts';
import type { DmaHeapAllocationFields } from '../../../src/models/dma-buf/dma-heap-abi.ts';
import { SystemHeap, type SystemHeapOptions } from '../../../src/models/dma-buf/system-heap.ts';
import type { SystemHeapBuffer } from '../../../src/models/dma-buf/system-heap-buffer.ts';
import { Process, type ProcessOptions } from '../../../src/models/process.ts';

export const KIB = 1024;
export const MIB: number = 1024 * KIB;

/** A process that has `/dev/dma_heap/system` open. */
export class HeapUser {
  readonly process: Process;
  /** The descriptor of the heap. */
  readonly heapFd: number;

  constructor(name = 'app', options: ProcessOptions = {}) {
    this.process = new Process(name, options);
    const file = dmaHeapOpen('system');
    assert.ok(typeof file !== 'number', 'there is no system heap');
    this.heapFd = this.process.files.receive(file);
  }

  /** DMA_HEAP_IOCTL_ALLOC. @returns the descriptor, or a negative errno */
  async alloc(len: number, fields: DmaHeapAllocationFields = {}): Promise<number> {
    const argument = { ...fields, len };
    const result = await this.process.ioctl(this.heapFd, 'DMA_HEAP_IOCTL_ALLOC', argument);
    return result < 0 ? result : (argument.fd ?? -1);
  }

  /** The buffer behind a descriptor; fails the test when it is none. */
  bufferOf(fd: number): DmaBuf {
    const file = this.process.files.get(fd);
    const dmabuf = file === null ? null : dmaBufOfFile(file);
    assert.ok(file !== null && dmabuf !== null, `descriptor ${fd} is no dma-buf`);
    void file.put();
    return dmabuf;
  }

  /** Order of each piece of a buffer. */
  ordersOf(fd: number): readonly number[] {
    return (this.bufferOf(fd).priv as SystemHeapBuffer).orders;
  }
}

/** A system heap, and a process that uses it. */
export function systemHeap(
  options: SystemHeapOptions = {},
  process: ProcessOptions = {},
): { readonly heap: SystemHeap; readonly user: HeapUser } {
  return { heap: SystemHeap.create(options), user: new HeapUser('app', process) };
}
