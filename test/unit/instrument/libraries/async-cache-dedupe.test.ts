import { describe, expect, test } from 'vitest';
import { LibraryStage, latest, turn } from './library-stage.ts';

const load = (): typeof import('async-cache-dedupe') => latest('async-cache-dedupe');

interface Id {
  readonly id: number;
}

describe('async-cache-dedupe', () => {
  test('two functions whose values need each other are a circle, by function and key', async () => {
    using stage = new LibraryStage();
    const cache = load()
      .createCache()
      .define('team', async ({ id }: Id): Promise<unknown> => {
        await turn();
        return id === 1 ? await cache.user({ id: 2 }) : 'team';
      })
      .define('user', async ({ id }: Id): Promise<unknown> => {
        await turn();
        return id === 2 ? await cache.team({ id: 1 }) : 'user';
      });
    expect(await cache.team({ id: 2 })).toBe('team');
    expect(await cache.user({ id: 1 })).toBe('user');
    expect(await stage.found()).toEqual([]);
    void (async () => {
      await cache.user({ id: 2 });
    })();
    expect(await stage.found()).toEqual([expect.stringMatching(/^DEPT002 error team.* user/)]);
    expect(stage.installation.findings[0]?.circle.map(({ from }) => from.key.name).toSorted()).toEqual([
      'team({"id":1})',
      'user({"id":2})',
    ]);
  });

  test('the function of the program that makes the key is asked once, and its error goes where it went', async () => {
    const calls = async (): Promise<readonly unknown[]> => {
      const log: unknown[] = [];
      const cache = load()
        .createCache({ onError: (error: Error) => log.push(error.message) })
        .define(
          'value',
          {
            serialize: ({ id }: Id) => {
              log.push(`key of ${id}`);
              if (id === 0) throw new Error('no key');
              return `${id}`;
            },
          },
          async ({ id }: Id, key?: string) => {
            log.push(`compute ${key}`);
            return id;
          },
        );
      log.push(cache.value.name, cache.value.length, Object.keys(cache));
      log.push(await Promise.all([cache.value({ id: 1 }), cache.value({ id: 1 }), cache.value({ id: 0 })]));
      await cache.clear('value', { id: 2 });
      return log;
    };
    const bare = await calls();
    using stage = new LibraryStage();
    expect(await calls()).toEqual(bare);
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });

  test('a computation that clears another key of its own function clears that one', async () => {
    using stage = new LibraryStage();
    const cache = load()
      .createCache({ ttl: 100 })
      .define('value', async (key: string): Promise<string> => {
        if (key === 'a') await cache.clear('value', 'b');
        return `${key} computed`;
      });
    await cache.value('b');
    await cache.value('a');
    expect(await cache.exists('value', 'value~b')).toBe(false);
    expect(await cache.exists('value', 'value~a')).toBe(true);
    expect(await stage.found()).toEqual([]);
  });
});
