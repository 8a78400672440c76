import { afterEach, describe, expect, test } from 'vitest';
import { shared } from '../../../instrument/hooks/shared.ts';
import { type Installation, install } from '../../../instrument/install.ts';
import { DeptError } from '../../../src/core/dept-error.ts';
import { Mutex } from '../../../src/sync/user/mutex.ts';

let installation: Installation;

afterEach(() => installation?.uninstall());

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function watch(attribution: 'precise' | 'dynamic' = 'precise'): Installation {
  installation = install({ attribution });
  return installation;
}

function found(): string[] {
  return installation.findings.map(
    ({ code, circle }) => `${code} ${circle.map(({ from }) => from.key.name).join(' ')}`,
  );
}

async function atTheEnd(): Promise<string[]> {
  for (let i = 0; i < 5; i++) await turn();
  installation.waitsFor.confirm(true);
  return found();
}

test('functions that call each other and themselves over fresh promises are no circle', async () => {
  watch();
  const even = async (n: number): Promise<boolean> => n === 0 || odd(n - 1);
  const odd = async (n: number): Promise<boolean> => n !== 0 && (await even(n - 1));
  const fibonacci = async (n: number): Promise<number> =>
    n < 2 ? n : (await fibonacci(n - 1)) + (await fibonacci(n - 2));
  expect(await even(10)).toBe(true);
  expect(await fibonacci(8)).toBe(21);
  expect(await atTheEnd()).toEqual([]);
});

test.each(['precise', 'dynamic'] as const)(
  'factories that await each other are found by a test double (%s)',
  async (mode) => {
    watch(mode);
    const kept = new Map<string, Promise<unknown>>();
    const get = (name: string): Promise<unknown> => kept.get(name) ?? (make(name) as Promise<unknown>);
    const make = (name: string): unknown => {
      const made = name === 'logger' ? logger() : metrics();
      kept.set(name, made);
      return made;
    };
    const logger = shared.factory(async () => get('metrics'), { name: 'logger' });
    const metrics = shared.factory(async () => turn().then(() => get('logger')), { name: 'metrics' });
    kept.set('logger', shared.promise(Promise.resolve('test double'), { name: 'logger' }));
    await get('metrics');
    kept.delete('logger');
    await get('logger');
    expect(await atTheEnd()).toEqual(['DEPT001 logger metrics']);
    expect(installation.session.histories.active).toBe(false);
  },
);

test('a promise that a factory computes and awaits itself is a deadlock', async () => {
  watch();
  let own: Promise<unknown> | null = null;
  const refresh = shared.factory(
    async () => {
      await turn();
      await own;
    },
    { name: 'refresh' },
  );
  own = refresh();
  expect(await atTheEnd()).toEqual(['DEPT002 refresh']);
});

describe('a promise that is awaited with others in Promise.all', () => {
  test('is waited for while the program runs', async () => {
    watch();
    const pool = new Mutex({ name: 'pool' });
    const user = shared.factory(() => pool.runExclusive(turn), { name: 'user' });
    void pool.runExclusive(async () => {
      await Promise.all([user(), turn()]);
    });
    for (let i = 0; i < 5; i++) await turn();
    installation.waitsFor.confirm(false);
    installation.waitsFor.confirm(false);
    expect(found()).toEqual(['DEPT002 pool user']);
  });

  test('is waited for no more when another one has failed', async () => {
    watch();
    const pool = new Mutex({ name: 'pool' });
    const user = shared.factory(() => pool.runExclusive(turn), { name: 'user' });
    let end = (): void => undefined;
    const handled = pool.runExclusive(async () => {
      await Promise.all([user(), turn().then(() => Promise.reject(new Error('refused')))]).catch(() => undefined);
      await new Promise<void>((resolve) => {
        end = resolve;
      });
    });
    for (let i = 0; i < 5; i++) await turn();
    installation.waitsFor.confirm(false);
    installation.waitsFor.confirm(false);
    expect(found()).toEqual([]);
    end();
    await handled;
    expect(await atTheEnd()).toEqual([]);
  });
});

test('who only listens to a promise does not wait for it', async () => {
  watch();
  let own: Promise<unknown> | null = null;
  let end = (): void => undefined;
  const job = shared.factory(
    async () => {
      await turn();
      own?.catch(() => undefined);
      await new Promise<void>((resolve) => {
        end = resolve;
      });
    },
    { name: 'job' },
  );
  own = job();
  expect(await atTheEnd()).toEqual([]);
  end();
  await own;
  expect(await atTheEnd()).toEqual([]);
});

test('a chain in which each promise awaits the one before is no circle', async () => {
  watch();
  const append = shared.factory(async (before: Promise<unknown>) => before, { name: 'tail' });
  let tail: Promise<unknown> = Promise.resolve();
  for (let i = 0; i < 100; i++) tail = append(tail);
  await tail;
  expect(await atTheEnd()).toEqual([]);
  expect(installation.session.histories.active).toBe(false);
});

test('a lock under a shared promise here, the promise under the lock there', async () => {
  watch();
  const mutex = new Mutex({ name: 'lock' });
  const config = shared.factory(() => mutex.runExclusive(turn), { name: 'config' });
  await config();
  await mutex.runExclusive(() => shared.promise(Promise.resolve(), { name: 'config' }));
  expect(await atTheEnd()).toEqual(['DEPT001 lock config']);
});

test('a caller that holds a lock still holds it while a factory waits', async () => {
  watch();
  const [outer, inner] = [new Mutex({ name: 'outer' }), new Mutex({ name: 'inner' })];
  const value = shared.factory(() => inner.runExclusive(turn), { name: 'value' });
  await outer.runExclusive(() => value());
  expect([...installation.tracker.store].map(({ from, to }) => `${from.key.name} -> ${to.key.name}`).sort()).toEqual([
    'outer -> inner',
    'outer -> value',
    'value -> inner',
  ]);
});

test('a promise resolved with one that is pending is not settled before that', async () => {
  watch();
  const inner = new Mutex({ name: 'inner' });
  const late = async (): Promise<void> => {
    await turn();
    await inner.runExclusive(turn);
  };
  const value = shared.factory(async () => late(), { name: 'value' });
  const computed = value();
  await turn();
  expect(installation.session.histories.active).toBe(true);
  await computed;
  expect([...installation.tracker.store].map(({ from, to }) => `${from.key.name} -> ${to.key.name}`)).toEqual([
    'value -> inner',
  ]);
});

test('a promise that nobody awaits owes nothing when it is settled', async () => {
  watch();
  void shared.factory(turn, { name: 'value' })();
  shared.promise(Promise.reject(new Error('seen by nobody')), { name: 'value' }).catch(() => undefined);
  expect(await atTheEnd()).toEqual([]);
  expect(installation.session.histories.active).toBe(false);
});

test('a factory without a name is refused, and one with a name stays what it was', () => {
  expect(() => shared.factory(async () => undefined)).toThrow(DeptError);
  async function load(id: number): Promise<number> {
    return id;
  }
  const watched = shared.factory(load);
  expect([watched.name, watched.length]).toEqual(['load', 1]);
});

describe('a circle in which somebody waits by then or in Promise.all', () => {
  function circle(isClosed: boolean): Promise<unknown> {
    const needs: Record<string, readonly string[]> = { app: ['core'], core: ['util'], util: isClosed ? ['app'] : [] };
    const kept = new Map<string, Promise<unknown>>();
    const get = (name: string): Promise<unknown> => {
      const known = kept.get(name) ?? factories[name]?.();
      kept.set(name, known as Promise<unknown>);
      return known as Promise<unknown>;
    };
    const load = (name: string) => (): Promise<unknown> =>
      turn().then(() => Promise.all(needs[name]?.map(get) ?? []).then((parts) => ({ name, parts })));
    const factories = Object.fromEntries(
      Object.keys(needs).map((name) => [name, shared.factory(load(name), { name })]),
    );
    return get('app');
  }

  async function withNothingLeft(): Promise<string[]> {
    for (let i = 0; i < 10; i++) await turn();
    expect(found()).toEqual([]);
    installation.session.attribution.nothingLeft();
    return atTheEnd();
  }

  test('is told when nothing is left to run', async () => {
    watch();
    void circle(true).then(() => undefined);
    expect(await withNothingLeft()).toEqual(['DEPT002 util core app']);
  });

  test('and not where none of them needs itself', async () => {
    watch();
    expect(await circle(false)).toBeDefined();
    expect(await withNothingLeft()).toEqual([]);
  });
});
