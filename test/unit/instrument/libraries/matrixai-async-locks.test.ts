import type * as AsyncLocks from '@matrixai/async-locks';
import { beforeAll, describe, expect, test } from 'vitest';
import { install } from '../../../../instrument/install.ts';
import { LibraryStage, turn } from './library-stage.ts';

let locks: typeof AsyncLocks;

beforeAll(async () => {
  const installation = install();
  locks = await import('@matrixai/async-locks');
  installation.uninstall();
});

describe('Lock and Semaphore', () => {
  test('a lock that is taken again under itself never comes', async () => {
    using stage = new LibraryStage();
    const stock = new locks.Lock();
    void stock.withF(async () => {
      await turn();
      await stock.withF(async () => undefined);
    });
    expect(await stage.found()).toEqual(['DEPT002 error stock']);
  });

  test('a holder of several permits that asks for more is told of though some were free', async () => {
    using stage = new LibraryStage();
    const slots = new locks.Semaphore(3);
    const [release] = await slots.lock(2)();
    const [releaseSecond] = await slots.lock()();
    await releaseSecond();
    await release();
    expect(await stage.found()).toEqual(['DEPT001 error slots']);
  });

  test('two orders that only a time limit breaks are a warning', async () => {
    using stage = new LibraryStage();
    const [stock, ledger] = [new locks.Lock(), new locks.Lock()];
    await stock.withF(() => ledger.withF({ timer: 5000 }, async () => undefined));
    await ledger.withF(() => stock.withF({ timer: 5000 }, async () => undefined));
    expect(await stage.found()).toEqual(['DEPT001 warning ledger stock']);
  });

  test('what gives up or is cancelled waits no more, and takes nothing', async () => {
    using stage = new LibraryStage();
    const stock = new locks.Lock();
    const holding = stock.withF(() => new Promise<void>((resolve) => void setTimeout(resolve, 20)));
    const cancelled = stock.lock()();
    const ends = Promise.allSettled([stock.lock({ timer: 1 })(), cancelled]);
    expect(stage.open).toHaveLength(2);
    const reason = new Error('on purpose');
    cancelled.cancel(reason);
    expect(await ends).toEqual([
      { status: 'rejected', reason: expect.any(locks.errors.ErrorAsyncLocksTimeout) },
      { status: 'rejected', reason },
    ]);
    expect(stage.open).toEqual([]);
    await holding;
    await stock.withF(async () => undefined);
    expect(await stage.found()).toEqual([]);
  });

  test('released twice it is released once', async () => {
    using stage = new LibraryStage();
    const slots = new locks.Semaphore(1);
    const [release] = await slots.lock()();
    await release();
    const [releaseSecond] = await slots.lock()();
    await release();
    expect(slots.count).toBe(1);
    await releaseSecond();
    expect(slots.count).toBe(0);
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });
});

describe.each(['RWLockReader', 'RWLockWriter'] as const)('%s', (name) => {
  test('a reader that becomes a writer waits for itself, and for none of the locks inside', async () => {
    using stage = new LibraryStage();
    const stock = new locks[name]();
    void stock.withReadF(async () => {
      await turn();
      await stock.withWriteF(async () => undefined);
    });
    expect(await stage.found()).toEqual(['DEPT002 error stock']);
    expect(stage.open).toHaveLength(1);
  });

  test('readers and writers after and beside each other are nothing', async () => {
    using stage = new LibraryStage();
    const stock = new locks[name]();
    const log: string[] = [];
    const read = (): Promise<void> => stock.withReadF(async () => turn().then(() => void log.push('read')));
    const write = (): Promise<void> => stock.withWriteF(async () => turn().then(() => void log.push('written')));
    for (let round = 0; round < 3; round++)
      await Promise.all([read(), write(), read(), read(), write(), write(), read()]);
    expect(log).toHaveLength(21);
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });

  test('readers of two locks in two orders are no circle, writers among them are one', async () => {
    using stage = new LibraryStage();
    const [stock, orders] = [new locks[name](), new locks[name]()];
    const both = (how: 'withReadF' | 'withWriteF', first: typeof stock, second: typeof stock): Promise<void> => {
      return first.withReadF(() => second[how](async () => undefined));
    };
    if (name === 'RWLockReader') {
      await both('withReadF', stock, orders);
      await both('withReadF', orders, stock);
      expect(await stage.found()).toEqual([]);
    }
    await both('withWriteF', stock, orders);
    await both('withWriteF', orders, stock);
    expect(await stage.found()).toEqual([expect.stringMatching(/^DEPT001 error /)]);
  });

  test('a wait that gives up is over', async () => {
    using stage = new LibraryStage();
    const stock = new locks[name]();
    const holding = stock.withWriteF(() => new Promise<void>((resolve) => void setTimeout(resolve, 20)));
    await expect(stock.write({ timer: 1 })()).rejects.toThrow(locks.errors.ErrorAsyncLocksTimeout);
    expect(stage.open).toEqual([]);
    await holding;
    expect(await stage.found()).toEqual([]);
  });
});

test('a reader that reads again passes the writers of the one class, and may wait for those of the other', async () => {
  using stage = new LibraryStage();
  const [passing, standing] = [new locks.RWLockReader(), new locks.RWLockWriter()];
  await passing.withReadF(() => passing.withReadF(async () => undefined));
  expect(await stage.found()).toEqual([]);
  await standing.withReadF(() => standing.withReadF(async () => undefined));
  expect(await stage.found()).toEqual(['DEPT001 error standing']);
});

describe('LockBox', () => {
  test('two keys in two orders that happen not to meet are a circle, other keys are none', async () => {
    using stage = new LibraryStage();
    const accounts = new locks.LockBox<AsyncLocks.Lock>();
    const both = (first: string, second: string): Promise<void> =>
      accounts.withF([first, locks.Lock], () => accounts.withF([second, locks.Lock], async () => undefined));
    await both('alice', 'bob');
    await both('bob', 'carol');
    expect(await stage.found()).toEqual([]);
    await both('bob', 'alice');
    expect(await stage.found()).toEqual(['DEPT001 error accounts accounts']);
  });

  test('two orders that only a time limit of the box breaks are a warning', async () => {
    using stage = new LibraryStage();
    const accounts = new locks.LockBox<AsyncLocks.Lock>();
    const both = (first: string, second: string): Promise<void> =>
      accounts.withF([first, locks.Lock], { timer: 5000 }, () =>
        accounts.withF([second, locks.Lock], { timer: 5000 }, async () => undefined),
      );
    await both('alice', 'bob');
    await both('bob', 'alice');
    expect(await stage.found()).toEqual(['DEPT001 warning accounts accounts']);
  });

  test('keys that are asked for together are taken in one order', async () => {
    using stage = new LibraryStage();
    const accounts = new locks.LockBox<AsyncLocks.RWLockWriter>();
    const both = (first: string, second: string): Promise<void> =>
      accounts.withF([first, locks.RWLockWriter], [second, locks.RWLockWriter], turn);
    await Promise.all([both('alice', 'bob'), both('bob', 'alice')]);
    await accounts.withMultiF(['bob', locks.RWLockWriter, 'write'], ['alice', locks.RWLockWriter, 'read'], turn);
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
    expect(accounts.count).toBe(0);
  });

  test('the class of a key is the one of the program', async () => {
    using _stage = new LibraryStage();
    const accounts = new locks.LockBox<AsyncLocks.Lock | AsyncLocks.RWLockReader>();
    const [release] = await accounts.lock(['alice', locks.Lock])();
    expect(accounts.locks.get('alice')?.constructor).toBe(locks.Lock);
    await expect(accounts.lock(['alice', locks.RWLockReader])()).rejects.toThrow(/class Lock, which conflicts/);
    await release();
  });
});

describe('Monitor', () => {
  type Box = AsyncLocks.LockBox<AsyncLocks.RWLockWriter>;

  async function twoOrders(pending?: Map<string, { count: number }>): Promise<readonly string[]> {
    const box: Box = new locks.LockBox();
    const monitor = (): AsyncLocks.Monitor<AsyncLocks.RWLockWriter> =>
      new locks.Monitor(box, locks.RWLockWriter, pending);
    const both = async (first: string, second: string): Promise<string> => {
      const own = monitor();
      try {
        await own.lock(first)();
        await turn();
        await own.lock(second)();
        return 'both';
      } catch (error) {
        return (error as Error).constructor.name;
      } finally {
        await own.unlockAll();
      }
    };
    return Promise.all([both('alice', 'bob'), both('bob', 'alice')]);
  }

  test('two that wait for each other are a deadlock', async () => {
    using stage = new LibraryStage();
    void twoOrders();
    expect(await stage.found()).toEqual([expect.stringMatching(/^DEPT002 error /)]);
  });

  test('those that look for deadlocks by themselves are left alone', async () => {
    using stage = new LibraryStage();
    expect((await twoOrders(new Map())).toSorted()).toEqual(['ErrorAsyncLocksMonitorDeadlock', 'both']);
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });

  test('who locks what it has already takes nothing', async () => {
    using stage = new LibraryStage();
    const monitor = new locks.Monitor(new locks.LockBox<AsyncLocks.RWLockWriter>(), locks.RWLockWriter);
    await monitor.withF('alice', () => monitor.withF('alice', async () => undefined));
    expect(await stage.found()).toEqual([]);
  });
});

test('a barrier that one of several has passed is passed by all', async () => {
  using stage = new LibraryStage();
  const barrier = await locks.Barrier.createBarrier(3);
  const other = new locks.Lock();
  const pass = (): Promise<void> => other.withF(turn).then(() => barrier.wait());
  await Promise.all([pass(), pass(), pass()]);
  await pass();
  expect(await stage.found()).toEqual([]);
  expect(stage.open).toEqual([]);
});

test('the methods that were there come back when nobody watches any more', () => {
  const { Lock, LockBox, Monitor, RWLockReader, RWLockWriter, Semaphore } = locks;
  const methods = (): unknown[] =>
    [Lock, LockBox, Monitor, RWLockReader, RWLockWriter, Semaphore].map(({ prototype }) =>
      Object.getOwnPropertyDescriptors(prototype),
    );
  const before = methods();
  {
    using _stage = new LibraryStage();
    expect(methods()).not.toEqual(before);
  }
  expect(methods()).toEqual(before);
});
