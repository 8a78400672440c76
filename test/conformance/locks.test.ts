import { DeptError } from '../../src/core/dept-error.ts';
import type { SleepOptions } from '../../src/sync/sleep.ts';
import { TimeoutError } from '../../src/sync/timeout-error.ts';
import type { Guard } from '../../src/sync/user/guard.ts';
import { Mutex, RwLock, Semaphore } from '../../src/sync/user/index.ts';
import { type LockUnderTest, lockSuite, type Refused, type Release } from './lock-suite.ts';

const USER = { timeouts: true, aborts: true, refusesDoubleRelease: true };

/** Rejections of the user-level locks as the suite's words. */
async function release(taken: Promise<Guard>): Promise<Release | Refused> {
  try {
    const guard = await taken;
    return () => guard.release();
  } catch (error) {
    if (error instanceof TimeoutError) return 'timed-out';
    if (error instanceof DeptError) throw error;
    return 'cancelled';
  }
}

function user(lock: (options?: SleepOptions) => Promise<Guard>, tryLock: () => Guard | null): LockUnderTest {
  return {
    lock: (options) => release(lock(options)),
    tryLock: () => {
      const guard = tryLock();
      return guard === null ? null : () => guard.release();
    },
  };
}

lockSuite({
  name: 'Mutex',
  ...USER,
  make: () => {
    const mutex = new Mutex({ name: 'M' });
    return user(
      (options) => mutex.lock(options),
      () => mutex.tryLock(),
    );
  },
});

lockSuite({
  name: 'RwLock as a writer',
  ...USER,
  make: () => {
    const lock = new RwLock({ name: 'RW' });
    return user(
      (options) => lock.writeLock(options),
      () => lock.tryWriteLock(),
    );
  },
});

lockSuite({
  name: 'Semaphore of one',
  ...USER,
  make: () => {
    const semaphore = new Semaphore(1, { name: 'S' });
    return user(
      (options) => semaphore.acquire(options),
      () => semaphore.tryAcquire(),
    );
  },
});
