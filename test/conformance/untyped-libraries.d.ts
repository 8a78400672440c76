// What the conformance tests use of libraries that come without types.
declare module 'async-lock' {
  type Done = (error?: unknown, value?: unknown) => void;
  export default class AsyncLock {
    acquire<T>(key: string | readonly string[], task: () => T | Promise<T>): Promise<T>;
    acquire(key: string, task: (done: Done) => void, callback: Done): void;
  }
}

declare module 'async' {
  type Done = (error?: unknown, value?: unknown) => void;
  interface Queue<T> {
    push(item: T, callback: Done): void;
    pushAsync(item: T, priority?: number): Promise<unknown>;
  }
  type Worker<T> = ((item: T) => Promise<unknown>) | ((item: T, done: Done) => void);
  export function queue<T>(worker: Worker<T>, concurrency: number): Queue<T>;
  export function priorityQueue<T>(worker: Worker<T>, concurrency: number): Queue<T>;
  export function cargoQueue<T>(worker: Worker<T[]>, concurrency: number, payload: number): Queue<T>;
}

declare module 'mutexify' {
  export default function mutexify(): (callback: (release: () => void) => void) => void;
}

declare module 'semaphore' {
  interface Semaphore {
    take(task: (leave: () => void) => void): void;
    take(permits: number, task: (leave: () => void) => void): void;
    leave(): void;
  }
  export default function semaphore(capacity: number): Semaphore;
}

declare module 'locks' {
  type Locked = (error?: Error) => void;
  interface Mutex {
    lock(locked: Locked): void;
    timedLock(timeoutMs: number, locked: Locked): void;
    tryLock(): boolean;
    unlock(): void;
  }
  interface ReadWriteLock {
    readLock(locked: Locked): void;
    writeLock(locked: Locked): void;
    timedReadLock(timeoutMs: number, locked: Locked): void;
    timedWriteLock(timeoutMs: number, locked: Locked): void;
    tryReadLock(): boolean;
    tryWriteLock(): boolean;
    unlock(): void;
  }
  interface Semaphore {
    wait(passed: () => void): void;
    signal(): void;
  }
  export function createMutex(): Mutex;
  export function createReadWriteLock(): ReadWriteLock;
  export function createSemaphore(permits: number): Semaphore;
}

declare module 'promise-queue' {
  class Queue {
    constructor(maxPending?: number, maxQueued?: number);
    add<T>(task: () => Promise<T>): Promise<T>;
  }
  export = Queue;
}

declare module 'rwlock' {
  type Release = () => void;
  interface Options {
    readonly timeout?: number;
    readonly timeoutCallback?: () => void;
    readonly scope?: unknown;
  }
  class ReadWriteLock {
    readLock(locked: (release: Release) => void, options?: Options): void;
    readLock(key: string, locked: (release: Release) => void, options?: Options): void;
    writeLock(locked: (release: Release) => void, options?: Options): void;
    writeLock(key: string, locked: (release: Release) => void, options?: Options): void;
    readonly async: {
      writeLock(key: string, locked: (error: unknown, release: Release) => void, options?: Options): void;
    };
  }
  export = ReadWriteLock;
}

declare module 'lodash' {
  interface Cache {
    has(key: unknown): boolean;
    delete(key: unknown): boolean;
  }
  interface Memoize {
    <F extends (...args: never[]) => unknown>(
      fn: F,
      resolver?: (...args: Parameters<F>) => unknown,
    ): F & { cache: Cache };
    Cache: new () => Cache;
  }
  export const memoize: Memoize;
}

declare module 'lodash-es' {
  export { memoize } from 'lodash';
}
