import { RwSemaphore } from '../../sync/rwsem.ts';

/** Class of all `mmap_lock`s. */
export const MMAP_LOCK = 'mmap_lock';

/** `mm->mmap_lock` of an address space: page faults read it, changes of the mappings write it. */
export function mmapLock(label?: string): RwSemaphore {
  return new RwSemaphore({ name: MMAP_LOCK, ...(label !== undefined && { label }) });
}
