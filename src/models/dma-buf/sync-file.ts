import { EPOLLIN } from '../fs/epoll.ts';
import { type FileOperations, KernelFile } from '../fs/file.ts';
import { PollQueue } from '../fs/poll.ts';
import { current } from '../process.ts';
import { kmalloc } from '../slab.ts';
import type { DmaFence } from './fence.ts';
import { DmaFenceCallback } from './fence-callback.ts';

const syncFiles = new WeakMap<KernelFile, SyncFile>();

/** `struct sync_file` (drivers/dma-buf/sync_file.c): a fence in the hands of userspace. */
export class SyncFile {
  readonly fence: DmaFence;
  readonly file: KernelFile;
  readonly queue: PollQueue = new PollQueue('sync_file->wq');
  readonly #callback = new DmaFenceCallback();
  #isEnabled = false;

  /** Part of `create`. */
  constructor(fence: DmaFence) {
    this.fence = fence.get();
    this.file = new KernelFile({ name: `sync_file of ${fence.label}`, ops: SYNC_FILE_FOPS });
    syncFiles.set(this.file, this);
  }

  /** `sync_file_create`: takes a reference of its own. @returns null when memory is short */
  static create(fence: DmaFence): SyncFile | null {
    return kmalloc('sync_file_create', 'GFP_KERNEL') ? new SyncFile(fence) : null;
  }

  /** `sync_file_poll`: the callback is installed by the first one who polls. */
  async poll(): Promise<number> {
    if (!this.#isEnabled) {
      this.#isEnabled = true;
      const result = await this.fence.addCallback(this.#callback, () => this.queue.wake());
      if (result < 0) this.queue.wake();
    }
    return (await this.fence.isSignaled()) ? EPOLLIN : 0;
  }

  /** `sync_file_release` */
  async release(): Promise<void> {
    if (this.#isEnabled) await this.fence.removeCallback(this.#callback);
    await this.fence.put();
  }
}

/** `sync_file_fops` */
const SYNC_FILE_FOPS: FileOperations = Object.freeze({
  poll: async (file: KernelFile): Promise<number> => (await syncFiles.get(file)?.poll()) ?? 0,
  pollQueue: (file: KernelFile): PollQueue => (syncFiles.get(file) as SyncFile).queue,
  release: async (file: KernelFile): Promise<void> => await syncFiles.get(file)?.release(),
});

/** `sync_file_get_fence`. @returns a reference to the fence of a descriptor of the current process; null for another file */
export async function syncFileGetFence(fd: number): Promise<DmaFence | null> {
  const file = current().files.get(fd);
  if (file === null) return null;
  const fence = syncFiles.get(file)?.fence.get() ?? null;
  await file.put();
  return fence;
}
