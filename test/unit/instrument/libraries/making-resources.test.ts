import type { Pool as GenericPool, Options } from 'generic-pool';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Mutex } from '../../../../src/sync/user/mutex.ts';
import { LibraryStage, latest, turn } from './library-stage.ts';

let stage: LibraryStage;
beforeEach(() => {
  stage = new LibraryStage();
});
afterEach(() => stage[Symbol.dispose]());

type Make = () => Promise<object>;

interface Made {
  acquire(): Promise<object>;
  release(resource: object): unknown;
  destroy(resource: object): unknown;
}

const POOLS: readonly (readonly [string, (max: number, create: Make) => Made])[] = [
  [
    'tarn',
    (max, create) => {
      const { Pool } = latest('tarn') as typeof import('tarn');
      const made = new Pool<object>({ create, destroy: () => undefined, min: 0, max });
      return {
        acquire: () => made.acquire().promise,
        release: (resource) => made.release(resource),
        destroy: (resource) => {
          made.release(resource);
        },
      };
    },
  ],
  [
    'generic-pool',
    (max, create): GenericPool<object> => {
      const { createPool } = latest('generic-pool') as {
        readonly createPool: (factory: object, options: Options) => GenericPool<object>;
      };
      return createPool({ create, destroy: async () => undefined }, { max });
    },
  ],
  [
    'sequelize-pool',
    (max, create) => {
      const { Pool } = latest('sequelize-pool') as typeof import('sequelize-pool');
      return new Pool<object>({ create, destroy: () => undefined, validate: () => true, max, min: 0 });
    },
  ],
];

test('who waits for the end of a pool may have forgotten what it lent, and is told so', async () => {
  const { createPool } = latest('generic-pool') as {
    readonly createPool: (factory: object, options: Options) => GenericPool<object>;
  };
  const clients = createPool({ create: async () => ({}), destroy: async () => undefined }, { max: 2 });
  const statement = async (): Promise<void> => {
    await clients.acquire();
    throw new Error('no such table');
  };
  void (async () => {
    await statement().catch(() => undefined);
    await clients.drain();
  })();
  expect(await stage.found()).toEqual(['DEPT002 error clients']);
  expect(stage.installation.findings[0]?.help).toEqual([
    'Wait for the end of clients outside of what it runs or has lent.',
    expect.stringContaining('a release is missing behind [S]'),
  ]);
});

test('who asks for one more may have forgotten the last one, and is told so where it hangs', async () => {
  const { createPool } = latest('generic-pool') as {
    readonly createPool: (factory: object, options: Options) => GenericPool<object>;
  };
  const clients = createPool({ create: async () => ({}), destroy: async () => undefined }, { max: 2 });
  void (async () => {
    for (let i = 0; i < 3; i++) await clients.acquire();
  })();
  expect(await stage.found()).toEqual(['DEPT002 error clients']);
  expect(stage.installation.findings[0]?.help.at(-1)).toMatch(/a release is missing on the way from \[S\] to \[W\]\.$/);
});

describe.each(POOLS)('what makes a resource of %s', (_name, makePool) => {
  test('and asks the pool for another one waits for itself where there is but one', async () => {
    const made = makePool(1, async () => {
      await turn();
      return made.acquire();
    });
    void made.acquire();
    expect(await stage.found()).toEqual(['DEPT002 error made']);
    const [finding] = stage.installation.findings;
    expect(finding?.message).toMatch(/ waits for ever: it asks made for a resource while it makes the only one\.$/);
    expect(finding?.help[0]).toMatch(/^Use the resource that is being made, /);
  });

  test('can wait for ever where there were places enough', async () => {
    let count = 0;
    const made = makePool(3, async () => {
      const resource = { id: ++count };
      await turn();
      if (resource.id === 1) made.release(await made.acquire());
      return resource;
    });
    made.release(await made.acquire());
    expect(await stage.found()).toEqual(['DEPT001 error made']);
  });

  test('does so for the pool, not for whoever asks or gives one back', async () => {
    const cart = new Mutex({ name: 'cart' });
    const made = makePool(1, async () => {
      await cart.runExclusive(turn);
      return {};
    });
    const first = await made.acquire();
    const second = made.acquire();
    await cart.runExclusive(async () => {
      made.destroy(first);
      await turn();
      await turn();
      expect(await stage.found(1)).toEqual([]);
    });
    made.release(await second);
    expect(await stage.found()).toEqual([]);
  });
});

test('what makes a resource of sequelize-pool sees the pool as it was made', async () => {
  const { Pool } = latest('sequelize-pool') as typeof import('sequelize-pool');
  const seen: string[] = [];
  /** Its methods need the very object that the program has given to the pool. */
  class Sockets {
    readonly #prefix = 'socket';
    readonly name = 'sockets';
    readonly max = 2;
    readonly min = 0;
    create = async (): Promise<string> => {
      seen.push(`${sockets.name} ${sockets.size} of ${sockets.minSize} to ${sockets.maxSize}`);
      return this.#prefix;
    };
    validate(socket: string): boolean {
      return socket === this.#prefix;
    }
    destroy(): void {}
    readonly log = (message: string): void => {
      if (message.startsWith('createResource()')) seen.push(message);
    };
  }
  const sockets = new Pool<string>(new Sockets());
  sockets.release(await sockets.acquire());
  expect(await sockets.acquire()).toBe('socket');
  expect(seen).toEqual(['createResource() - creating obj - count=1 min=0 max=2', 'sockets 1 of 0 to 2']);
  expect(await stage.found()).toEqual([]);
});

describe('resources that generic-pool evicts', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each(['light', 'precise'] as const)('are destroyed apart from each other (%s)', async (attribution) => {
    using evicting = new LibraryStage({ attribution });
    const { createPool } = latest('generic-pool') as {
      readonly createPool: (factory: object, options: Options) => GenericPool<{ connection: object }>;
    };
    const connections = createPool({ create: async () => ({}), destroy: async () => undefined }, { max: 4 });
    const sessions = createPool(
      {
        create: async () => ({ connection: await connections.acquire() }),
        destroy: async ({ connection }: { connection: never }) => connections.release(connection),
      },
      { max: 2, evictionRunIntervalMillis: 30, idleTimeoutMillis: 10, numTestsPerEvictionRun: 2 },
    );
    const use = async (turns: number): Promise<void> => {
      const session = await sessions.acquire();
      for (let i = 0; i < turns; i++) await turn();
      await sessions.release(session);
    };
    // The younger one comes back first, and is evicted first.
    await Promise.all([use(4), use(2)]);
    vi.advanceTimersByTime(40);
    expect(await evicting.found()).toEqual([]);
    expect(sessions.size).toBe(0);
  });
});
