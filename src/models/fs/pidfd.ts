import { EBADF } from '../../sync/errno.ts';
import { current, type Process } from '../process.ts';
import { type FileOperations, KernelFile } from './file.ts';

const processes = new WeakMap<KernelFile, Process>();
const PIDFD_FOPS: FileOperations = Object.freeze({});

/** `pidfd_open(2)`: a file that stands for a process. */
export function pidfdOpen(process: Process): KernelFile {
  const file = new KernelFile({ name: `pidfd of ${process.name}`, ops: PIDFD_FOPS });
  processes.set(file, process);
  return file;
}

/** `pidfd_get_task`. @returns the process of a descriptor of the current process, or -EBADF */
export async function pidfdGetProcess(fd: number): Promise<Process | number> {
  const file = current().files.get(fd);
  if (file === null) return -EBADF;
  const process = processes.get(file) ?? -EBADF;
  await file.put();
  return process;
}
