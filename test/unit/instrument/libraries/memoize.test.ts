import { beforeAll, describe, expect, test } from 'vitest';
import { LibraryStage, latest, turn } from './library-stage.ts';

type Load = (name: string) => Promise<string>;

type Memoize = typeof import('memoize');

/** What a program imports. */
const memoizer = (): Promise<Memoize> => import('memoize');
const mem = (): Promise<{ readonly default: Memoize['default']; readonly memClear: (memoized: unknown) => void }> =>
  import('mem') as never;

beforeAll(async () => {
  // Met while dept is installed.
  using _stage = new LibraryStage();
  await Promise.all([memoizer(), mem()]);
});

describe('memoize', () => {
  test('a key of the program is asked for as often as without dept, and looked up as it is', async () => {
    const calls: unknown[] = [];
    const use = async (): Promise<readonly unknown[]> => {
      const { default: memoize, memoizeClear, memoizeIsCached } = await memoizer();
      const keys: string[] = [];
      const cacheKey = ([{ id }]: [{ id: string }]): string => {
        keys.push(id);
        return id;
      };
      const load = memoize(
        async (row: { id: string }) => {
          calls.push(row);
          return row.id;
        },
        { cacheKey },
      );
      const answers: unknown[] = [load.name, load.length];
      answers.push(await load({ id: 'a' }), await load({ id: 'a' }), memoizeIsCached(load, { id: 'a' }));
      answers.push(memoizeIsCached(load, { id: 'b' }));
      memoizeClear(load);
      answers.push(memoizeIsCached(load, { id: 'a' }), await load({ id: 'a' }));
      return [...answers, ...keys];
    };
    const bare = await use();
    using stage = new LibraryStage();
    expect(await use()).toEqual(bare);
    expect(calls).toHaveLength(4);
    expect(await stage.found()).toEqual([]);
  });

  test('a function that gives no promise is told nothing of, also one that calls itself', async () => {
    using stage = new LibraryStage();
    const { default: memoize, memoizeClear } = await memoizer();
    const fibonacci: (n: number) => number = memoize((n: number) => (n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2)));
    expect(fibonacci(20)).toBe(6765);
    expect(() => memoizeClear((() => 1) as never)).toThrow('not memoized');
    expect(stage.installation.session.histories.active).toBe(false);
    expect(await stage.found()).toEqual([]);
  });

  test('what is kept for no time is the function itself', async () => {
    using _stage = new LibraryStage();
    const { default: memoize } = await memoizer();
    const load = async (): Promise<void> => turn();
    expect(memoize(load, { maxAge: 0 })).toBe(load);
  });
});

test('mem: values that need each other are a circle, also where one was there from before', async () => {
  using stage = new LibraryStage();
  const { default: memoize, memClear } = await mem();
  const team: string[] = [];
  const loadUser: Load = memoize(async (name: string) => {
    await turn();
    if (team.includes(name)) await loadTeam('core');
    return name;
  });
  const loadTeam: Load = memoize(async (name: string) => {
    await loadUser('ann');
    return name;
  });
  expect(await loadTeam('core')).toBe('core');
  team.push('ann');
  memClear(loadUser);
  expect(await loadUser('ann')).toBe('ann');
  expect(await stage.found()).toEqual(['DEPT001 error loadTeam(core) loadUser(ann)']);
});

describe('memoizee', () => {
  type Memoizee = <F>(fn: F, options?: object) => F & { delete(...args: unknown[]): void; clear(): void };
  const memoizee = (): Memoizee => latest('memoizee') as Memoizee;

  test.each([
    ['two arguments', {}, ['user', 1], ['team', 1]],
    [
      'a key of the program',
      { normalizer: (args: ArrayLike<unknown>) => JSON.stringify(Array.from(args)) },
      ['user', 1],
      ['team', 1],
    ],
    ['the first argument only', { length: 1 }, ['user', 1], ['team', 2]],
  ])('keys of %s', async (_what, options, first, second) => {
    using stage = new LibraryStage();
    const needs = new Map<unknown, readonly unknown[]>();
    const load = memoizee()(
      async (...args: unknown[]): Promise<unknown> => {
        await turn();
        const other = needs.get(args[0]);
        if (other !== undefined) await load(...other);
        return args[0];
      },
      { promise: true, length: 2, ...options },
    );
    needs.set('team', first);
    expect(await load(...second)).toBe('team');
    expect(await load(...second)).toBe('team');
    load.delete(...first);
    needs.set('user', second);
    expect(await load(...first)).toBe('user');
    expect(await stage.found()).toEqual([expect.stringMatching(/^DEPT001 error load\(.*team.*\) load\(.*user.*\)$/)]);
  });

  test('objects are told apart by what they are, which is no name; nothing is said of them', async () => {
    using stage = new LibraryStage();
    const load = memoizee()(async (row: { next?: object }): Promise<object> => (row.next ? load(row.next) : row), {
      promise: true,
    });
    const last = {};
    expect(await load({ next: last })).toBe(last);
    expect(await stage.found()).toEqual([]);
  });

  test('without promises, and what is memoized already, is left as it is', () => {
    using _stage = new LibraryStage();
    const add = memoizee()((one: number, other: number) => one + other);
    expect(add(1, 2)).toBe(3);
    expect(memoizee()(add, { promise: true })).toBe(add);
  });
});
