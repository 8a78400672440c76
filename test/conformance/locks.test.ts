import { DeptError } from '../../src/core/dept-error.ts';
import {
  ETIME,
  Folio,
  KernelMutex,
  KernelSemaphore,
  Mutex,
  RwLock,
  RwSemaphore,
  RwSpinLock,
  Semaphore,
  SeqLock,
  type SleepOptions,
  SpinLock,
  TimeoutError,
  WaitBits,
  WwClass,
  WwMutex,
} from '../../src/sync/index.ts';
import type { Guard } from '../../src/sync/user/guard.ts';
import { type LockUnderTest, lockSuite, type Refused, type Release } from './lock-suite.ts';

const USER = { fair: true, timeouts: true, aborts: true, abortFirst: true, refusesDoubleRelease: true };

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

const KERNEL = { fair: true, timeouts: false, aborts: true, abortFirst: false, refusesDoubleRelease: true };
const SPINNING = { ...KERNEL, aborts: false };

/** Negative results of kernel-style locks as the suite's words. */
function kernel(
  lock: (options: SleepOptions) => Promise<unknown>,
  tryLock: () => boolean,
  unlock: () => void,
): LockUnderTest {
  return {
    lock: async (options = {}) => {
      const result = await lock(options);
      if (typeof result !== 'number' || result === 0) return unlock;
      return result === -ETIME ? 'timed-out' : 'cancelled';
    },
    tryLock: () => (tryLock() ? unlock : null),
  };
}

lockSuite({
  name: 'KernelMutex',
  ...KERNEL,
  make: () => {
    const mutex = new KernelMutex({ name: 'M' });
    return kernel(
      ({ signal }) => (signal === undefined ? mutex.lock() : mutex.lockInterruptible(signal)),
      () => mutex.trylock(),
      () => mutex.unlock(),
    );
  },
});

lockSuite({
  name: 'RwSemaphore as a writer',
  ...KERNEL,
  make: () => {
    const sem = new RwSemaphore({ name: 'RW' });
    return kernel(
      ({ signal }) => (signal === undefined ? sem.downWrite() : sem.downWriteKillable(signal)),
      () => sem.downWriteTrylock(),
      () => sem.upWrite(),
    );
  },
});

lockSuite({
  name: 'KernelSemaphore of one',
  ...KERNEL,
  timeouts: true,
  refusesDoubleRelease: false,
  make: () => {
    const sem = new KernelSemaphore(1, { name: 'S' });
    return kernel(
      ({ signal, timeoutMs }) => {
        if (timeoutMs !== undefined) return sem.downTimeout(timeoutMs);
        return signal === undefined ? sem.down() : sem.downInterruptible(signal);
      },
      () => sem.downTrylock(),
      () => sem.up(),
    );
  },
});

lockSuite({
  name: 'WwMutex without a context',
  ...KERNEL,
  make: () => {
    const mutex = new WwMutex(new WwClass('ww'), { name: 'W' });
    return kernel(
      ({ signal }) => (signal === undefined ? mutex.lock() : mutex.lockInterruptible(null, signal)),
      () => mutex.trylock(),
      () => mutex.unlock(),
    );
  },
});

lockSuite({
  name: 'SpinLock',
  ...SPINNING,
  make: () => {
    const lock = new SpinLock({ name: 'L' });
    return kernel(
      () => lock.lock(),
      () => lock.trylock(),
      () => lock.unlock(),
    );
  },
});

lockSuite({
  name: 'RwSpinLock as a writer',
  ...SPINNING,
  make: () => {
    const lock = new RwSpinLock({ name: 'L' });
    return kernel(
      () => lock.writeLock(),
      () => lock.writeTrylock(),
      () => lock.writeUnlock(),
    );
  },
});

lockSuite({
  name: 'SeqLock as a writer',
  ...SPINNING,
  make: () => {
    const lock = new SeqLock({ name: 'Q' });
    return kernel(
      () => lock.writeLock(),
      () => lock.writeTrylock(),
      () => lock.writeUnlock(),
    );
  },
});

lockSuite({
  name: 'Folio lock',
  ...KERNEL,
  fair: false,
  make: () => {
    const folio = new Folio({ label: 'F' });
    return kernel(
      ({ signal }) => (signal === undefined ? folio.lock() : folio.lockKillable(signal)),
      () => folio.trylock(),
      () => folio.unlock(),
    );
  },
});

lockSuite({
  name: 'Bit lock',
  ...KERNEL,
  fair: false,
  refusesDoubleRelease: false,
  make: () => {
    const bits = new WaitBits({ name: 'B' });
    return kernel(
      ({ signal }) => bits.waitOnBitLock(0, signal),
      () => !bits.testAndSet(0),
      () => bits.clearAndWakeUp(0),
    );
  },
});
