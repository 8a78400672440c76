import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { currentInstallation, type Installation, install } from '../../instrument/install.ts';
import { ROOT } from '../e2e/child.ts';

const require = createRequire(import.meta.url);
const previousMajors = createRequire(join(ROOT, 'test', 'previous-majors', 'package.json'));

let installation: Installation;
beforeEach(() => {
  installation = install();
});
afterEach(() => currentInstallation()?.uninstall());

function found(): readonly string[] {
  return installation.findings.map(({ code, severity, circle }) => `${code} ${severity} of ${circle.length}`);
}

type Take = (name: string, ...rest: unknown[]) => Promise<() => Promise<unknown>>;

async function nested(take: Take, first: string, second: string): Promise<void> {
  const outer = await take(first);
  const inner = await take(second);
  await inner();
  await outer();
}

describe.each([
  ['4', require],
  ['3', previousMajors],
])('proper-lockfile %s', (_version, from) => {
  const folder = mkdtempSync(join(tmpdir(), 'dept-lockfile-'));
  for (const name of ['config', 'cache']) writeFileSync(join(folder, name), '');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const retries = { forever: true, minTimeout: 5, maxTimeout: 5 };
  const taking = (options: object): Take => {
    const { lock } = from('proper-lockfile') as {
      lock: (file: string, options: object) => Promise<() => Promise<void>>;
    };
    return (name) => lock(join(folder, name), options);
  };

  test('two orders are a circle, one is none', async () => {
    const take = taking({ retries });
    await nested(take, 'config', 'cache');
    await nested(take, 'config', 'cache');
    expect(found()).toEqual([]);
    await nested(take, 'cache', 'config');
    expect(found()).toEqual(['DEPT001 error of 2']);
  });

  test('who gives up after some tries makes a warning', async () => {
    const take = taking({ retries: 3 });
    await nested(take, 'config', 'cache');
    await nested(take, 'cache', 'config');
    expect(found()).toEqual(['DEPT001 warning of 2']);
  });

  test('who does not try again waits for nobody', async () => {
    const take = taking({});
    await nested(take, 'config', 'cache');
    await nested(take, 'cache', 'config');
    expect(found()).toEqual([]);
    const release = await take('config');
    await expect(take('config')).rejects.toMatchObject({ code: 'ELOCKED' });
    await release();
    expect(installation.session.histories.active).toBe(false);
  });

  test('the lock of a file is given back by its name, too, and by those who lock at once', async () => {
    const { lock, unlock, lockSync, unlockSync } = from('proper-lockfile') as Record<
      string,
      (file: string, options?: object) => unknown
    >;
    const path = join(folder, 'config');
    await lock?.(path, { retries });
    expect(installation.session.histories.active).toBe(true);
    await unlock?.(path);
    expect(installation.session.histories.active).toBe(false);
    lockSync?.(path);
    expect(installation.session.histories.active).toBe(true);
    unlockSync?.(path);
    expect(installation.session.histories.active).toBe(false);
  });

  test('two that wait for each other are a deadlock', async () => {
    const take = taking({ retries });
    const holding = async (release: () => Promise<unknown>, other: string): Promise<void> => {
      const also = await take(other);
      await also();
      await release();
    };
    const first = async (): Promise<void> => holding(await take('config'), 'cache');
    const second = async (): Promise<void> => holding(await take('cache'), 'config');
    // They try until their folder is gone.
    void Promise.allSettled([first(), second()]);
    await vi.waitFor(() => {
      installation.waitsFor.confirm(true);
      expect(found()).toEqual(['DEPT002 error of 2']);
    });
  });
});

/** What redlock needs of a client: scripts that set and delete keys. */
class Store {
  readonly #values = new Map<string, string>();

  run(script: string, keys: readonly string[], value: string): number {
    if (!script.includes('del')) {
      if (keys.some((key) => this.#values.has(key))) return 0;
      for (const key of keys) this.#values.set(key, value);
      return keys.length;
    }
    const owned = keys.filter((key) => this.#values.get(key) === value);
    for (const key of owned) this.#values.delete(key);
    return owned.length;
  }
}

const noScript = (): Error => new Error('NOSCRIPT');

function clientOfFour(store: Store): object {
  return {
    evalsha: (_hash: string, _args: unknown, callback: (error: Error) => void) => setImmediate(callback, noScript()),
    eval: (
      [script, count, ...rest]: [string, number, ...string[]],
      callback: (error: null, result: number) => void,
    ) => {
      const result = store.run(script, rest.slice(0, count), rest[count] as string);
      setImmediate(callback, null, result);
    },
  };
}

function clientOfFive(store: Store): object {
  return {
    evalsha: () => Promise.reject(noScript()),
    eval: async (script: string, count: number, args: readonly string[]) =>
      store.run(script, args.slice(0, count), args[count] as string),
  };
}

function clientOfTheFork(store: Store): object {
  const run = (script: string) => {
    return async (count: number, ...args: readonly string[]) =>
      store.run(script, args.slice(0, count), args[count + 1] as string);
  };
  return { acquireLock: run('set'), releaseLock: run('del') };
}

interface RedlockLock {
  unlock?(): Promise<unknown>;
  release?(): Promise<unknown>;
}

interface Redlock {
  acquire(resources: string[], ttl: number): Promise<RedlockLock>;
}

describe.each([
  ['4', require, clientOfFour],
  ['5', previousMajors, clientOfFive],
  ['of @sesamecare-oss', require, clientOfTheFork],
])('redlock %s', (version, from, client) => {
  const made = (): { readonly redlock: Redlock; readonly take: Take } => {
    type Maker = new (clients: object[]) => Redlock;
    const name = client === clientOfTheFork ? '@sesamecare-oss/redlock' : 'redlock';
    const exported = from(name) as { readonly default?: Maker; readonly Redlock?: Maker };
    const Redlock = exported.default ?? exported.Redlock ?? (exported as unknown as Maker);
    const redlock = new Redlock([client(new Store())]);
    const take: Take = async (...names) => {
      const lock = await redlock.acquire(names as string[], 1000);
      return () => (version === '4' ? lock.unlock?.() : lock.release?.()) as Promise<unknown>;
    };
    return { redlock, take };
  };

  test('two orders are a circle that the end of a lease breaks, one is none', async () => {
    const { take } = made();
    await nested(take, 'stock', 'ledger');
    await nested(take, 'stock', 'ledger');
    expect(found()).toEqual([]);
    await nested(take, 'ledger', 'stock');
    expect(found()).toEqual(['DEPT001 warning of 2']);
    expect(installation.session.histories.active).toBe(false);
  });

  test('resources that are taken at once have no order', async () => {
    const { take } = made();
    for (const names of [
      ['stock', 'ledger'],
      ['ledger', 'stock'],
    ] as const) {
      const release = await take(names[0], names[1]);
      await release();
    }
    expect(found()).toEqual([]);
  });
});

describe('lockfile', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dept-lockfile-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  type Callback = (error?: Error) => void;
  interface LockFile {
    readonly lock: (path: string, options: object, callback: Callback) => void;
    readonly unlock: (path: string, callback: Callback) => void;
    readonly lockSync: (path: string) => void;
    readonly unlockSync: (path: string) => void;
  }
  const module = (): LockFile => require('lockfile') as LockFile;
  const taking =
    (options: () => object): Take =>
    async (name) => {
      const { lock, unlock } = module();
      const path = join(folder, name);
      await promisify<void>((done) => lock(path, options(), done as Callback))();
      return promisify<void>((done) => unlock(path, done as Callback));
    };
  const patient = taking(() => ({ wait: Infinity, pollPeriod: 5 }));

  test('two orders are a circle, one is none', async () => {
    await nested(patient, 'config', 'cache');
    await nested(patient, 'config', 'cache');
    expect(found()).toEqual([]);
    await nested(patient, 'cache', 'config');
    expect(found()).toEqual(['DEPT001 error of 2']);
    expect(installation.session.histories.active).toBe(false);
  });

  test.each([
    ['waits for some time', { wait: 1000 }],
    ['tries again some times', { retries: 3, retryWait: 5 }],
    ['takes what is old', { wait: Infinity, stale: 60_000 }],
  ])('who %s makes a warning', async (_does, options) => {
    const take = taking(() => ({ ...options }));
    await nested(take, 'config', 'cache');
    await nested(take, 'cache', 'config');
    expect(found()).toEqual(['DEPT001 warning of 2']);
  });

  test('who does not wait holds what he gets', async () => {
    const take = taking(() => ({}));
    await nested(take, 'config', 'cache');
    await nested(take, 'cache', 'config');
    expect(found()).toEqual([]);
    const release = await take('config');
    await expect(take('config')).rejects.toMatchObject({ code: 'EEXIST' });
    await release();
    module().lockSync(join(folder, 'config'));
    expect(installation.session.histories.active).toBe(true);
    module().unlockSync(join(folder, 'config'));
    expect(installation.session.histories.active).toBe(false);
  });

  test('a call is one wait, however often it asks, also with options that another one uses', async () => {
    const options = { wait: 10_000, pollPeriod: 1, retries: 1 };
    const take = taking(() => options);
    const release = await take('config');
    const waiting = [take('config'), take('config')];
    await vi.waitFor(() => expect(installation.waitsFor.open).toHaveLength(2));
    await release();
    await (await waiting[0])?.();
    await (await waiting[1])?.();
    expect(installation.waitsFor.open).toEqual([]);
    expect(installation.session.histories.active).toBe(false);
    expect(Object.keys(options)).toEqual(['wait', 'pollPeriod', 'retries', 'req', 'start']);
  });

  test('two that wait for each other are a deadlock', async () => {
    const both = async (first: string, second: string): Promise<void> => {
      await patient(first);
      await patient(second);
    };
    // They try until their folder is gone.
    void Promise.allSettled([both('left', 'right'), both('right', 'left')]);
    await vi.waitFor(() => {
      installation.waitsFor.confirm(true);
      expect(found()).toEqual(['DEPT002 error of 2']);
    });
  });
});

/** What redis-semaphore needs of a client: keys that are set once, and its scripts for semaphores. */
class SemaphoreStore {
  readonly options = {};
  readonly #owners = new Map<string, Set<string>>();

  async set(key: string, owner: string): Promise<'OK' | null> {
    return this.#take(key, owner, 1) ? 'OK' : null;
  }

  async evalsha(_hash: string, _count: number, key: string, ...args: readonly unknown[]): Promise<number> {
    const [limit, owner] = args;
    // Taking begins with the limit; giving back has an owner alone.
    if (typeof limit === 'number') return Number(this.#take(key, String(owner), limit));
    this.#owners.get(key)?.delete(String(limit));
    return 1;
  }

  async zrem(key: string, owner: string): Promise<void> {
    this.#owners.get(key)?.delete(owner);
  }

  #take(key: string, owner: string, limit: number): boolean {
    const owners = this.#owners.get(key) ?? new Set();
    this.#owners.set(key, owners);
    if (owners.size >= limit) return false;
    owners.add(owner);
    return true;
  }
}

describe('redis-semaphore', () => {
  const module = (): typeof import('redis-semaphore') => require('redis-semaphore');
  const taking =
    (options: object, client = new SemaphoreStore()): Take =>
    async (name) => {
      const mutex = new (module().Mutex)(client as never, name, { retryInterval: 1, ...options });
      await mutex.acquire();
      return () => mutex.release();
    };

  test('two orders are a circle, one is none, whoever has made the locks', async () => {
    const take = taking({});
    await nested(take, 'stock', 'ledger');
    await nested(take, 'stock', 'ledger');
    expect(found()).toEqual([]);
    await nested(take, 'ledger', 'stock');
    expect(found()).toEqual(['DEPT001 error of 2']);
    expect(installation.findings[0]?.circle.map(({ to }) => to.key.name)).toContain('mutex:stock');
    expect(installation.session.histories.active).toBe(false);
  });

  test.each([
    ['gives up', { acquireTimeout: 500 }],
    ['tries some times', { acquireAttemptsLimit: 5 }],
    ['does not keep it for ever', { refreshInterval: 0 }],
  ])('who %s makes a warning', async (_does, options) => {
    const take = taking(options);
    await nested(take, 'stock', 'ledger');
    await nested(take, 'ledger', 'stock');
    expect(found()).toEqual(['DEPT001 warning of 2']);
  });

  test('who has given up takes nothing', async () => {
    const client = new SemaphoreStore();
    const release = await taking({}, client)('stock');
    await expect(taking({ acquireTimeout: 5 }, client)('stock')).rejects.toThrow('timeout');
    const { Mutex } = module();
    const abort = new AbortController();
    const aborted = new Mutex(client as never, 'stock', { retryInterval: 1 }).tryAcquire(abort.signal);
    abort.abort();
    await expect(aborted).rejects.toBe(abort.signal.reason);
    expect(installation.waitsFor.open).toEqual([]);
    await release();
    expect(installation.session.histories.active).toBe(false);
  });

  test('a semaphore of several that is asked again by a holder is a circle, with its limit', async () => {
    const { Semaphore } = module();
    const client = new SemaphoreStore();
    const slot = () => new Semaphore(client as never, 'slots', 2, { retryInterval: 1 });
    const [outer, inner] = [slot(), slot()];
    await outer.acquire();
    expect(await inner.tryAcquire()).toBe(true);
    await inner.release();
    await outer.release();
    expect(found()).toEqual(['DEPT001 error of 1']);
    expect(installation.findings[0]?.circle[0]?.to.key.capacity).toBe(2);
    expect(installation.session.histories.active).toBe(false);
  });

  test('two that wait for each other are a deadlock', async () => {
    const take = taking({ acquireTimeout: 60_000 });
    const both = async (first: string, second: string): Promise<void> => {
      await take(first);
      await take(second);
    };
    void Promise.allSettled([both('stock', 'ledger'), both('ledger', 'stock')]);
    await vi.waitFor(() => {
      installation.waitsFor.confirm(true);
      expect(found()).toEqual(['DEPT002 warning of 2']);
    });
  });
});
