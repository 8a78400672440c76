import { describe, expect, test } from 'vitest';
import { LibraryStage, latest, turn } from './library-stage.ts';

type Locks = typeof import('locks');
type Mutex = ReturnType<Locks['createMutex']>;
type ReadWriteLock = ReturnType<Locks['createReadWriteLock']>;

const load = (): Locks => latest('locks');

describe('a mutex', () => {
  test('taken again under itself never comes', async () => {
    using stage = new LibraryStage();
    const stock = load().createMutex();
    stock.lock(() => stock.lock(() => undefined));
    expect(await stage.found()).toEqual(['DEPT002 error stock']);
  });

  test('taken again after it was given back is taken by nobody', async () => {
    using stage = new LibraryStage();
    const stock = load().createMutex();
    const order: string[] = [];
    stock.lock(() => {
      stock.lock(() => {
        order.push('second');
        stock.unlock();
      });
      order.push('first');
      stock.unlock();
    });
    expect(order).toEqual(['first', 'second']);
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });

  test('two orders that happen not to meet are a circle, one order is none', async () => {
    using stage = new LibraryStage();
    const { createMutex } = load();
    const [stock, ledger, log] = [createMutex(), createMutex(), createMutex()];
    const both = (first: Mutex, second: Mutex): void =>
      first.lock(() =>
        second.lock(() => {
          second.unlock();
          first.unlock();
        }),
      );
    both(stock, ledger);
    both(ledger, log);
    both(stock, log);
    expect(await stage.found()).toEqual([]);
    both(ledger, stock);
    expect(await stage.found()).toEqual([expect.stringMatching(/^DEPT001 error /)]);
  });

  test('a circle that a time limit breaks is a warning', async () => {
    using stage = new LibraryStage();
    const { createMutex } = load();
    const [stock, ledger] = [createMutex(), createMutex()];
    stock.lock(() => {
      ledger.timedLock(5000, () => {
        ledger.unlock();
        stock.unlock();
      });
    });
    ledger.lock(() => {
      stock.timedLock(5000, () => {
        stock.unlock();
        ledger.unlock();
      });
    });
    expect(await stage.found()).toEqual(['DEPT001 warning ledger stock']);
  });

  test('a wait that gives up takes nothing, and its turn goes to the next', async () => {
    using stage = new LibraryStage();
    const stock = load().createMutex();
    const told: unknown[] = [];
    stock.lock(() => void setTimeout(() => stock.unlock(), 20));
    stock.timedLock(1, (error) => told.push(error?.message, stage.open.length));
    await new Promise<void>((resolve) => {
      stock.lock(() => {
        told.push('next');
        stock.unlock();
        resolve();
      });
    });
    expect(told).toEqual(['Lock timed out', 1, 'next']);
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });

  test('what is tried is held', async () => {
    using stage = new LibraryStage();
    const { createMutex } = load();
    const [tried, other] = [createMutex(), createMutex()];
    expect([tried.tryLock(), tried.tryLock()]).toEqual([true, false]);
    other.lock(() => {
      other.unlock();
      tried.unlock();
    });
    other.lock(() =>
      tried.lock(() => {
        tried.unlock();
        other.unlock();
      }),
    );
    expect(await stage.found()).toEqual([expect.stringMatching(/^DEPT001 error /)]);
  });

  test('what callbacks are called on, what they throw and what a wrong unlock throws are as without dept', () => {
    const transcript = (): readonly unknown[] => {
      const stock = load().createMutex();
      const log: unknown[] = [];
      const thrown = (run: () => unknown): void => {
        try {
          log.push(run());
        } catch (error) {
          log.push((error as Error).message);
        }
      };
      stock.lock(function (this: unknown, ...args: unknown[]) {
        log.push(this === stock, args);
      });
      thrown(() => stock.unlock());
      thrown(() => stock.unlock());
      thrown(() => stock.lock(undefined as never));
      thrown(() => stock.unlock());
      thrown(() =>
        stock.lock(() => {
          throw new Error('on purpose');
        }),
      );
      thrown(() => stock.tryLock());
      return log;
    };
    const bare = transcript();
    using _stage = new LibraryStage();
    expect(transcript()).toEqual(bare);
  });
});

describe('a lock with readers', () => {
  test('a reader that becomes a writer waits for itself', async () => {
    using stage = new LibraryStage();
    const stock = load().createReadWriteLock();
    stock.readLock(() => stock.writeLock(() => undefined));
    expect(await stage.found()).toEqual(['DEPT002 error stock']);
  });

  test('one that gives the read lock back first does not', async () => {
    using stage = new LibraryStage();
    const stock = load().createReadWriteLock();
    const done: string[] = [];
    stock.readLock(() => {
      stock.writeLock(() => {
        done.push('written');
        stock.unlock();
      });
      done.push('read');
      stock.unlock();
    });
    expect(done).toEqual(['read', 'written']);
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });

  test('a reader reads again: it passes the writers that wait', async () => {
    using stage = new LibraryStage();
    const stock = load().createReadWriteLock();
    const read = async (): Promise<void> => {
      await new Promise<void>((resolve) => stock.readLock(() => resolve()));
      await turn();
      await new Promise<void>((resolve) => stock.timedReadLock(100, () => resolve()));
      stock.unlock();
      stock.unlock();
    };
    const write = async (): Promise<void> => {
      await new Promise<void>((resolve) => stock.writeLock(() => resolve()));
      stock.unlock();
    };
    await Promise.all([read(), write(), read()]);
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });

  test('readers of two locks in two orders are no circle, a writer among them is one', async () => {
    using stage = new LibraryStage();
    const { createReadWriteLock } = load();
    const [stock, orders] = [createReadWriteLock(), createReadWriteLock()];
    const both = (how: 'readLock' | 'writeLock', first: ReadWriteLock, second: ReadWriteLock): void =>
      first.readLock(() =>
        second[how](() => {
          second.unlock();
          first.unlock();
        }),
      );
    both('readLock', stock, orders);
    both('readLock', orders, stock);
    expect(await stage.found()).toEqual([]);
    both('writeLock', stock, orders);
    both('writeLock', orders, stock);
    expect(await stage.found()).toEqual([expect.stringMatching(/^DEPT001 error /)]);
  });

  test('a wait that gives up is over', async () => {
    using stage = new LibraryStage();
    const stock = load().createReadWriteLock();
    const told: unknown[] = [];
    stock.writeLock(() => void setTimeout(() => stock.unlock(), 20));
    for (const method of ['timedReadLock', 'timedWriteLock'] as const) {
      stock[method](1, (error) => told.push(error?.message));
    }
    await new Promise<void>((resolve) => {
      stock.readLock(() => {
        stock.unlock();
        resolve();
      });
    });
    expect(told).toEqual(['ReadLock timed out', 'WriteLock timed out']);
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });

  test('what is tried is held, and what is taken by trying inside is held once', async () => {
    using stage = new LibraryStage();
    const stock = load().createReadWriteLock();
    expect([stock.tryWriteLock(), stock.tryReadLock(), stock.tryWriteLock()]).toEqual([true, false, false]);
    stock.unlock();
    expect([stock.tryReadLock(), stock.tryReadLock()]).toEqual([true, true]);
    stock.unlock();
    stock.unlock();
    for (const method of ['timedReadLock', 'timedWriteLock'] as const) stock[method](1, () => stock.unlock());
    expect(() => stock.unlock()).toThrow('ReadWriteLock is not locked');
    expect(await stage.found()).toEqual([]);
    expect(stage.installation.session.histories.active).toBe(false);
  });
});

describe('a semaphore', () => {
  test('of several permits is a pool: a holder that asks again is told of though one was free', async () => {
    using stage = new LibraryStage();
    const slots = load().createSemaphore(2);
    slots.wait(() =>
      slots.wait(() => {
        slots.signal();
        slots.signal();
      }),
    );
    expect(await stage.found()).toEqual(['DEPT001 error slots']);
  });

  test('that counts what others give is left alone', async () => {
    using stage = new LibraryStage();
    const items = load().createSemaphore(1);
    const got: number[] = [];
    items.signal();
    for (let i = 0; i < 4; i++) items.wait(() => got.push(i));
    await turn();
    items.signal();
    items.signal();
    expect(got).toEqual([0, 1, 2, 3]);
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });
});

test('the methods that were there come back when nobody watches any more', () => {
  const classes = [load().createMutex(), load().createReadWriteLock(), load().createSemaphore(1)];
  const methods = (): unknown[] => classes.map((made) => Object.getOwnPropertyDescriptors(Object.getPrototypeOf(made)));
  const before = methods();
  {
    using _stage = new LibraryStage();
    expect(methods()).not.toEqual(before);
  }
  expect(methods()).toEqual(before);
});
