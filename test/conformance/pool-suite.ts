import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { currentInstallation, install } from '../../instrument/install.ts';
import { withTracker } from '../../instrument/with-tracker.ts';
import { className } from '../../src/core/classes.ts';
import type { Finding, OpenWait } from '../../src/core/finding.ts';
import { Mutex } from '../../src/sync/user/mutex.ts';

/** A library's pool as the suite sees it. */
export interface PoolUnderTest<R = unknown> {
  acquire(): Promise<R>;
  release(resource: R): Promise<void> | void;
  /** Ends the pool when every resource is back; not in libraries that wait for nobody. */
  end?: () => Promise<unknown>;
}

export interface PoolFactory {
  readonly name: string;
  /** Called with hooks in place: what is loaded here is patched. */
  readonly make: (max: number) => Promise<PoolUnderTest> | PoolUnderTest;
  /** What reports call the pool. */
  readonly className: RegExp;
  /** True where a resource is lent to a task: whoever started that is not on its stack. */
  readonly tasks?: boolean;
  /** False where only a callback tells of a resource: then nobody knows who waits for it now. */
  readonly promises?: boolean;
  /** How many resources a pool can have at most; as many as one likes if not given. */
  readonly most?: number;
}

/** A pool of what lends a resource to a task: the resource is what ends the task. */
export function poolOfTasks(run: (task: () => Promise<void>) => Promise<unknown>): PoolUnderTest<() => Promise<void>> {
  return {
    acquire: () =>
      new Promise((lend, fail) => {
        const over = run(() => new Promise<void>((end) => lend(() => release(end)))).then(undefined, fail);
        const release = async (end: () => void): Promise<void> => {
          end();
          await over;
        };
      }),
    release: (end) => end(),
  };
}

/** What a holder that asks again is told, whatever the library. */
export function poolSuite({
  name,
  make,
  className: pattern,
  most = 2,
  tasks = false,
  promises = !tasks,
}: PoolFactory): void {
  describe(name, () => {
    beforeAll(() => void install());
    afterAll(() => currentInstallation()?.uninstall());

    test.runIf(most > 1)(
      'a holder that asks again is a deadlock at as many holders as the pool has resources',
      async () => {
        const { findings, settled } = await withTracker(async () => {
          const under = await make(most);
          const [outer, inner] = [await under.acquire(), await under.acquire()];
          await under.release(inner);
          await under.release(outer);
        });
        expect(settled).toBe(true);
        expect(codes(findings)).toEqual(['DEPT001']);
        expect(classesOf(findings)).toEqual([expect.stringMatching(pattern)]);
        expect(findings[0]?.message).toContain('another of the 2 permits');
        expect(findings[0]?.help[0]).toContain('hangs as soon as 2 holders');
        expect(findings[0]?.circle[0]?.from.key.capacity).toBe(2);
      },
    );

    test('one resource after the other is nothing, however many there are', async () => {
      const { findings } = await withTracker(async () => {
        const under = await make(most);
        const use = async (): Promise<void> => {
          for (let round = 0; round < 3; round++) {
            const resource = await under.acquire();
            await pause();
            await under.release(resource);
          }
        };
        await Promise.all([use(), use(), use(), use()]);
      });
      expect(findings).toEqual([]);
    });

    test('a resource under a lock and the lock under a resource can wait for each other', async () => {
      const { findings } = await withTracker(async () => {
        const under = await make(1);
        const lock = new Mutex({ name: 'lock' });
        await lock.runExclusive(async () => under.release(await under.acquire()));
        const resource = await under.acquire();
        await lock.runExclusive(() => undefined);
        await under.release(resource);
      });
      expect(codes(findings)).toEqual(['DEPT001']);
      expect(classesOf(findings)).toEqual(['lock:0', expect.stringMatching(pattern)]);
    });

    test('the lock first, always, is nothing', async () => {
      const { findings } = await withTracker(async () => {
        const under = await make(1);
        const lock = new Mutex({ name: 'lock' });
        const use = (): Promise<void> => lock.runExclusive(async () => under.release(await under.acquire()));
        await Promise.all([use(), use(), use()]);
      });
      expect(findings).toEqual([]);
    });

    test.runIf(!tasks)('holders that all ask again are told at once, by the code that asks', async () => {
      const { findings, settled, openWaits } = await withTracker(
        async () => {
          const under = await make(most);
          const nested = async (): Promise<void> => {
            await under.acquire();
            await pause();
            await under.acquire();
          };
          await Promise.all(Array.from({ length: most }, nested));
        },
        { confirmAfterMs: 20 },
      );
      expect(settled).toBe(false);
      expect(codes(findings)).toEqual(['DEPT002']);
      expect(classesOf(findings)).toEqual([expect.stringMatching(pattern)]);
      expect(openWaits).toHaveLength(most);
    });

    test.runIf(promises)('who asks ahead of time does not wait yet', async () => {
      const { findings, settled } = await withTracker(
        async () => {
          const under = await make(1);
          const first = await under.acquire();
          const next = under.acquire();
          await new Promise((done) => void setTimeout(done, 80));
          await under.release(first);
          await under.release(await next);
        },
        { confirmAfterMs: 10 },
      );
      expect(settled).toBe(true);
      expect(findings).toEqual([]);
    });

    test('two pools of one helper are two classes', async () => {
      const { findings } = await withTracker(async () => {
        const [orders, stock] = [await make(1), await make(1)];
        const lock = new Mutex({ name: 'lock' });
        const use = async (under: PoolUnderTest, inside: () => Promise<unknown>): Promise<void> => {
          const resource = await under.acquire();
          await inside();
          await under.release(resource);
        };
        await use(orders, () => lock.runExclusive(() => undefined));
        await lock.runExclusive(() => use(stock, pause));
      });
      expect(findings).toEqual([]);
    });

    test.runIf(!tasks)('a resource that is never given back is named with its holder', async () => {
      const { openWaits } = await withTracker(async () => {
        const under = await make(1);
        await forgetful(under);
        void (async () => {
          await under.acquire();
        })().catch(() => undefined);
        await pause();
      });
      expect(ownersOf(openWaits)).toEqual([expect.stringContaining('forgetful')]);
    });

    test('who ends the pool waits for everybody who has a resource', async ({ skip }) => {
      const { settled, findings } = await withTracker(
        async () => {
          const under = await make(most);
          skip(under.end === undefined, 'this library waits for nobody');
          const resource = await under.acquire();
          await under.end?.();
          await under.release(resource);
        },
        { confirmAfterMs: 20 },
      );
      expect(settled).toBe(false);
      expect(codes(findings)).toEqual(['DEPT002']);
      expect(classesOf(findings)).toEqual([expect.stringMatching(pattern)]);
    });

    test('a pool that is ended when every resource is back is nothing', async () => {
      const { findings, settled, openWaits } = await withTracker(async () => {
        const under = await make(most);
        const use = async (): Promise<void> => under.release(await under.acquire());
        await Promise.all([use(), use(), use()]);
        await under.end?.();
      });
      expect({ findings, settled, openWaits }).toEqual({ findings: [], settled: true, openWaits: [] });
    });

    test('nothing changes for the program', async () => {
      const order: string[] = [];
      const under = await make(1);
      const use = async (who: string): Promise<void> => {
        const resource = await under.acquire();
        order.push(who);
        await pause();
        await under.release(resource);
      };
      const run = async (): Promise<readonly string[]> => {
        await Promise.all(['a', 'b', 'c'].map(use));
        return order.splice(0);
      };
      const { value } = await withTracker(run);
      expect(value).toEqual(['a', 'b', 'c']);
      currentInstallation()?.uninstall();
      try {
        expect(await run()).toEqual(value);
      } finally {
        install();
      }
    });
  });
}

async function forgetful(under: PoolUnderTest): Promise<void> {
  await under.acquire();
}

function pause(): Promise<void> {
  return new Promise((done) => void setImmediate(done));
}

function codes(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ code }) => code);
}

/** Every class of every circle, once; the lock first. */
function classesOf(findings: readonly Finding[]): readonly string[] {
  const names = findings.flatMap(({ circle }) => circle.map(({ from }) => className(from)));
  return [...new Set(names)].toSorted((a, b) => Number(b === 'lock:0') - Number(a === 'lock:0'));
}

/** The functions that took what each wait waits for. */
function ownersOf(open: readonly OpenWait[]): readonly string[] {
  return open.map(({ owners }) =>
    owners.flatMap(({ stack }) => stack?.frames.map(({ functionName }) => functionName) ?? []).join(),
  );
}
