import { EINVAL, ENODEV, ENOTTY, ESPIPE } from '../../sync/errno.ts';
import { Kref } from '../../sync/kref.ts';
import { runtime } from '../../sync/runtime.ts';
import { WaitQueueHead } from '../../sync/wait-queue.ts';
import { perWorld } from '../per-world.ts';
import { EPOLLIN, EPOLLOUT } from './epoll.ts';
import type { PollQueue } from './poll.ts';
import type { VmArea } from './vm-area.ts';

export type Whence = 'SEEK_SET' | 'SEEK_CUR' | 'SEEK_END';

/** `struct file_operations`: what a kind of files can do. For what is missing the caller gets the kernel's errno. */
export interface FileOperations {
  /** Fills `buffer` from its begin. @returns bytes, or a negative errno */
  read?(file: KernelFile, buffer: Uint8Array): Promise<number> | number;
  /** Results go into `argument`. @returns 0 or more, or a negative errno */
  ioctl?(file: KernelFile, command: string, argument: object): Promise<number> | number;
  /** Those of the `requested` events that are there. */
  poll?(file: KernelFile, requested: number): Promise<number> | number;
  /** The queue that `poll` passes to `poll_wait`. */
  pollQueue?(file: KernelFile): PollQueue;
  /** @returns 0 or a negative errno */
  mmap?(file: KernelFile, area: VmArea): Promise<number> | number;
  llseek?(file: KernelFile, offset: number, whence: Whence): number;
  /** The last reference was put (`f_op->release`, then `d_op->d_release`). */
  release?(file: KernelFile): Promise<void> | void;
}

export interface KernelFileOptions {
  /** Names it in messages, as `dmabuf`. */
  readonly name: string;
  readonly ops: FileOperations;
  /** The last `put` leaves the release to a context of its own; on if not given. */
  readonly deferFput?: boolean;
}

/** Releases that were put off (`delayed_fput_work`, `task_work`). */
const delayed: () => { pending: number; readonly done: WaitQueueHead } = perWorld(() => ({
  pending: 0,
  done: new WaitQueueHead({ name: 'delayed_fput' }),
}));

/**
 * `struct file` (include/linux/fs.h, fs/file_table.c): an open file and its references. The last `fput` does not release
 * it there and then: that is left to the way back to user space, where no lock is held.
 */
export class KernelFile {
  readonly name: string;
  readonly ops: FileOperations;
  readonly #refs: Kref;
  readonly #deferFput: boolean;

  /** The caller has the first reference. */
  constructor({ name, ops, deferFput = true }: KernelFileOptions) {
    this.name = name;
    this.ops = ops;
    this.#deferFput = deferFput;
    this.#refs = new Kref(() => undefined, { name: 'file->f_ref', label: name });
  }

  /** `file_count` */
  get references(): number {
    return this.#refs.count;
  }

  /** `get_file`. @throws DeptError `ERR_DEPT_USE_AFTER_FREE` after the last put */
  get(): this {
    this.#refs.get();
    return this;
  }

  /** `file_ref_get`: a reference to a file that may be on its way out. @returns false when it is */
  getUnlessZero(): boolean {
    return this.#refs.getUnlessZero();
  }

  /** `fput`. @throws DeptError `ERR_DEPT_USE_AFTER_FREE` after the last one */
  async put(): Promise<void> {
    if (!this.#refs.put()) return;
    if (this.#deferFput) this.#releaseLater();
    else await this.ops.release?.(this);
  }

  /** `vfs_read`. @returns bytes, 0 at the end, -EINVAL for what cannot be read */
  async read(buffer: Uint8Array): Promise<number> {
    return (await this.ops.read?.(this, buffer)) ?? -EINVAL;
  }

  /** `vfs_ioctl`. @returns what the file answers, -ENOTTY where it knows no ioctl */
  async ioctl(command: string, argument: object = {}): Promise<number> {
    return (await this.ops.ioctl?.(this, command, argument)) ?? -ENOTTY;
  }

  /** `vfs_poll`: looks once. */
  async poll(requested: number): Promise<number> {
    return (await this.ops.poll?.(this, requested)) ?? (EPOLLIN | EPOLLOUT) & requested;
  }

  pollQueue(): PollQueue | null {
    return this.ops.pollQueue?.(this) ?? null;
  }

  /** `call_mmap`. @returns 0, -ENODEV where it cannot be mapped, or what the file answers */
  async mmap(area: VmArea): Promise<number> {
    return (await this.ops.mmap?.(this, area)) ?? -ENODEV;
  }

  /** `vfs_llseek`. @returns the position, or a negative errno */
  llseek(offset: number, whence: Whence): number {
    return this.ops.llseek?.(this, offset, whence) ?? -ESPIPE;
  }

  #releaseLater(): void {
    const state = delayed();
    state.pending++;
    runtime().spawn('____fput', 'task', async () => {
      try {
        await this.ops.release?.(this);
      } finally {
        state.pending--;
        state.done.wakeUpAll();
      }
    });
  }
}

/** `flush_delayed_fput`: waits until every release that was put off is done. */
export async function flushDelayedFput(): Promise<void> {
  const state = delayed();
  await state.done.waitEvent(() => state.pending === 0);
}
