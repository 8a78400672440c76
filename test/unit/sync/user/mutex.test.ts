import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { Session } from '../../../../src/core/session.ts';
import { attachSession, detachSession } from '../../../../src/sync/hooks.ts';
import { Mutex, Semaphore, TimeoutError, World } from '../../../../src/sync/index.ts';
import { recorded } from '../../../conformance/recorder.ts';

describe('Mutex', () => {
  test('tells what it does, contended and not', async () => {
    const recorder = await recorded(async () => {
      const world = new World();
      const mutex = new Mutex({ name: 'A' });
      world.task('X', async () => {
        const guard = await mutex.lock();
        await world.sleep(1);
        guard.release();
      });
      world.task('Y', async () => {
        const guard = await mutex.lock();
        guard.release();
        mutex.tryLock()?.release();
      });
      await world.run();
    });
    expect(recorder.lines).toEqual([
      'X wait lock(A)',
      'X fired lock(A)',
      'X enter lock(A)',
      'Y wait lock(A)',
      'Y blocked lock(A)',
      'X exit unlock(A)',
      // The grant happens in the release, before the waiter runs.
      'Y fired lock(A)',
      'Y enter lock(A)',
      'Y exit unlock(A)',
      'Y enter trylock(A)',
      'Y exit unlock(A)',
    ]);
  });

  test('guards release at the end of a block, once', async () => {
    const mutex = new Mutex();
    {
      using guard = await mutex.lock();
      expect(mutex.isLocked).toBe(true);
      guard.release();
      expect(mutex.isLocked).toBe(false);
    }
    {
      await using _guard = await mutex.lock();
      expect(mutex.isLocked).toBe(true);
    }
    expect(mutex.isLocked).toBe(false);
  });

  test('runExclusive releases whatever happens, and passes results and errors on', async () => {
    const recorder = await recorded(async () => {
      const mutex = new Mutex({ name: 'A' });
      expect(await mutex.runExclusive(() => 42)).toBe(42);
      await expect(mutex.runExclusive(() => Promise.reject(new Error('inside')))).rejects.toThrow('inside');
      await expect(
        mutex.runExclusive(() => {
          throw new Error('at once');
        }),
      ).rejects.toThrow('at once');
      expect(mutex.isLocked).toBe(false);
    });
    expect(recorder.open.size).toBe(0);
  });

  test('runExclusive is structured, lock is not', async () => {
    await recorded(async (recorder) => {
      const mutex = new Mutex({ name: 'A' });
      await mutex.runExclusive(() => expect([...recorder.open].map((held) => held.how.structured)).toEqual([true]));
      using _guard = await mutex.lock();
      expect([...recorder.open].map((held) => held.how.structured)).toEqual([false]);
    });
  });

  test('rejects with a TimeoutError, and with the reason of the signal', async () => {
    const world = new World();
    const mutex = new Mutex({ name: 'A', timeoutMs: 20 });
    const reason = new Error('enough');
    world.task('owner', async () => {
      using _guard = await mutex.lock();
      await world.sleep(100);
    });
    world.task('default timeout', async () => {
      const error = await mutex.lock().catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(TimeoutError);
      expect(error).toMatchObject({ name: 'TimeoutError', code: 'ERR_DEPT_TIMEOUT', timeoutMs: 20 });
      expect(world.now()).toBe(20);
    });
    const abort = new AbortController();
    world.task('aborted', async () => {
      expect(await mutex.lock({ signal: abort.signal }).catch((caught: unknown) => caught)).toBe(reason);
    });
    world.task('aborter', () => abort.abort(reason));
    expect((await world.run()).stuck).toEqual([]);
    expect(mutex.waiting).toBe(0);
  });

  test('leaves nothing on the signal once it is granted', async () => {
    const mutex = new Mutex({ name: 'A' });
    const { signal } = new AbortController();
    const owner = await mutex.lock();
    const waiting = mutex.lock({ signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    owner.release();
    (await waiting).release();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('a timed wait says so', async () => {
    await recorded(async (recorder) => {
      const world = new World();
      const mutex = new Mutex({ name: 'A' });
      const timed: boolean[] = [];
      world.task('owner', () => mutex.runExclusive(() => world.sleep(5)));
      world.task('timed', async () => {
        using _guard = await mutex.lock({ timeoutMs: 50 });
      });
      world.task('looks', () => void timed.push(...[...recorder.pending].map((wait) => wait.timed)));
      await world.run();
      expect(timed).toEqual([true]);
    });
  });

  test('a bad timeout is refused where it is given', () => {
    const mutex = new Mutex();
    for (const timeoutMs of [-1, Number.NaN]) {
      expect(() => mutex.lock({ timeoutMs })).toThrow(expect.objectContaining({ code: 'ERR_DEPT_BAD_OPTION' }));
      expect(() => new Mutex({ timeoutMs })).toThrow(expect.objectContaining({ code: 'ERR_DEPT_BAD_OPTION' }));
    }
  });

  test('cannot be destroyed while it is used, nor used afterwards', async () => {
    const recorder = await recorded(async () => {
      const mutex = new Mutex({ name: 'A' });
      const guard = await mutex.lock();
      expect(() => mutex.destroy()).toThrow(expect.objectContaining({ code: 'ERR_DEPT_BUSY' }));
      guard.release();
      mutex.destroy();
      expect(() => mutex.lock()).toThrow(expect.objectContaining({ code: 'ERR_DEPT_DESTROYED' }));
      expect(() => mutex.tryLock()).toThrow(expect.objectContaining({ code: 'ERR_DEPT_DESTROYED' }));
    });
    expect(recorder.kinds).toEqual(['destroy-held', 'use-after-destroy', 'use-after-destroy']);
  });

  test('a double release is a misuse that names the lock', async () => {
    const recorder = await recorded(async () => {
      const guard = await new Mutex({ name: 'A' }).lock();
      guard.release();
      expect(() => guard.release()).toThrow('A guard of A is released twice');
    });
    expect(recorder.kinds).toEqual(['bad-unlock']);
  });

  test('a lock older than the session is tracked from its next use on', async () => {
    const mutex = new Mutex({ name: 'A' });
    const early = await mutex.lock();
    const recorder = await recorded(async () => {
      early.release();
      (await mutex.lock()).release();
    });
    expect(recorder.lines).toEqual([
      'main wait lock(A)',
      'main fired lock(A)',
      'main enter lock(A)',
      'main exit unlock(A)',
    ]);
    (await mutex.lock()).release();
  });

  test('a fault in an observer detaches the session and leaves the lock alone', async () => {
    const session = new Session();
    const faults: unknown[] = [];
    session.addObserver({
      onWait() {
        throw new Error('observer');
      },
    });
    attachSession(session, (fault) => faults.push(fault));
    try {
      const mutex = new Mutex({ name: 'A' });
      expect(await mutex.runExclusive(() => 1)).toBe(1);
    } finally {
      detachSession();
    }
    expect(faults).toHaveLength(1);
  });

  test('works on plain promises', async () => {
    const mutex = new Mutex();
    const order: number[] = [];
    await Promise.all(
      [1, 2, 3].map((n) =>
        mutex.runExclusive(async () => {
          order.push(n);
          await Promise.resolve();
          order.push(n);
        }),
      ),
    );
    expect(order).toEqual([1, 1, 2, 2, 3, 3]);
  });
});

describe('unnamed primitives', () => {
  test('are classes by the place where they were made', () => {
    let line = 0;
    const capture = () => ({ frames: [{ functionName: 'f', file: 'app/db.ts', line: ++line, column: 7 }] });
    const session = new Session({ stacks: { capture } });
    attachSession(session, () => undefined);
    try {
      const [first, second] = [new Mutex(), new Mutex()];
      const keyOf = (mutex: Mutex) => mutex.tryLock()?.eventContext?.object.key;
      expect(keyOf(second)).toMatchObject({ name: 'mutex@app/db.ts:2:7', site: 'app/db.ts:2:7' });
      expect(keyOf(first)).toMatchObject({ name: 'mutex@app/db.ts:1:7', site: 'app/db.ts:1:7' });
    } finally {
      detachSession();
    }
  });
});

describe('Semaphore', () => {
  test('a caller that wants many is not overtaken', async () => {
    const world = new World();
    const semaphore = new Semaphore(3, { name: 'S' });
    const order: string[] = [];
    const takes = (name: string, permits: number) => async () => {
      using _guard = await semaphore.acquire({ permits });
      order.push(name);
      await world.sleep(10);
    };
    world.task('two', takes('two', 2));
    world.task('three', takes('three', 3));
    world.task('one', takes('one', 1));
    expect((await world.run()).stuck).toEqual([]);
    expect(order).toEqual(['two', 'three', 'one']);
    expect(semaphore.available).toBe(3);
  });

  test('lets those behind pass when the first gives up', async () => {
    const world = new World();
    const semaphore = new Semaphore(2, { name: 'S' });
    const order: string[] = [];
    world.task('holder', async () => {
      using _guard = await semaphore.acquire();
      await world.sleep(50);
    });
    world.task('two', async () => {
      await semaphore.acquire({ permits: 2, timeoutMs: 10 }).catch(() => order.push('gave up'));
    });
    world.task('one', async () => {
      using _guard = await semaphore.acquire();
      order.push(`one at ${world.now()}`);
    });
    await world.run();
    expect(order).toEqual(['gave up', 'one at 10']);
  });

  test('refuses what can never be granted', () => {
    const semaphore = new Semaphore(2);
    for (const permits of [0, 3, 1.5, -1]) {
      expect(() => semaphore.acquire({ permits })).toThrow(expect.objectContaining({ code: 'ERR_DEPT_BAD_OPTION' }));
    }
    expect(() => new Semaphore(0)).toThrow(expect.objectContaining({ code: 'ERR_DEPT_BAD_OPTION' }));
  });

  test('says how many permits were asked for', async () => {
    await recorded(async (recorder) => {
      const semaphore = new Semaphore(4, { name: 'S' });
      using _guard = await semaphore.acquire({ permits: 3 });
      expect([...recorder.open].map((held) => [held.more?.permits, held.object.key.capacity])).toEqual([[3, 4]]);
    });
  });
});
