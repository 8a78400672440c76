import { Mutex as AsyncMutex } from 'async-mutex';
import AwaitLock from 'await-lock';
import { MinimalMutex } from './minimal-mutex.ts';

/** One workload: runs about `count` operations. */
export type Workload = (count: number) => Promise<void>;

const taskOf8 = async (mutex: AsyncMutex, count: number): Promise<void> => {
  for (let i = 0; i < count; i++) {
    const release = await mutex.acquire();
    await null;
    release();
  }
};

type Dept = typeof import('dept');

const nest = ({ Mutex }: Dept, depth: number): Workload => {
  const mutexes = Array.from({ length: depth }, (_, i) => new Mutex({ name: `level ${i}` }));
  return async (count) => {
    for (let i = 0; i < count; i += depth) {
      const guards = [];
      for (const mutex of mutexes) guards.push(await mutex.lock());
      for (const guard of guards.reverse()) guard.release();
    }
  };
};

/** The operations people pay for, by name. Locks are made when the workload is, after the tracker is installed. */
export const workloadsWith = (dept: Dept, isInstalled: boolean): Readonly<Record<string, () => Workload>> => ({
  'await null': () => async (count) => {
    for (let i = 0; i < count; i++) await null;
  },
  'async-mutex acquire': () => {
    const mutex = new AsyncMutex();
    return async (count) => {
      for (let i = 0; i < count; i++) (await mutex.acquire())();
    };
  },
  'async-mutex nested 2': () => {
    const [outer, inner] = [new AsyncMutex(), new AsyncMutex()];
    return async (count) => {
      for (let i = 0; i < count; i += 2) {
        const releaseOuter = await outer.acquire();
        const releaseInner = await inner.acquire();
        releaseInner();
        releaseOuter();
      }
    };
  },
  'async-mutex contended 8': () => {
    const mutex = new AsyncMutex();
    return async (count) => {
      await Promise.all(Array.from({ length: 8 }, () => taskOf8(mutex, count / 8)));
    };
  },
  'async-mutex runExclusive': () => {
    const mutex = new AsyncMutex();
    return async (count) => {
      for (let i = 0; i < count; i++) await mutex.runExclusive(() => undefined);
    };
  },
  'await-lock acquire': () => {
    const lock = new AwaitLock();
    return async (count) => {
      for (let i = 0; i < count; i++) {
        await lock.acquireAsync();
        lock.release();
      }
    };
  },
  'minimal promise mutex': () => {
    const mutex = new MinimalMutex();
    if (isInstalled)
      dept.wrap(mutex, {
        acquire: 'lock',
        release: 'unlock',
        isFree: () => !mutex.isLocked,
      });
    return async (count) => {
      for (let i = 0; i < count; i++) {
        await mutex.lock();
        mutex.unlock();
      }
    };
  },
  'dept Mutex lock': () => {
    const mutex = new dept.Mutex({ name: 'mutex' });
    return async (count) => {
      for (let i = 0; i < count; i++) (await mutex.lock()).release();
    };
  },
  'dept Mutex depth 1': () => nest(dept, 1),
  'dept Mutex depth 8': () => nest(dept, 8),
});
