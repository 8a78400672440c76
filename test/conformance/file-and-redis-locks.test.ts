import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
])('redlock %s', (version, from, client) => {
  const made = (): { readonly redlock: Redlock; readonly take: Take } => {
    const exported = from('redlock') as { default?: new (clients: object[]) => Redlock };
    const Redlock = exported.default ?? (exported as unknown as new (clients: object[]) => Redlock);
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
