import { createRequire } from 'node:module';
import type DataLoader from 'dataloader';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { currentInstallation, install } from '../../instrument/install.ts';
import { type Cache, type CacheUnderTest, type Compute, cacheSuite } from './cache-suite.ts';

const current = createRequire(import.meta.url);
const previous = createRequire(new URL('../previous-majors/package.json', import.meta.url));
const next = createRequire(new URL('../next-majors/package.json', import.meta.url));

type Load = <M>(name: string) => Promise<M>;
const load: Load = (name) => import(name);
const loadPrevious: Load = (name) => import(previous.resolve(name));
const loadNext: Load = (name) => import(next.resolve(name));

const pMemoize = (from: Load): CacheUnderTest['load'] => {
  return async () => {
    const { default: memoize } = await from<typeof import('p-memoize')>('p-memoize');
    return (compute) => {
      const cache = new Map<string, unknown>();
      const get = memoize(compute, { cache });
      return { get, put: (key, value) => cache.set(key, value), forget: (key) => cache.delete(key) };
    };
  };
};

const memoized = (name: string, from: Load): CacheUnderTest['load'] => {
  return async () => {
    const { default: memoize } = await from<typeof import('memoize')>(name);
    return (compute) => {
      const cache = new Map<string, { data: Promise<unknown>; maxAge: number }>();
      const get = memoize(compute, { cache });
      const keep = (key: string, value: unknown) => cache.set(key, { data: Promise.resolve(value), maxAge: Infinity });
      // Failures are kept, too.
      const asked = async (key: string) => {
        try {
          return await get(key);
        } catch (error) {
          cache.delete(key);
          throw error;
        }
      };
      return { get: asked, put: keep, forget: (key) => cache.delete(key) };
    };
  };
};

/** What a memoized function has of its own to forget a value. */
type Forget<F> = (memoized: F, key: string) => unknown;

/** For what takes no value but from its function. */
function fromDoubles<F extends Compute>(compute: Compute, memoize: (fn: Compute) => F, forget: Forget<F>): Cache {
  const doubles = new Map<string, unknown>();
  const memoized = memoize(async (key) => doubles.get(key) ?? compute(key));
  return {
    // Failures are kept by some.
    get: async (key) => {
      try {
        return await memoized(key);
      } catch (error) {
        forget(memoized, key);
        throw error;
      }
    },
    put: async (key, value) => {
      doubles.set(key, value);
      await memoized(key);
      doubles.delete(key);
    },
    forget: (key) => forget(memoized, key),
  };
}

type Lodash = Compute & { readonly cache: Map<string, unknown> };
type LodashMemoize = (fn: Compute) => Lodash;

const lodash = (from: () => Promise<LodashMemoize>): CacheUnderTest['load'] => {
  return async () => {
    const memoize = await from();
    return (compute) => fromDoubles(compute, memoize, ({ cache }, key) => cache.delete(key));
  };
};

const microMemoize: CacheUnderTest['load'] = async () => {
  const { memoize } = await load<typeof import('micro-memoize')>('micro-memoize');
  const kept = (fn: Compute) => memoize(fn, { async: true, maxSize: 100 });
  return (compute) => fromDoubles(compute, kept, ({ cache }, key) => cache.delete([key]));
};

const moize: CacheUnderTest['load'] = async () => {
  const { default: make } = current('moize') as typeof import('moize');
  const kept = (fn: Compute) => make(fn, { isPromise: true, maxSize: 100 });
  return (compute) => fromDoubles(compute, kept, (memoized, key) => memoized.remove([key]));
};

const typescriptMemoize: CacheUnderTest['load'] = async () => {
  const { Memoize } = current('typescript-memoize') as typeof import('typescript-memoize');
  const kept = (fn: Compute): Compute => {
    const descriptor: PropertyDescriptor = { value: fn };
    Memoize()({}, 'value', descriptor);
    return (key) => Reflect.apply(descriptor.value as Compute, fn, [key]);
  };
  return (compute) => {
    // Each instance has its values in a property of its own.
    let instance: object = {};
    const memoize = (fn: Compute): Compute => {
      instance = fn;
      return kept(fn);
    };
    return fromDoubles(compute, memoize, (_memoized, key) => {
      for (const symbol of Object.getOwnPropertySymbols(instance)) Reflect.get(instance, symbol).delete(key);
    });
  };
};

/** It has no types. */
type Memoizee = (compute: Compute, options: { readonly promise: true }) => Compute & { delete(key: string): void };

const memoizee: CacheUnderTest['load'] = async () => {
  const { default: memoize } = await load<{ readonly default: Memoizee }>('memoizee');
  return (compute) => {
    const doubles = new Map<string, unknown>();
    const get = memoize(async (key: string) => doubles.get(key) ?? compute(key), { promise: true });
    return {
      get,
      put: async (key, value) => {
        doubles.set(key, value);
        await get(key);
        doubles.delete(key);
      },
      forget: (key) => get.delete(key),
    };
  };
};

const lruCache = (from: Load): CacheUnderTest['load'] => {
  return async () => {
    const { LRUCache } = await from<typeof import('lru-cache')>('lru-cache');
    return (compute) => {
      const cache = new LRUCache<string, object>({ max: 100, fetchMethod: compute as never });
      return {
        get: (key) => cache.fetch(key),
        put: (key, value) => cache.set(key, value as object),
        forget: (key) => cache.delete(key),
      };
    };
  };
};

const cacheManager = (from: Load): CacheUnderTest['load'] => {
  return async () => {
    const { createCache } = await from<typeof import('cache-manager')>('cache-manager');
    return (compute) => {
      const cache = createCache();
      return {
        get: (key) => cache.wrap(key, () => compute(key)),
        put: (key, value) => cache.set(key, value),
        forget: (key) => cache.del(key),
      };
    };
  };
};

const cacheable = (from: Load): CacheUnderTest['load'] => {
  return async () => {
    const { Cacheable } = await from<typeof import('cacheable')>('cacheable');
    return (compute) => {
      const cache = new Cacheable();
      return {
        get: (key) => cache.getOrSet(key, () => compute(key), { throwErrors: true }),
        put: (key, value) => cache.set(key, value),
        forget: (key) => cache.delete(key),
      };
    };
  };
};

const queryCore = (from: Load): CacheUnderTest['load'] => {
  return async () => {
    const { QueryClient } = await from<typeof import('@tanstack/query-core')>('@tanstack/query-core');
    return (compute) => {
      const client = new QueryClient({
        defaultOptions: { queries: { retry: false, gcTime: Number.POSITIVE_INFINITY } },
      });
      return {
        get: (key) => client.fetchQuery({ queryKey: [key], queryFn: () => compute(key), staleTime: 1_000_000 }),
        put: (key, value) => client.setQueryData([key], value),
        forget: (key) => client.removeQueries({ queryKey: [key] }),
      };
    };
  };
};

const asyncCacheDedupe: CacheUnderTest['load'] = async () => {
  const { createCache } = await load<typeof import('async-cache-dedupe')>('async-cache-dedupe');
  return (compute) => {
    const cache = createCache({ ttl: 100, storage: { type: 'memory' } }).define('value', compute);
    return {
      get: (key) => cache.value(key),
      put: (key, value) => cache.set('value', `value~${key}`, value, 100),
      forget: (key) => cache.clear('value', key),
    };
  };
};

cacheSuite({ name: 'p-memoize 9', load: pMemoize(loadNext) });
cacheSuite({ name: 'p-memoize 8', load: pMemoize(load) });
cacheSuite({ name: 'p-memoize 7', load: pMemoize(loadPrevious) });
cacheSuite({ name: 'memoize 10', load: memoized('memoize', load) });
// It needs Node 22.
if ('withResolvers' in Promise) cacheSuite({ name: 'memoize 11', load: memoized('memoize', loadNext) });
cacheSuite({ name: 'mem', load: memoized('mem', load) });
cacheSuite({ name: 'memoizee', load: memoizee });
cacheSuite({ name: 'lodash', load: lodash(async () => current('lodash').memoize) });
cacheSuite({ name: 'lodash/memoize', load: lodash(async () => current('lodash/memoize')) });
cacheSuite({ name: 'lodash.memoize', load: lodash(async () => current('lodash.memoize')) });
cacheSuite({
  name: 'lodash-es',
  load: lodash(async () => (await load<{ readonly memoize: LodashMemoize }>('lodash-es')).memoize),
});
cacheSuite({ name: 'micro-memoize 5', load: microMemoize });
cacheSuite({ name: 'moize, on micro-memoize 4', load: moize });
cacheSuite({ name: 'typescript-memoize', load: typescriptMemoize });
cacheSuite({ name: 'lru-cache 11', load: lruCache(load) });
cacheSuite({ name: 'lru-cache 10', load: lruCache(loadPrevious) });
cacheSuite({ name: 'cache-manager 7', load: cacheManager(load) });
cacheSuite({ name: 'cache-manager 6', load: cacheManager(loadPrevious) });
cacheSuite({ name: 'cacheable 2', load: cacheable(load) });
cacheSuite({ name: 'cacheable 1', load: cacheable(loadPrevious) });
cacheSuite({ name: 'async-cache-dedupe', load: asyncCacheDedupe });
cacheSuite({ name: '@tanstack/query-core 5', load: queryCore(load) });
cacheSuite({ name: '@tanstack/query-core 4', load: queryCore(loadPrevious) });

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let Loader: typeof DataLoader;

beforeAll(() => {
  install();
  Loader = current('dataloader') as typeof DataLoader;
  currentInstallation()?.uninstall();
});
afterEach(() => currentInstallation()?.uninstall());

/** A loader of nodes, each with its parent; `nested` loads the parent within the batch function. */
function nodes(nested: boolean): DataLoader<number, unknown> {
  const loader: DataLoader<number, unknown> = new Loader(async (ids) => {
    await turn();
    return Promise.all(ids.map(async (id) => (nested && id > 1 ? await loader.load(id - 1) : id)));
  });
  return loader;
}

test('dataloader: a batch function that loads through its own loader may wait for its own batch', async () => {
  const { findings } = install();
  const loader = nodes(true);
  await loader.load(2);
  await turn();
  expect(findings.map(({ code, circle }) => [code, circle[0]?.from.key.name])).toEqual([['DEPT001', 'loader#batch']]);
});

test('dataloader: a batch that waits for itself is a deadlock', async () => {
  const { findings, waitsFor } = install();
  const loader = nodes(true);
  void loader.loadMany([1, 2]);
  for (let i = 0; i < 10; i++) await turn();
  waitsFor.confirm(true);
  expect(findings.map(({ code }) => code)).toEqual(['DEPT002']);
});

test('dataloader: who loads one after the other, together, cached or in vain is no circle', async () => {
  const { findings, session, waitsFor } = install();
  const loader = nodes(false);
  expect(await loader.load(3)).toBe(3);
  expect(await loader.loadMany([2, 3, 1])).toEqual([2, 3, 1]);
  expect(await Promise.all([loader.load(3), loader.load(9)])).toEqual([3, 9]);
  const failing = new Loader<number, number>(() => Promise.reject(new Error('no such row')));
  await expect(failing.load(1)).rejects.toThrow('no such row');
  await turn();
  expect(findings).toEqual([]);
  expect(waitsFor.open).toEqual([]);
  expect(session.histories.active).toBe(false);
});
