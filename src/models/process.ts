import { EBADF, EINVAL } from '../sync/errno.ts';
import { runtime, type Thread } from '../sync/runtime.ts';
import type { Task } from '../sync/task.ts';
import { World } from '../sync/world.ts';
import type { KernelFile } from './fs/file.ts';
import { FilesStruct } from './fs/files.ts';
import { pollFile } from './fs/poll.ts';
import { VmArea } from './fs/vm-area.ts';
import type { MemCgroup } from './mm/memcg.ts';
import { PAGE_SIZE, pageAlign } from './mm/page-size.ts';
import { perWorld } from './per-world.ts';
import { warnOn } from './warn.ts';

export interface ProcessOptions {
  /** Descriptors it may have open (`RLIMIT_NOFILE`). */
  readonly maxFiles?: number;
  /** The memory group it is in; the root if not given. */
  readonly memcg?: MemCgroup;
}

/** A process of userspace: its files, and its system calls. Results are as in the kernel, negative errnos included. */
export class Process {
  readonly name: string;
  readonly files: FilesStruct;
  /** Simulated threads that run as it now. */
  readonly #tasks = new Set<Task>();
  #memcg: MemCgroup | null;
  #killed = false;
  #exited = false;

  constructor(name: string, { maxFiles, memcg }: ProcessOptions = {}) {
    this.name = name;
    this.files = new FilesStruct(maxFiles);
    const result = memcg?.attach(this) ?? 0;
    const isRefused = warnOn(result !== 0, `clone(${name}) into memory group ${memcg?.name}, which was removed`);
    this.#memcg = isRefused ? null : (memcg ?? null);
  }

  /** The memory group that pays for what it allocates; null for the root. */
  get memcg(): MemCgroup | null {
    return this.#memcg;
  }

  /** It has a SIGKILL pending. */
  get killed(): boolean {
    return this.#killed;
  }

  get exited(): boolean {
    return this.#exited;
  }

  /** Moves it to another memory group; what it has allocated stays charged to the old one. @returns 0 or -ENODEV */
  moveTo(memcg: MemCgroup): number {
    const result = memcg.attach(this);
    if (result !== 0) return result;
    if (this.#memcg !== memcg) this.#memcg?.detach(this);
    this.#memcg = memcg;
    return 0;
  }

  /** Runs `body` as this process: it is `current` for the thread that runs, until `body` is over. */
  async run<T>(body: () => Promise<T> | T): Promise<T> {
    const { thread } = runtime();
    const task = runningTask();
    const before = running().get(thread);
    running().set(thread, this);
    if (task !== null) this.#tasks.add(task);
    try {
      return await body();
    } finally {
      if (before !== this && task !== null) this.#tasks.delete(task);
      if (before === undefined) running().delete(thread);
      else running().set(thread, before);
    }
  }

  /** Sends SIGKILL: what it sleeps in interruptibly ends. It exits when somebody has it exit. */
  kill(): void {
    this.#killed = true;
    for (const task of this.#tasks) task.interrupt();
  }

  /** `ioctl(2)`. @returns what the file answers, or -EBADF */
  ioctl(fd: number, command: string, argument: object = {}): Promise<number> {
    return this.#withFile(fd, (file) => file.ioctl(command, argument));
  }

  /** `read(2)`. @returns bytes, 0 at the end, or a negative errno */
  read(fd: number, buffer: Uint8Array): Promise<number> {
    return this.#withFile(fd, (file) => file.read(buffer));
  }

  /** `poll(2)` of one file; without `timeoutMs` it sleeps as long as it takes. @returns the events, or -EBADF */
  poll(fd: number, requested: number, timeoutMs?: number): Promise<number> {
    return this.#withFile(fd, (file) => pollFile(file, requested, timeoutMs));
  }

  /** `mmap(2)` of `length` bytes from `offset`. @returns the area, or a negative errno */
  async mmap(fd: number, length: number, offset = 0): Promise<VmArea | number> {
    return await this.run(async () => {
      if (offset % PAGE_SIZE !== 0) return -EINVAL;
      const file = this.files.get(fd);
      if (file === null) return -EBADF;
      const area = new VmArea(file, offset / PAGE_SIZE, pageAlign(length) / PAGE_SIZE);
      const result = length > 0 ? await file.mmap(area) : -EINVAL;
      if (result === 0) return area;
      await area.munmap();
      return result;
    });
  }

  /** `close(2)`. @returns 0 or -EBADF */
  close(fd: number): Promise<number> {
    return this.run(() => this.files.close(fd));
  }

  /** `do_exit`: its files are closed, and it leaves its memory group. */
  async exit(): Promise<void> {
    await this.run(() => this.files.closeAll());
    this.#exited = true;
    this.#memcg?.detach(this);
  }

  async #withFile(fd: number, use: (file: KernelFile) => Promise<number>): Promise<number> {
    return await this.run(async () => {
      const file = this.files.get(fd);
      if (file === null) return -EBADF;
      try {
        return await use(file);
      } finally {
        await file.put();
      }
    });
  }
}

const running: () => Map<Thread | null, Process> = perWorld(() => new Map());
const init: () => Process = perWorld(() => new Process('init'));

/** `current`: the process the thread that runs belongs to; one of the kernel's own where nobody said. */
export function current(): Process {
  return running().get(runtime().thread) ?? init();
}

/** `fatal_signal_pending(current)`: nothing it does matters any more but that it ends. */
export function fatalSignalPending(): boolean {
  return current().killed || runtime().thread?.signal.aborted === true;
}

function runningTask(): Task | null {
  const world = runtime();
  return world instanceof World ? world.running : null;
}
