import * as asyncMutex from 'async-mutex';
import { Mutex as LibraryMutex, Semaphore as LibrarySemaphore } from 'async-mutex';
import { afterEach, describe, expect, test } from 'vitest';
import { DeadlockError } from '../../../instrument/deadlock-breaker.ts';
import { currentInstallation, install } from '../../../instrument/install.ts';
import { Completion, Mutex, RwLock, Semaphore } from '../../../src/sync/user/index.ts';

afterEach(() => currentInstallation()?.uninstall());

/** Lets everything run that can, then says that nothing else will. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  currentInstallation()?.waitsFor.confirm(true);
  await new Promise((resolve) => setImmediate(resolve));
}

const outcome = async (work: Promise<unknown>): Promise<string> => {
  try {
    return String(await work);
  } catch (error) {
    return error instanceof DeadlockError ? 'refused' : `failed: ${String(error)}`;
  }
};

describe('a deadlock that is broken', () => {
  test('one wait is refused with the report, the other context goes on, and the locks are free afterwards', async () => {
    const { findings } = install({ onDeadlock: 'reject' });
    const [stock, ledger] = [new Mutex({ name: 'stock' }), new Mutex({ name: 'ledger' })];
    const errors: unknown[] = [];
    const both = async (first: Mutex, second: Mutex): Promise<string> =>
      await first.runExclusive(async () => await second.runExclusive(() => 'done'));
    const work = [both(stock, ledger), both(ledger, stock)].map((each) =>
      each.catch((error: unknown) => {
        errors.push(error);
        return 'refused';
      }),
    );
    await settle();
    expect(await Promise.all(work)).toEqual(['done', 'refused']);
    const [error] = errors as [DeadlockError];
    expect(error).toBeInstanceOf(DeadlockError);
    expect(error).toMatchObject({ code: 'ERR_DEPT_DEADLOCK', name: 'DeadlockError' });
    expect(error.finding).toBe(findings.find(({ code }) => code === 'DEPT002'));
    expect(error.report).toContain('*** DEADLOCK ***');
    expect(error.message).toMatch(/in different orders\. This wait was refused, so that the others go on\.$/);
    expect([stock.isLocked, ledger.isLocked, stock.waiting + ledger.waiting]).toEqual([false, false, 0]);
  });

  test('nothing is refused unless it was asked for', async () => {
    install();
    const mutex = new Mutex({ name: 'm' });
    let ended = false;
    void mutex
      .runExclusive(() => mutex.runExclusive(() => undefined))
      .finally(() => {
        ended = true;
      });
    await settle();
    expect(ended).toBe(false);
    expect(mutex.waiting).toBe(1);
  });

  test.each<readonly [string, () => Promise<unknown>]>([
    [
      'a mutex that is taken again by its holder',
      () => {
        const mutex = new Mutex({ name: 'm' });
        return mutex.runExclusive(() => mutex.runExclusive(() => undefined));
      },
    ],
    [
      'a pool whose holder wants another permit',
      () => {
        const pool = new Semaphore(1, { name: 'pool' });
        return pool.runExclusive(() => pool.runExclusive(() => undefined));
      },
    ],
    [
      'a reader that wants to write',
      () => {
        const lock = new RwLock({ name: 'rw' });
        return lock.runShared(() => lock.runExclusive(() => undefined));
      },
    ],
    [
      'the mutex of async-mutex',
      () => {
        const mutex = new LibraryMutex();
        return mutex.runExclusive(() => mutex.runExclusive(() => undefined));
      },
    ],
    [
      'the semaphore of async-mutex',
      () => {
        const pool = new LibrarySemaphore(1);
        return pool.runExclusive(() => pool.runExclusive(() => undefined));
      },
    ],
  ])('%s', async (_name, run) => {
    install({ onDeadlock: 'reject', hookLoaders: false }).meet('async-mutex', asyncMutex);
    const work = outcome(run());
    await settle();
    expect(await work).toBe('refused');
  });

  test('who waits behind the refused one is served', async () => {
    install({ onDeadlock: 'reject' });
    const lock = new RwLock({ name: 'rw' });
    const upgrade = outcome(lock.runShared(() => lock.runExclusive(() => 'never')));
    await Promise.resolve();
    const reader = outcome(lock.runShared(() => 'read'));
    await settle();
    expect(await upgrade).toBe('refused');
    expect(await reader).toBe('read');
  });

  test('the youngest holder gives way', async () => {
    install({ onDeadlock: 'reject' });
    const locks = [new Mutex({ name: 'a' }), new Mutex({ name: 'b' }), new Mutex({ name: 'c' })] as const;
    const next = async (index: 0 | 1 | 2): Promise<string> =>
      await locks[index].runExclusive(
        async () => await locks[((index + 1) % 3) as 0 | 1 | 2].runExclusive(() => `done ${index}`),
      );
    const work = ([0, 1, 2] as const).map((index) => outcome(next(index)));
    await settle();
    expect(await Promise.all(work)).toEqual(['done 0', 'done 1', 'refused']);
  });

  test('a wait for a completion that nobody is known to owe is left alone', async () => {
    install({ onDeadlock: 'reject' });
    const mutex = new Mutex({ name: 'm' });
    const done = new Completion({ name: 'done' });
    const waiter = outcome(mutex.runExclusive(() => done.wait()));
    void outcome(mutex.runExclusive(() => undefined));
    await settle();
    expect([done.waiting, mutex.waiting]).toEqual([1, 1]);
    done.fail(new Error('given up by hand'));
    expect(await waiter).toContain('given up by hand');
  });
});
