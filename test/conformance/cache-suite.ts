import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { currentInstallation, type Installation, install } from '../../instrument/install.ts';

/** A cache that computes what it does not have, once for all who ask. */
export interface Cache {
  get(key: string): Promise<unknown>;
  put(key: string, value: unknown): unknown;
  forget(key: string): unknown;
}

export type Compute = (key: string) => Promise<unknown>;

export interface CacheUnderTest {
  readonly name: string;
  /** Loads the package; called while dept is installed, so that it is met. @returns what makes a new cache */
  readonly load: () => Promise<(compute: Compute) => Cache>;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

/** The rules an adapter of a cache keeps: what it finds, and that nobody notices it. */
export function cacheSuite({ name, load }: CacheUnderTest): void {
  describe(name, () => {
    let make: (compute: Compute) => Cache;
    let installation: Installation;

    beforeAll(async () => {
      install();
      make = await load();
      currentInstallation()?.uninstall();
    });
    afterEach(() => currentInstallation()?.uninstall());

    /** What is found while these keys depend on those. */
    async function found(run: (cache: Cache, needs: Map<string, string[]>) => Promise<unknown>): Promise<string[]> {
      installation = install();
      const needs = new Map<string, string[]>();
      const cache = make(async (key) => {
        await turn();
        for (const other of needs.get(key) ?? []) await cache.get(other);
        return key;
      });
      await run(cache, needs);
      await turns(5);
      installation.waitsFor.confirm(true);
      return installation.findings.map(({ code, circle }) => {
        return `${code} ${circle
          .map(({ from }) => /\((.*)\)/.exec(from.key.name)?.[1] ?? '')
          .toSorted((one, other) => one.localeCompare(other))
          .join(' ')}`;
      });
    }

    function nothingOpen(): void {
      expect(installation.waitsFor.open).toEqual([]);
      expect(installation.session.histories.active).toBe(false);
    }

    test('values that need each other are a circle, also when one of them was at hand', async () => {
      const findings = await found(async (cache, needs) => {
        needs.set('a', ['b']).set('b', ['a']);
        await cache.put('b', 'test double');
        await cache.get('a');
        await cache.forget('b');
        await cache.get('b');
      });
      expect(findings).toEqual(['DEPT001 a b']);
      nothingOpen();
    });

    test('values that wait for each other are a deadlock', async () => {
      const findings = await found(async (cache, needs) => {
        needs.set('a', ['b']).set('b', ['a']);
        void cache.get('a');
        await turns(10);
      });
      expect(findings).toEqual(['DEPT002 a b']);
    });

    test('a value that needs itself is a deadlock', async () => {
      const findings = await found(async (cache, needs) => {
        needs.set('a', ['a']);
        void cache.get('a');
        await turns(10);
      });
      expect(findings).toEqual(['DEPT002 a']);
    });

    test('values that need others in one direction are no circle, however often and in whatever order', async () => {
      const findings = await found(async (cache, needs) => {
        needs.set('a', ['b', 'c']).set('b', ['c']).set('d', ['a', 'c']);
        for (const first of ['a', 'd', 'c', 'b']) {
          await Promise.all([cache.get(first), cache.get('d'), cache.get('b')]);
          for (const key of ['a', 'b', 'c', 'd']) await cache.forget(key);
        }
      });
      expect(findings).toEqual([]);
      nothingOpen();
    });

    test('a value computed anew from others that are at hand needs only those', async () => {
      const findings = await found(async (cache, needs) => {
        needs.set('a', ['b']);
        for (let i = 0; i < 3; i++) {
          await cache.get('a');
          await cache.forget('a');
        }
      });
      expect(findings).toEqual([]);
      nothingOpen();
    });

    test.each(['watched', 'not watched'])(
      'computes once for all who ask, and fails for all of them (%s)',
      async (mode) => {
        if (mode === 'watched') installation = install();
        let calls = 0;
        const cache = make(async (key) => {
          calls++;
          await turn();
          if (key === 'bad') throw new Error('no such value');
          return `${key} ${calls}`;
        });
        expect(await Promise.all([cache.get('a'), cache.get('a')])).toEqual(['a 1', 'a 1']);
        expect(await cache.get('a')).toBe('a 1');
        const failures = await Promise.allSettled([cache.get('bad'), cache.get('bad')]);
        expect(failures.map((each) => each.status)).toEqual(['rejected', 'rejected']);
        expect(calls).toBe(2);
        if (mode === 'not watched') return;
        await turns(5);
        expect(installation.findings).toEqual([]);
        nothingOpen();
      },
    );
  });
}
