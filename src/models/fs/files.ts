import { EBADF, EMFILE } from '../../sync/errno.ts';
import { warnOn } from '../warn.ts';
import type { KernelFile } from './file.ts';

/** `RLIMIT_NOFILE` of an ordinary process. */
const OPEN_MAX = 1024;

/** `struct files_struct`: the open files of a process by descriptor. Each descriptor holds a reference. */
export class FilesStruct {
  readonly limit: number;
  /** A reserved descriptor has null until its file is installed. */
  readonly #files = new Map<number, KernelFile | null>();

  constructor(limit: number = OPEN_MAX) {
    this.limit = limit;
  }

  /** Descriptors in use, reserved ones too. */
  get open(): readonly number[] {
    return [...this.#files.keys()].sort((first, second) => first - second);
  }

  /** `get_unused_fd_flags`: the lowest free descriptor, reserved. @returns it, or -EMFILE */
  getUnusedFd(): number {
    for (let fd = 0; fd < this.limit; fd++) {
      if (this.#files.has(fd)) continue;
      this.#files.set(fd, null);
      return fd;
    }
    return -EMFILE;
  }

  /** `put_unused_fd`: a reserved descriptor is given back. */
  putUnusedFd(fd: number): void {
    const isReserved = this.#files.get(fd) === null;
    if (warnOn(!isReserved, `put_unused_fd(${fd}): it is not reserved`)) return;
    this.#files.delete(fd);
  }

  /** `fd_install`: takes over the caller's reference; userspace can use the descriptor from now on. */
  install(fd: number, file: KernelFile): void {
    warnOn(this.#files.get(fd) !== null, `fd_install(${fd}): it is not reserved`);
    this.#files.set(fd, file);
  }

  /** `fget`: the file with a reference; null for a descriptor that is not open. */
  get(fd: number): KernelFile | null {
    return this.#files.get(fd)?.get() ?? null;
  }

  /** `close(2)`. @returns 0 or -EBADF */
  async close(fd: number): Promise<number> {
    const file = this.#files.get(fd) ?? null;
    if (file === null) return -EBADF;
    this.#files.delete(fd);
    await file.put();
    return 0;
  }

  /** `exit_files`: closes all. */
  async closeAll(): Promise<void> {
    for (const fd of this.open) await this.close(fd);
  }

  /** Gives this process a descriptor of a file of another one (`SCM_RIGHTS`, `dup`). @returns it, or -EMFILE */
  receive(file: KernelFile): number {
    const fd = this.getUnusedFd();
    if (fd >= 0) this.install(fd, file.get());
    return fd;
  }
}
