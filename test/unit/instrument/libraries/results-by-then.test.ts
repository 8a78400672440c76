import type { Pool } from 'generic-pool';
import type { LimitFunction } from 'p-limit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Mutex } from '../../../../src/sync/user/mutex.ts';
import { LibraryStage, latest, turn } from './library-stage.ts';

let stage: LibraryStage;
beforeEach(() => {
  stage = new LibraryStage();
});
afterEach(() => stage[Symbol.dispose]());

/** What a compiler makes of an async function where there are none. */
function driven<T>(body: () => Generator<unknown, T, never>): Promise<T> {
  return new Promise((resolve, reject) => {
    const generator = body();
    const fulfilled = (value: unknown): void => step(() => generator.next(value as never));
    const rejected = (reason: unknown): void => step(() => generator.throw(reason));
    const step = (next: () => IteratorResult<unknown, T>): void => {
      try {
        const { done, value } = next();
        if (done === true) resolve(value);
        else Promise.resolve(value).then(fulfilled, rejected);
      } catch (error) {
        reject(error as Error);
      }
    };
    step(() => generator.next());
  });
}

const pLimit = async (): Promise<(concurrency: number) => LimitFunction> => (await import('p-limit')).default;
const ignored = (): void => undefined;
const never = (): Promise<void> => new Promise(ignored);

/** What a program hears that has nothing left to run. */
async function foundAtTheEnd(): Promise<readonly string[]> {
  for (let i = 0; i < 5; i++) await turn();
  stage.installation.session.attribution.nothingLeft();
  return stage.found(0);
}

describe('a function that a compiler has made a generator of', () => {
  test('waits for the task it yields, as one that awaits it', async () => {
    const limit = (await pLimit())(1);
    const inner = (): Promise<number> => limit(async () => 1);
    void driven(function* () {
      return yield limit(() =>
        driven(function* () {
          return yield inner();
        }),
      );
    });
    expect(await stage.found()).toEqual(['DEPT002 error limit']);
  });

  test('that is let go on has been in no circle', async () => {
    const limit = (await pLimit())(2);
    const double = (n: number): Promise<number> =>
      driven(function* () {
        const once: number = yield limit(async () => n);
        return once + ((yield limit(async () => n)) as number);
      });
    expect(await Promise.all([1, 2, 3].map(double))).toEqual([2, 4, 6]);
    expect(await foundAtTheEnd()).toEqual([]);
    expect(stage.open).toEqual([]);
  });
});

describe('a resource of a pool', () => {
  const made = (): Pool<object> => {
    const { createPool } = latest('generic-pool') as typeof import('generic-pool');
    return createPool({ create: async () => ({}), destroy: async () => undefined }, { max: 1 });
  };

  test('that somebody goes on with by then is waited for when nothing is left to run', async () => {
    const pool = made();
    void pool.acquire().then((first) =>
      pool.acquire().then((second) => {
        void pool.release(second);
        void pool.release(first);
      }),
    );
    expect(await foundAtTheEnd()).toEqual([]);
    expect(stage.open).toEqual(['pool']);
  });

  test('is nobody’s sleep where it is asked for aside, however long its holder lasts', async () => {
    const pool = made();
    const first = await pool.acquire();
    const noted: string[] = [];
    const note = (text: string): void => {
      void pool.acquire().then(
        async (second) => {
          noted.push(text);
          await pool.release(second);
        },
        () => undefined,
      );
    };
    note('aside');
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
    await pool.release(first);
    await turn();
    expect(noted).toEqual(['aside']);
  });

  test('is nobody’s sleep where it only is asked for ahead of time', async () => {
    const pool = made();
    const first = await pool.acquire();
    const ahead = pool.acquire();
    void ahead.catch(ignored);
    await turn();
    expect(stage.open).toEqual([]);
    await pool.release(first);
    await pool.release(await ahead);
    expect(await stage.found()).toEqual([]);
  });
});

test('async-lock: the very first task may end with one, though it runs before there is a promise for it', async () => {
  const { default: AsyncLock } = await import('async-lock');
  const lock = new AsyncLock();
  const both = (first: string, second: string): Promise<void> =>
    lock.acquire(first, async () => {
      await turn();
      return lock.acquire(second, turn);
    });
  void Promise.all([both('a', 'b'), both('b', 'a')]).then(ignored);
  expect(await stage.found()).toEqual(['DEPT002 error lock lock']);
});

describe('a chain that turns into a task later', () => {
  test('is waited for by the task that returns it', async () => {
    const limit = (await pLimit())(1);
    const read = (n: number): Promise<number> => limit(() => turn().then(() => n));
    void limit(() =>
      turn()
        .then(() => read(1))
        .then((n) => n + 1)
        .then((n) => n + 1),
    ).then(ignored);
    expect(await stage.found()).toEqual(['DEPT002 error limit']);
  });

  test('also behind a task that had its turn', async () => {
    const limit = (await pLimit())(2);
    const read = (n: number): Promise<number> => limit(() => turn().then(() => n));
    const both = (): Promise<number> =>
      limit(() =>
        read(1)
          .then(() => limit(() => read(2)))
          .then((n) => n),
      );
    void both().then(ignored);
    expect(await stage.found()).toEqual(['DEPT002 error limit']);
  });

  test('is waited for by nobody where it is left alone', async () => {
    const limit = (await pLimit())(1);
    const seen: number[] = [];
    const first = limit(async () => {
      void turn()
        .then(() => limit(async () => 2))
        .then((n) => seen.push(n));
      for (let i = 0; i < 5; i++) await turn();
      expect(stage.open).toEqual([]);
    });
    await first;
    await turn();
    expect(seen).toEqual([2]);
    expect(await foundAtTheEnd()).toEqual([]);
  });
});

type Visit = (children: number) => Promise<number>;

async function added(visits: readonly Promise<number>[]): Promise<number> {
  return (await Promise.all(visits)).reduce((sum, count) => sum + count, 0);
}

describe('a task whose result an async function returns', () => {
  const visiting = async (
    slots: number,
    visitAll: (children: number, visit: Visit) => Promise<number> = (children, visit) =>
      added(Array.from({ length: children }, () => visit(children - 1))),
  ): Promise<Visit> => {
    const limit = (await pLimit())(slots);
    const visit: Visit = async (children) =>
      limit(async () => {
        await turn();
        return children === 0 ? 1 : 1 + (await visitAll(children, visit));
      });
    return visit;
  };
  const HELPERS: readonly (readonly [string, (children: number, visit: Visit) => Promise<number>])[] = [
    [
      'by functions that are joined',
      (children, visit) => added([1, 2].map(async (by) => by * (await visit(children - 1)))),
    ],
    [
      'by chains that are joined',
      (children, visit) => added([1, 2].map((by) => visit(children - 1).then((n) => by * n))),
    ],
    [
      'by what is joined with something else',
      async (children, visit) => (await Promise.all([added([visit(children - 1)]), turn()]))[0],
    ],
    [
      'whatever has become of the others',
      async (children, visit) => (await Promise.allSettled([visit(children - 1), turn()])).length,
    ],
  ];

  test.each(HELPERS)('is waited for %s', async (_what, visitAll) => {
    void (await visiting(1, visitAll))(1);
    expect(await stage.found()).toEqual(['DEPT002 error limit']);
  });

  test('is waited for by nobody where a chain goes on from it aside', async () => {
    const limit = (await pLimit())(1);
    const seen: number[] = [];
    const later = async (): Promise<number> => limit(async () => 2);
    await limit(async () => {
      void later().then((n) => seen.push(n));
      void later().then((n) => seen.push(n));
      for (let i = 0; i < 5; i++) await turn();
      expect(stage.open).toEqual([]);
    });
    await turn();
    expect(seen).toEqual([2, 2]);
    expect(await foundAtTheEnd()).toEqual([]);
  });

  test.each([
    [1, 1],
    [2, 2],
  ])('is waited for by who joins %i of them: told once', async (slots, children) => {
    void (await visiting(slots))(children);
    expect(await stage.found()).toEqual(['DEPT002 error limit']);
  });

  test('can be waited for ever, where there were slots enough this time', async () => {
    expect(await (await visiting(5))(2)).toBe(5);
    expect(await stage.found()).toEqual(['DEPT001 error limit']);
  });

  test('is waited for by nobody when what joins them has failed before', async () => {
    const limit = (await pLimit())(1);
    const later = async (): Promise<number> => {
      await turn();
      return limit(async () => 1);
    };
    await limit(async () => {
      await Promise.all([Promise.reject(new Error('refused')), later()]).catch(ignored);
      for (let i = 0; i < 5; i++) await turn();
      expect(stage.open).toEqual([]);
    });
    await turn();
    expect(await foundAtTheEnd()).toEqual([]);
  });
});

describe('a task whose value somebody goes on with by then', () => {
  test('is waited for by nobody while the program runs: the task that adds it may end before', async () => {
    const limit = (await pLimit())(1);
    const seen: string[] = [];
    const first = limit(async () => {
      void limit(async () => 'second').then((value) => seen.push(value));
      await turn();
      await turn();
      return 'first';
    });
    await turn();
    expect(stage.open).toEqual([]);
    expect(await first).toBe('first');
    await turn();
    expect(seen).toEqual(['second']);
    expect(await foundAtTheEnd()).toEqual([]);
  });

  test('stands in its queue when nothing is left to run, and who has the slot is known', async () => {
    const limit = (await pLimit())(1);
    const inner = (): Promise<number> => limit(async () => 1);
    void limit(async () => new Promise((resolve) => void inner().then(resolve)));
    expect(await foundAtTheEnd()).toEqual([]);
    expect(stage.open).toEqual(['limit']);
    stage.installation.waitsFor.reportStalled();
    expect(stage.installation.findings.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'DEPT003 The program has nothing left to run while a wait is still open: limit:0.',
    ]);
  });

  test('is waited for by nobody who awaits it with another one that has failed', async () => {
    const limit = (await pLimit())(1);
    const mutex = new Mutex({ name: 'cart' });
    let end = ignored;
    const held = mutex.runExclusive(async () => {
      const failed = turn().then(() => Promise.reject(new Error('refused')));
      await Promise.all([failed, limit(async () => 1)]).catch(ignored);
      await new Promise<void>((resolve) => {
        end = resolve;
      });
    });
    void limit(() => mutex.runExclusive(turn));
    await turn();
    expect(await stage.found()).toEqual([]);
    end();
    await held;
    expect(await foundAtTheEnd()).toEqual([]);
  });

  test('is asked for by nobody in Promise.race', async () => {
    const limit = (await pLimit())(1);
    void limit(async () => Promise.race([limit(async () => 1), never()]));
    await turn();
    expect(stage.open).toEqual([]);
  });

  test('is forgotten when there are too many of them, or when they have had their turn', async () => {
    const limit = (await pLimit())(1);
    const inner = (): Promise<number> => limit(async () => 1);
    let done = 0;
    for (let i = 0; i < 3000; i++) void limit(async () => i).then(() => done++);
    while (done < 3000) await turn();
    void limit(async () => new Promise((resolve) => void inner().then(resolve)));
    expect(await foundAtTheEnd()).toEqual([]);
    expect(stage.open).toEqual(['limit']);
  });
});
