import { describe, expect, test } from 'vitest';
import { LibraryStage, latest, turn } from './library-stage.ts';

describe('async-rwlock', () => {
  const load = (): typeof import('async-rwlock') => latest('async-rwlock');

  test('a reader that becomes a writer waits for itself', async () => {
    using stage = new LibraryStage();
    const { RWLock } = load();
    const stock = new RWLock();
    const reserve = async (): Promise<void> => {
      await stock.readLock();
      await turn();
      await stock.writeLock();
    };
    void reserve();
    expect(await stage.found()).toEqual(['DEPT002 error stock']);
  });

  test('one that gives the read lock back first does not', async () => {
    using stage = new LibraryStage();
    const { RWLock } = load();
    const stock = new RWLock();
    const reserve = async (): Promise<void> => {
      await stock.readLock();
      await turn();
      stock.unlock();
      await stock.writeLock();
      stock.unlock();
    };
    await Promise.all([reserve(), reserve(), reserve()]);
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });

  test('a reader reads again: it passes the writers that wait', async () => {
    using stage = new LibraryStage();
    const { RWLock } = load();
    const stock = new RWLock();
    const count = async (depth: number): Promise<void> => {
      await stock.readLock();
      await turn();
      if (depth > 0) await count(depth - 1);
      stock.unlock();
    };
    const write = async (): Promise<void> => {
      await stock.writeLock();
      stock.unlock();
    };
    await Promise.all([count(2), write(), count(1)]);
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });

  test('readers of two locks in two orders are no circle, a writer among them is one', async () => {
    using stage = new LibraryStage();
    const { RWLock } = load();
    const [stock, orders] = [new RWLock(), new RWLock()];
    const both = async (first: 'readLock' | 'writeLock', a: typeof stock, b: typeof stock): Promise<void> => {
      await a.readLock();
      await b[first]();
      b.unlock();
      a.unlock();
    };
    await both('readLock', stock, orders);
    await both('readLock', orders, stock);
    expect(await stage.found()).toEqual([]);
    await both('writeLock', stock, orders);
    await both('writeLock', orders, stock);
    expect(await stage.found()).toEqual([expect.stringMatching(/^DEPT001 error /)]);
  });

  test('a wait that gives up takes nothing', async () => {
    using stage = new LibraryStage();
    const { RWLock, ErrTimeout } = load();
    const [stock, orders] = [new RWLock(), new RWLock()];
    await stock.writeLock();
    await expect(stock.readLock(1)).rejects.toBe(ErrTimeout);
    expect(stage.open).toEqual([]);
    stock.unlock();
    await orders.readLock();
    await orders.readLock(5);
    orders.unlock();
    orders.unlock();
    expect((await stage.found()).filter((line) => !line.includes('warning'))).toEqual([]);
  });

  test('unlocked twice it throws as it does without dept', async () => {
    using stage = new LibraryStage();
    const { RWLock, ErrNotLocked } = load();
    const stock = new RWLock();
    await stock.writeLock();
    stock.unlock();
    expect(() => stock.unlock()).toThrow(ErrNotLocked);
    await stock.writeLock();
    expect(await stage.found()).toEqual([]);
  });
});

describe('rwlock', () => {
  const load = (): typeof import('rwlock') => latest('rwlock');

  test('a reader that waits for the write lock before it releases waits for itself', async () => {
    using stage = new LibraryStage();
    const ReadWriteLock = load();
    const cache = new ReadWriteLock();
    cache.readLock('greeting', (release) => {
      cache.writeLock('greeting', (releaseWrite) => {
        releaseWrite();
        release();
      });
    });
    expect(await stage.found()).toEqual(['DEPT002 error cache']);
  });

  test('one that asks for it and then releases is upgraded', async () => {
    using stage = new LibraryStage();
    const ReadWriteLock = load();
    const cache = new ReadWriteLock();
    const done: string[] = [];
    cache.readLock((release) => {
      cache.writeLock((releaseWrite) => {
        done.push('written');
        releaseWrite();
      });
      done.push('read');
      release();
    });
    await turn();
    expect(done).toEqual(['read', 'written']);
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });

  test('two keys in two orders that happen not to meet are a circle, other keys are none', async () => {
    using stage = new LibraryStage();
    const ReadWriteLock = load();
    const cache = new ReadWriteLock();
    const both = (first: string, second: string): void =>
      cache.writeLock(first, (release) =>
        cache.writeLock(second, (releaseSecond) => {
          releaseSecond();
          release();
        }),
      );
    both('a', 'b');
    both('b', 'c');
    expect(await stage.found()).toEqual([]);
    both('b', 'a');
    expect(await stage.found()).toEqual(['DEPT001 error cache cache']);
  });

  test('a reader that reads again may meet a writer in between', async () => {
    using stage = new LibraryStage();
    const ReadWriteLock = load();
    const cache = new ReadWriteLock();
    cache.readLock((release) =>
      cache.readLock((releaseInner) => {
        releaseInner();
        release();
      }),
    );
    expect(await stage.found()).toEqual(['DEPT001 error cache']);
  });

  test('a wait that gives up is over, whether the program wants to know or not', async () => {
    using stage = new LibraryStage();
    const ReadWriteLock = load();
    const cache = new ReadWriteLock();
    const scope = {};
    const told: unknown[] = [];
    cache.writeLock(() => undefined);
    cache.readLock(() => told.push('never'), { timeout: 1 });
    const gaveUp = new Promise<void>((resolve) => {
      cache.readLock(() => told.push('never'), {
        timeout: 2,
        scope,
        timeoutCallback(this: unknown) {
          told.push(this);
          resolve();
        },
      });
    });
    expect(stage.open).toHaveLength(2);
    await gaveUp;
    expect(told).toEqual([scope]);
    expect(told[0]).toBe(scope);
    expect(stage.open).toEqual([]);
    expect(await stage.found()).toEqual([]);
  });

  test('what a program makes is still of the class that it has loaded, and what its callbacks get is the same', async () => {
    const Bare = load();
    using _stage = new LibraryStage();
    const ReadWriteLock = load();
    expect(ReadWriteLock).not.toBe(Bare);
    const lock = new ReadWriteLock();
    expect(lock).toBeInstanceOf(ReadWriteLock);
    expect(lock).toBeInstanceOf(Bare);
    expect([ReadWriteLock.name, ReadWriteLock.length]).toEqual([Bare.name, Bare.length]);
    const scope = { name: 'scope' };
    const got: unknown[] = [];
    lock.async.writeLock(
      'key',
      function (this: unknown, error, release) {
        got.push(this, error, typeof release);
        release();
        release();
      },
      { scope },
    );
    expect(got).toEqual([scope, null, 'function']);
  });
});
