export { Barrier } from './barrier.ts';
export { Completion } from './completion.ts';
export type { Guard } from './guard.ts';
export type { LockOptions } from './guarded.ts';
export { Mutex } from './mutex.ts';
export { RwLock } from './rw-lock.ts';
export { type AcquireOptions, Semaphore } from './semaphore.ts';
