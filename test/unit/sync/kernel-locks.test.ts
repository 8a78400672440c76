import { describe, expect, test } from 'vitest';
import { KernelMutex, KernelSemaphore, RwSemaphore, SeqLock, SpinLock, World } from '../../../src/sync/index.ts';
import { recorded } from '../../conformance/recorder.ts';

const code = (value: string) => expect.objectContaining({ code: value });

describe('KernelMutex', () => {
  test('is released by its owner only', async () => {
    const recorder = await recorded(async () => {
      const world = new World();
      const mutex = new KernelMutex({ name: 'A' });
      world.task('owner', async () => {
        await mutex.lock();
        await world.sleep(1);
        mutex.unlock();
        expect(() => mutex.unlock()).toThrow('mutex_unlock(A): owner does not hold it that way; nobody holds it');
      });
      world.task('other', () => expect(() => mutex.unlock()).toThrow('it is held by owner'));
      expect((await world.run()).stuck).toEqual([]);
    });
    expect(recorder.kinds).toEqual(['bad-unlock', 'bad-unlock']);
  });

  test('is not recursive', async () => {
    const world = new World();
    const mutex = new KernelMutex({ name: 'A' });
    world.task('twice', async () => {
      await mutex.lock();
      await mutex.lock();
    });
    expect((await world.run()).stuck.map(({ waitingFor }) => waitingFor)).toEqual(['lock(A)']);
  });

  test('is neither initialised nor freed while it is held', async () => {
    const recorder = await recorded(async () => {
      const mutex = new KernelMutex({ name: 'A' });
      await mutex.lock();
      expect(() => mutex.init()).toThrow(code('ERR_DEPT_BUSY'));
      expect(() => mutex.destroy()).toThrow(code('ERR_DEPT_BUSY'));
      mutex.unlock();
      mutex.destroy();
      await mutex.lock();
      mutex.unlock();
      mutex.init();
      await mutex.lock();
      mutex.unlock();
    });
    expect(recorder.kinds).toEqual(['init-held', 'destroy-held', 'use-after-destroy']);
  });

  test('passes nesting on to the record', async () => {
    await recorded(async (recorder) => {
      const mutex = new KernelMutex({ name: 'A' });
      await mutex.lock({ nest: 1 });
      expect([...recorder.open].map((held) => held.more?.nest)).toEqual([1]);
      mutex.unlock();
    });
  });
});

describe('RwSemaphore', () => {
  test('a waiting writer stops new readers', async () => {
    const world = new World();
    const sem = new RwSemaphore({ name: 'S' });
    world.task('reader', async () => {
      await sem.downRead();
      await world.yield();
      expect(sem.downReadTrylock()).toBe(false);
      await sem.downRead();
    });
    world.task('writer', () => sem.downWrite());
    expect((await world.run()).stuck.map(({ waitingFor }) => waitingFor)).toEqual(['down_read(S)', 'down_write(S)']);
  });

  test('a downgrade keeps the lock and lets readers in', async () => {
    const world = new World();
    const sem = new RwSemaphore({ name: 'S' });
    const lines: string[] = [];
    world.task('writer', async () => {
      await sem.downWrite();
      await world.sleep(1);
      sem.downgradeWrite();
      expect(() => sem.upWrite()).toThrow(code('ERR_DEPT_BAD_UNLOCK'));
      await world.sleep(1);
      lines.push('up');
      sem.upRead();
    });
    world.task('reader', async () => {
      await sem.downRead();
      lines.push('read');
      sem.upRead();
      expect(() => sem.downgradeWrite()).toThrow(code('ERR_DEPT_BAD_UNLOCK'));
    });
    expect((await world.run()).stuck).toEqual([]);
    expect(lines).toEqual(['read', 'up']);
    expect(sem.isLocked).toBe(false);
  });

  test('a reader is released elsewhere only where that is said', async () => {
    const recorder = await recorded(async () => {
      const world = new World();
      const sem = new RwSemaphore({ name: 'S' });
      world.task('reader', () => sem.downRead());
      world.task('other', () => {
        expect(() => sem.upRead()).toThrow(code('ERR_DEPT_BAD_UNLOCK'));
        sem.upReadNonOwner();
      });
      expect((await world.run()).stuck).toEqual([]);
    });
    expect(recorder.of('other')).toEqual(['exit up_read(S)']);
    expect(recorder.open.size).toBe(0);
  });

  test('interruptible readers', async () => {
    const world = new World();
    const sem = new RwSemaphore({ name: 'S' });
    let result = 0;
    world.task('writer', async () => {
      await sem.downWrite();
      await world.sleep(1);
      sem.upWrite();
    });
    const reader = world.task('reader', async () => {
      result = await sem.downReadInterruptible();
    });
    world.task('killer', () => reader.interrupt());
    expect((await world.run()).stuck).toEqual([]);
    expect(result).toBe(-4);
  });
});

describe('KernelSemaphore', () => {
  test('anybody may give a count back', async () => {
    const recorder = await recorded(async () => {
      const world = new World();
      const sem = new KernelSemaphore(2, { name: 'S' });
      world.task('taker', async () => {
        await sem.down();
        await sem.down();
        expect(sem.downTrylock()).toBe(false);
      });
      world.task('giver', () => {
        sem.up();
        sem.up();
      });
      expect((await world.run()).stuck).toEqual([]);
      expect(sem.count).toBe(2);
    });
    expect(recorder.of('giver')).toEqual(['exit up(S)', 'exit up(S)']);
  });

  test('one that starts at 0 signals: nobody holds it, every up is an event', async () => {
    const recorder = await recorded(async () => {
      const world = new World();
      const sem = new KernelSemaphore(0, { name: 'S' });
      for (const name of ['c1', 'c2']) world.task(name, () => sem.down());
      world.task('producer', () => {
        sem.up();
        sem.up();
        sem.up();
      });
      expect((await world.run()).stuck).toEqual([]);
      expect(sem.count).toBe(1);
    });
    expect(recorder.of('c1').slice(0, 3)).toEqual(['wait down(S)', 'blocked down(S)', 'request S']);
    expect(recorder.of('producer').filter((line) => line === 'event up(S)')).toHaveLength(3);
    expect(recorder.of('producer').filter((line) => line === 'request S')).toHaveLength(1);
    expect(recorder.open.size).toBe(0);
    expect(recorder.pending.size).toBe(0);
  });

  test('slots that are taken here and freed there are owed by nobody, when that is said', async () => {
    const recorder = await recorded(async () => {
      const world = new World();
      const free = new KernelSemaphore(2, { name: 'free', signals: true });
      const used = new KernelSemaphore(0, { name: 'used' });
      world.task('producer', async () => {
        for (let i = 0; i < 6; i++) {
          await free.down();
          used.up();
        }
      });
      world.task('consumer', async () => {
        for (let i = 0; i < 6; i++) {
          await used.down();
          free.up();
        }
      });
      expect((await world.run()).stuck).toEqual([]);
    });
    expect(recorder.kinds).toEqual([]);
    expect(recorder.open.size).toBe(0);
    expect(recorder.of('consumer')).toContain('event up(free)');
  });

  test('refuses a bad count', () => {
    expect(() => new KernelSemaphore(-1)).toThrow(code('ERR_DEPT_BAD_OPTION'));
  });
});

describe('SeqLock', () => {
  test('a reader that overlaps a writer reads again', async () => {
    const world = new World();
    const lock = new SeqLock({ name: 'Q' });
    let [a, b, tries] = [0, 0, 0];
    world.task('writer', async () => {
      await lock.writeLock();
      a = 1;
      await world.delay(10);
      b = 1;
      lock.writeUnlock();
    });
    world.task('reader', async () => {
      let seen = [0, 0];
      let start: number;
      do {
        start = await lock.readBegin();
        tries++;
        seen = [a, b];
      } while (lock.readRetry(start));
      expect(seen).toEqual([1, 1]);
      expect(world.now()).toBe(10);
    });
    expect((await world.run()).stuck).toEqual([]);
    expect(tries).toBe(1);
  });

  test('a reader never blocks a writer, and notices it', async () => {
    const recorder = await recorded(async () => {
      const world = new World();
      const lock = new SeqLock({ name: 'Q' });
      let retried = false;
      world.task('reader', async () => {
        const start = await lock.readBegin();
        await world.yield();
        retried = lock.readRetry(start);
      });
      world.task('writer', async () => {
        await lock.writeLock();
        lock.writeUnlock();
        expect(() => lock.writeUnlock()).toThrow(code('ERR_DEPT_BAD_UNLOCK'));
      });
      await world.run();
      expect(retried).toBe(true);
    });
    expect(recorder.of('reader')).toEqual(['wait read_lock(Q)', 'fired read_lock(Q)']);
    expect(recorder.of('writer')).toEqual([
      'wait lock(Q.lock)',
      'fired lock(Q.lock)',
      'enter lock(Q.lock)',
      'wait write_lock(Q)',
      'fired write_lock(Q)',
      'enter write_lock(Q)',
      'exit write_unlock(Q)',
      'exit unlock(Q.lock)',
    ]);
  });

  test('a reader that interrupts a writer spins for ever', async () => {
    const world = new World();
    const lock = new SeqLock({ name: 'Q' });
    world.task('writer', async () => {
      await lock.writeLock();
      await world.hardirq(async () => void (await lock.readBegin()));
      lock.writeUnlock();
    });
    expect((await world.run()).stuck.map(({ waitingFor }) => waitingFor)).toEqual(['read_seqbegin(Q)']);
  });
});

describe('outside a world', () => {
  test('kernel locks are ordinary asynchronous locks', async () => {
    const [mutex, spin, sem] = [new KernelMutex(), new SpinLock(), new RwSemaphore()];
    const order: number[] = [];
    const run = async (n: number) => {
      await mutex.lock();
      const flags = await spin.lockIrqsave();
      await sem.downRead();
      order.push(n);
      await Promise.resolve();
      order.push(n);
      sem.upRead();
      spin.unlockIrqrestore(flags);
      mutex.unlock();
    };
    await Promise.all([run(1), run(2), run(3)]);
    expect(order).toEqual([1, 1, 2, 2, 3, 3]);
  });
});
