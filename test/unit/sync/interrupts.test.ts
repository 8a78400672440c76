import { describe, expect, test } from 'vitest';
import { KernelMutex, RwSpinLock, SpinLock, World } from '../../../src/sync/index.ts';
import { recorded } from '../../conformance/recorder.ts';

describe('spinlocks and interrupts', () => {
  test('sleeping under a spinlock is refused and told', async () => {
    const recorder = await recorded(async () => {
      const world = new World();
      const spin = new SpinLock({ name: 'L' });
      const mutex = new KernelMutex({ name: 'M' });
      world.task('atomic', async () => {
        await spin.lock();
        await expect(mutex.lock()).rejects.toMatchObject({ code: 'ERR_DEPT_ATOMIC' });
        await expect(async () => world.sleep(1)).rejects.toThrow('scheduling while atomic');
        spin.unlock();
        await mutex.lock();
        mutex.unlock();
      });
      expect((await world.run()).stuck).toEqual([]);
    });
    expect(recorder.kinds).toEqual(['scheduling-while-atomic', 'scheduling-while-atomic']);
    expect(recorder.pending.size).toBe(0);
  });

  test('a failed trylock leaves preemption as it was', async () => {
    const world = new World();
    const spin = new SpinLock({ name: 'L' });
    world.task('holder', async () => {
      await spin.lock();
      await world.delay(5);
      spin.unlock();
    });
    world.task('tries', async () => {
      expect(spin.trylock()).toBe(false);
      await world.sleep(1);
    });
    expect((await world.run()).stuck).toEqual([]);
  });

  test('a handler runs at once, as a context of its own, on top of the thread', async () => {
    const lines: string[] = [];
    await recorded(async (_recorder, session) => {
      const world = new World();
      world.task('task', async () => {
        lines.push(session.current.name);
        const ran = world.hardirq(() => void lines.push(`${session.current.name} ${session.current.kind}`), 'timer');
        lines.push(session.current.name);
        expect(await ran).toBe(true);
        await world.softirq(async () => {
          await Promise.resolve();
          lines.push(session.current.kind);
        });
        lines.push(session.current.name);
      });
      await world.run();
    });
    expect(lines).toEqual(['task', 'timer hardirq', 'task', 'softirq', 'task']);
  });

  test('with interrupts off the handler waits until they are on', async () => {
    const lines: string[] = [];
    const recorder = await recorded(async () => {
      const world = new World();
      const spin = new SpinLock({ name: 'L' });
      world.task('task', async () => {
        const flags = await spin.lockIrqsave();
        expect(await world.hardirq(() => void lines.push('irq'))).toBe(false);
        lines.push('still off');
        spin.unlockIrqrestore(flags);
        await world.yield();
        lines.push('task goes on');
      });
      await world.run();
    });
    expect(lines).toEqual(['still off', 'irq', 'task goes on']);
    expect(recorder.of('task')).toEqual([
      'hardirq off',
      'wait lock(L)',
      'fired lock(L)',
      'enter lock(L)',
      'exit unlock(L)',
      'hardirq on',
    ]);
  });

  test('bottom halves off put softirqs off, and nest', async () => {
    const lines: string[] = [];
    const world = new World();
    const [a, b] = [new SpinLock({ name: 'A' }), new SpinLock({ name: 'B' })];
    world.task('task', async () => {
      await a.lockBh();
      await b.lockBh();
      await world.softirq(() => void lines.push('softirq'));
      await world.hardirq(() => void lines.push('hardirq'));
      b.unlockBh();
      await world.softirq(() => void lines.push('softirq 2'));
      expect(lines).toEqual(['hardirq']);
      a.unlockBh();
    });
    await world.run();
    expect(lines).toEqual(['hardirq', 'softirq', 'softirq 2']);
  });

  test('a handler that takes the lock of the thread it interrupted spins for ever', async () => {
    const world = new World();
    const spin = new SpinLock({ name: 'L' });
    world.task('task', async () => {
      await spin.lock();
      await world.hardirq(async () => {
        await spin.lock();
        spin.unlock();
      });
      spin.unlock();
    });
    const { stuck } = await world.run();
    expect(stuck.map(({ waitingFor }) => waitingFor)).toEqual(['lock(L)']);
  });

  test('sleeping in a handler is refused; what it throws reaches the thread', async () => {
    const world = new World();
    const mutex = new KernelMutex({ name: 'M' });
    world.task('task', async () => {
      await expect(world.softirq(() => mutex.lock())).rejects.toMatchObject({ code: 'ERR_DEPT_ATOMIC' });
      await expect(
        world.hardirq(() => {
          throw new Error('handler');
        }),
      ).rejects.toThrow('handler');
      await mutex.lock();
      mutex.unlock();
    });
    expect((await world.run()).stuck).toEqual([]);
  });

  test('a soft interrupt raised in a hard one follows it', async () => {
    const lines: string[] = [];
    const world = new World();
    world.task('task', async () => {
      await world.hardirq(async () => {
        expect(await world.softirq(() => void lines.push('softirq'))).toBe(false);
        lines.push('hardirq');
      });
    });
    await world.run();
    expect(lines).toEqual(['hardirq', 'softirq']);
  });

  test('an interrupt that hits an idle world runs before any thread', async () => {
    const lines: string[] = [];
    const world = new World();
    world.task('task', () => void lines.push('task'));
    await world.hardirq(() => void lines.push('irq'));
    await world.run();
    expect(lines).toEqual(['irq', 'task']);
  });

  test('flags belong to the lock that saved them', async () => {
    const world = new World();
    const [a, b] = [new SpinLock({ name: 'A' }), new SpinLock({ name: 'B' })];
    world.task('task', async () => {
      const outer = await a.lockIrqsave();
      const inner = await b.lockIrqsave();
      expect(() => a.unlockIrqrestore(inner)).toThrow(expect.objectContaining({ code: 'ERR_DEPT_BAD_FLAGS' }));
      b.unlockIrqrestore(inner);
      expect(world.thread?.hardirqs).toBe(false);
      a.unlockIrqrestore(outer);
      expect(world.thread?.hardirqs).toBe(true);
      expect(() => a.unlockIrqrestore(outer)).toThrow(expect.objectContaining({ code: 'ERR_DEPT_BAD_FLAGS' }));
    });
    await world.run();
  });
});

describe('RwSpinLock', () => {
  async function readAgainBehindWriter(lock: RwSpinLock): Promise<string[]> {
    const world = new World();
    world.task('reader', async () => {
      await lock.readLock();
      await world.delay(1);
      await lock.readLock();
      lock.readUnlock();
      lock.readUnlock();
    });
    world.task('writer', async () => {
      await lock.writeLock();
      lock.writeUnlock();
    });
    return (await world.run()).stuck.map(({ task }) => task.name);
  }

  test('queued readers wait behind a queued writer', async () => {
    expect(await readAgainBehindWriter(new RwSpinLock({ name: 'L' }))).toEqual(['reader', 'writer']);
  });

  test('recursive readers pass a queued writer', async () => {
    expect(await readAgainBehindWriter(new RwSpinLock({ name: 'L', recursiveReaders: true }))).toEqual([]);
  });

  test('a reader in an interrupt passes a queued writer', async () => {
    const world = new World();
    const lock = new RwSpinLock({ name: 'L' });
    world.task('reader', async () => {
      await lock.readLock();
      await world.delay(1);
      await world.hardirq(async () => {
        await lock.readLock();
        lock.readUnlock();
      });
      lock.readUnlock();
    });
    world.task('writer', async () => {
      await lock.writeLock();
      lock.writeUnlock();
    });
    expect((await world.run()).stuck).toEqual([]);
  });

  test('a recursive reader that waits for the writer inside is let in with the readers, before queued writers', async () => {
    const world = new World();
    const lock = new RwSpinLock({ name: 'L', recursiveReaders: true });
    const order: string[] = [];
    world.task('writer 1', async () => {
      await lock.writeLock();
      await world.delay(1);
      lock.writeUnlock();
    });
    for (const name of ['reader 1', 'reader 2']) {
      world.task(name, async () => {
        await lock.readLock();
        order.push(name);
        await world.delay(1);
        lock.readUnlock();
      });
    }
    world.task('writer 2', async () => {
      await lock.writeLock();
      order.push('writer 2');
      lock.writeUnlock();
    });
    world.task('reader 3', async () => {
      await lock.readLock();
      order.push('reader 3');
      lock.readUnlock();
    });
    expect((await world.run()).stuck).toEqual([]);
    expect(order).toEqual(['reader 1', 'reader 2', 'reader 3', 'writer 2']);
  });
});
