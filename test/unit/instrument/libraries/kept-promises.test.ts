import { beforeAll, describe, expect, test } from 'vitest';
import { LibraryStage, latest, previous, turn } from './library-stage.ts';

type Load = (name?: unknown) => Promise<unknown>;

beforeAll(async () => {
  // Met while dept is installed.
  using _stage = new LibraryStage();
  await Promise.all([import('lodash-es'), import('micro-memoize'), import('cacheable'), debounce(), debounce4()]);
});

/** The same program without dept, and with it. */
async function bothWays(run: () => Promise<unknown>): Promise<LibraryStage> {
  const bare = await run();
  const stage = new LibraryStage();
  expect(await run()).toEqual(bare);
  return stage;
}

describe('memoize of lodash', () => {
  type Lodash = typeof import('lodash');
  const lodash = (): Lodash => latest('lodash');

  test('who makes the keys is asked as often as without dept, on the same object', async () => {
    using stage = await bothWays(async () => {
      const asked: unknown[] = [];
      const owner = {
        load: lodash().memoize(
          async function load(this: unknown, row: { id: string }, more?: number) {
            asked.push(this === owner, more);
            return row.id;
          },
          function keyOf(this: unknown, { id }: { id: string }) {
            asked.push(this === owner, id);
            return id;
          },
        ),
      };
      asked.push(await owner.load({ id: 'a' }, 1), await owner.load({ id: 'a' }), await owner.load({ id: 'b' }));
      owner.load.cache.delete('a');
      asked.push(await owner.load({ id: 'a' }), owner.load.cache.has('b'), Object.keys(owner.load));
      return asked;
    });
    expect(await stage.found()).toEqual([]);
  });

  test('the cache that a program chooses is the one that is used', async () => {
    using stage = await bothWays(async () => {
      const { memoize } = lodash();
      const { Cache } = memoize;
      memoize.Cache = WeakMap as never;
      try {
        const load = memoize(async (row: object) => row);
        const row = {};
        return [(await load(row)) === row, load.cache instanceof WeakMap, memoize.name, memoize.length];
      } finally {
        memoize.Cache = Cache;
      }
    });
    expect(await stage.found()).toEqual([]);
  });

  test('what is no function is refused by the package', async () => {
    await bothWays(async () =>
      [[], [7], [async () => 1, 7], [null, null]].map((args) => {
        try {
          return typeof Reflect.apply(lodash().memoize, null, args);
        } catch (error) {
          return String(error);
        }
      }),
    ).then((stage) => stage[Symbol.dispose]());
  });

  test('a function that gives no promise, throws or calls itself is told nothing of', async () => {
    using stage = await bothWays(async () => {
      const { memoize } = lodash();
      const fibonacci: (n: number) => number = memoize((n: number) =>
        n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2),
      );
      const failing: () => unknown = memoize(() => {
        throw new Error('on purpose');
      });
      expect(failing).toThrow('on purpose');
      return fibonacci(40);
    });
    expect(stage.installation.session.histories.active).toBe(false);
    expect(await stage.found()).toEqual([]);
  });

  test('each has its own values where a class makes one for each instance', async () => {
    using stage = new LibraryStage();
    class Folder {
      readonly folders: readonly Folder[];
      readonly size = lodash().memoize(async (): Promise<number> => {
        await turn();
        const sizes = await Promise.all(this.folders.map((folder) => folder.size()));
        return sizes.reduce((sum, size) => sum + size, 1);
      });
      constructor(folders: readonly Folder[]) {
        this.folders = folders;
      }
    }
    const shared = new Folder([]);
    const inner = new Folder([new Folder([]), shared]);
    const outer = new Folder([inner, new Folder([shared]), inner]);
    expect(await outer.size()).toBe(9);
    for (const folder of [shared, inner, outer]) await folder.size();
    expect(await stage.found()).toEqual([]);
  });
});

describe('micro-memoize and moize', () => {
  const micro = (): Promise<typeof import('micro-memoize')> => import('micro-memoize');
  const moize = (): typeof import('moize').default => latest('moize').default ?? latest('moize');

  test('what can be read of a memoized function is what it was made with', async () => {
    using stage = await bothWays(async () => {
      const { memoize } = await micro();
      const load = async (name: unknown): Promise<unknown> => name;
      const once = memoize(load, { maxSize: 2 });
      const again = memoize(once as never, { maxSize: 3 }) as unknown as typeof once;
      const four = moize()(load, { maxSize: 2 });
      const fourAgain = moize()(four, { isPromise: true });
      return [
        [once.fn === load, again.fn === load, again.options, Object.keys(once)],
        [four.originalFunction === load, fourAgain.originalFunction === load, four.options, fourAgain.options],
        [Object.keys(once.cache), Object.keys(four.cache), await again('a'), await fourAgain('a')],
      ];
    });
    expect(await stage.found()).toEqual([]);
  });

  test('a rejection is forgotten, and nobody else hears of it', async () => {
    using stage = await bothWays(async () => {
      const { memoize } = await micro();
      let calls = 0;
      const failing: Load = async () => {
        calls++;
        throw new Error(`failure ${calls}`);
      };
      const all = [memoize(failing, { async: true }), moize()(failing, { isPromise: true })];
      const told: unknown[] = [];
      for (const load of all) {
        told.push(await Promise.allSettled([load('a'), load('a')]), await Promise.allSettled([load('a')]));
      }
      return told;
    });
    expect(await stage.found()).toEqual([]);
  });

  test('a value that a program puts there is not one that is computed', async () => {
    using stage = new LibraryStage();
    const { memoize } = await micro();
    const load: Load = async (name) => (name === 'a' ? await memoized('b') : name);
    const memoized = memoize(load, { async: true, maxSize: 5 });
    await memoized('a');
    memoized.cache.set(['b'], memoized('a'));
    expect(await memoized('b')).toBe('b');
    expect(await stage.found()).toEqual([]);
  });
});

describe('typescript-memoize', () => {
  const { Memoize, MemoizeExpiring } = latest('typescript-memoize') as typeof import('typescript-memoize');
  const decorated = (name: string, decorator: typeof Memoize, descriptor: PropertyDescriptor): PropertyDescriptor => {
    decorator()({}, name, descriptor);
    return descriptor;
  };

  test('the values of an instance that need each other are a circle, those of others are not', async () => {
    using stage = new LibraryStage();
    const { Memoize: decorator } = latest('typescript-memoize') as typeof import('typescript-memoize');
    class Row {
      next: Row | null = null;
      declare readonly size: () => Promise<number>;
    }
    const size = async function size(this: Row): Promise<number> {
      await turn();
      return 1 + ((await this.next?.size()) ?? 0);
    };
    Object.defineProperty(Row.prototype, 'size', decorated('size', decorator, { value: size, configurable: true }));
    const [one, two] = [new Row(), new Row()];
    one.next = two;
    expect(await one.size()).toBe(2);
    expect(await two.size()).toBe(1);
    expect(await stage.found()).toEqual([]);
    const [first, second] = [new Row(), new Row()];
    first.next = second;
    second.next = first;
    const enter = async (): Promise<void> => void (await first.size());
    void enter();
    expect(await stage.found()).toEqual([expect.stringMatching(/^DEPT002 error size/)]);
  });

  test('a getter is kept, and what is neither is refused by the package', async () => {
    using stage = await bothWays(async () => {
      const { Memoize: decorator } = latest('typescript-memoize') as typeof import('typescript-memoize');
      let calls = 0;
      const owner = Object.defineProperty(
        {},
        'config',
        decorated('config', decorator, {
          configurable: true,
          get: async () => {
            calls++;
            return 'config';
          },
        }),
      ) as { readonly config: Promise<string> };
      let refused: unknown;
      try {
        decorated('field', decorator, {});
      } catch (error) {
        refused = error;
      }
      return [await owner.config, await owner.config, calls, refused];
    });
    expect(await stage.found()).toEqual([]);
    expect([Memoize.length, MemoizeExpiring.length]).toEqual([1, 2]);
  });
});

type Debounce = { readonly promise: (fn: Load, options?: object) => Load };
async function debounce(): Promise<Debounce> {
  const { default: found } = await import('p-debounce');
  return found as never;
}
async function debounce4(): Promise<Debounce> {
  const path: string = previous.resolve('p-debounce');
  const { default: found } = await import(/* @vite-ignore */ path);
  return found;
}

describe.each([
  ['p-debounce 5', debounce],
  ['p-debounce 4', debounce4],
])('%s', (_name, load) => {
  test('a run that awaits its own promise is a deadlock', async () => {
    using stage = new LibraryStage();
    const { promise } = await load();
    const refresh: Load = promise(async () => {
      await turn();
      await refresh();
    });
    const enter = async (): Promise<void> => void (await refresh());
    void enter();
    expect(await stage.found()).toEqual(['DEPT002 error refresh']);
  });

  test('two that need each other are a circle, in a run in which they did not meet', async () => {
    using stage = new LibraryStage();
    const { promise } = await load();
    const next: string[] = ['index'];
    const draft: Load = promise(async () => {
      await turn();
      if (next.includes('index')) await index();
    });
    const index: Load = promise(async () => {
      await turn();
      if (next.includes('draft')) await draft();
    });
    await draft();
    next.splice(0, 1, 'draft');
    await index();
    expect(await stage.found()).toEqual(['DEPT001 error draft index']);
  });

  test('those who call meanwhile share a run, or get the next one; each failure goes where it went', async () => {
    using stage = await bothWays(async () => {
      const { promise } = await load();
      let runs = 0;
      const work: Load = async (name) => {
        const run = ++runs;
        await turn();
        if (name === 'bad') throw new Error(`failure ${run}`);
        return `${String(name)} ${run}`;
      };
      const told: unknown[] = [];
      for (const options of [{}, { after: true }]) {
        const save = promise(work, options);
        told.push(await Promise.allSettled([save('a'), save('b'), save('bad'), save('c')]));
        told.push(await Promise.allSettled([save('bad'), save('d')]));
      }
      return told;
    });
    expect(await stage.found()).toEqual([]);
  });
});

describe('cacheable', () => {
  test('a key that a function makes is asked for once, and failures go where they went', async () => {
    using stage = await bothWays(async () => {
      const { Cacheable } = await import('cacheable');
      const cache = new Cacheable();
      const told: unknown[] = [];
      cache.on('error', (error: Error) => told.push(error.message));
      const keyOf = (): string => {
        told.push('asked');
        return 'a';
      };
      const failing = async (): Promise<never> => {
        throw new Error('on purpose');
      };
      const load = async (): Promise<string> => turn().then(() => 'value');
      told.push(await Promise.allSettled([cache.getOrSet(keyOf, load), cache.getOrSet('a', load)]));
      told.push(await Promise.allSettled([cache.getOrSet('b', failing, { throwErrors: true })]));
      told.push(await cache.getOrSet('b', failing), await cache.getOrSet('c', 7 as never), cache.getOrSet.length);
      return told;
    });
    expect(await stage.found()).toEqual([]);
  });

  test('keys that functions make are told apart', async () => {
    using stage = new LibraryStage();
    const { Cacheable } = await import('cacheable');
    const cache = new Cacheable();
    const load = (name: string, needs: string): Promise<unknown> =>
      cache.getOrSet(
        () => name,
        async () => {
          await turn();
          await load(needs, name);
        },
      );
    const enter = async (): Promise<void> => void (await load('a', 'b'));
    void enter();
    expect(await stage.found()).toEqual(['DEPT002 error cache(a) cache(b)']);
  });
});
