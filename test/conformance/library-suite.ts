import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { currentInstallation, type Installation, install } from '../../instrument/install.ts';
import type { Finding } from '../../src/core/finding.ts';

/** Waits for a place, runs the task while it is held, and gives the place back. */
export type Hold = <T>(task: () => T | Promise<T>) => Promise<T>;

/** A library as the suite sees it: something that lets a number of callers in at once. */
export interface LibraryUnderTest {
  readonly name: string;
  /** Loads the package; called while dept is installed, so that it is met. @returns what makes a new lock, queue or pool */
  readonly load: () => Promise<(capacity: number) => Hold>;
  /** True for what runs a task that it is given: whoever adds one need not wait for it. */
  readonly tasks: boolean;
  /** False where only a callback tells of a result: then nobody knows who waits for it now. */
  readonly promises?: boolean;
  /** True for what begins its tasks by timers: microtasks are not to be counted then. */
  readonly timers?: boolean;
  /** How many callers can be let in at once. */
  readonly capacities: readonly number[];
}

const immediate = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const timer = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));

const settled = Promise.resolve();

function circles(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ code, circle }) => `${code} of ${circle.length}`);
}

/** The rules an adapter keeps, whatever its library is called: what it finds, and that nobody notices it. */
export function librarySuite(library: LibraryUnderTest): void {
  const { name, load, tasks, promises = true, timers = false, capacities } = library;
  const turn = timers ? timer : immediate;
  const turns = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await turn();
  };
  const [least = 1] = capacities;
  const most = capacities.at(-1) ?? 1;

  describe(name, () => {
    let make: (capacity: number) => Hold;
    let installation: Installation;

    beforeAll(async () => {
      install();
      make = await load();
      currentInstallation()?.uninstall();
    });
    afterEach(() => currentInstallation()?.uninstall());

    async function watched(run: () => Promise<void>): Promise<readonly string[]> {
      installation = install();
      await run();
      await turns(5);
      installation.waitsFor.confirm(true);
      return circles(installation.findings);
    }

    function nothingOpen(): void {
      expect(installation.waitsFor.open).toEqual([]);
      expect(installation.session.histories.active).toBe(false);
    }

    test('one caller after the other: nothing is found and nothing stays open', async () => {
      const hold = make(least);
      const found = await watched(async () => {
        for (let i = 0; i < 3; i++) expect(await hold(() => i)).toBe(i);
        await hold(turn);
      });
      expect(found).toEqual([]);
      nothingOpen();
    });

    test('more callers than places: nothing is found and nothing stays open', async () => {
      const hold = make(least);
      const found = await watched(async () => {
        const results = await Promise.all([1, 2, 3, 4, 5].map((i) => hold(() => turn().then(() => i))));
        expect(results).toEqual([1, 2, 3, 4, 5]);
      });
      expect(found).toEqual([]);
      nothingOpen();
    });

    test('two orders that happen not to meet are a circle', async () => {
      const [a, b] = [make(least), make(least)];
      const found = await watched(async () => {
        await a(() => b(() => 1));
        await b(() => a(() => 1));
      });
      expect(found).toEqual(['DEPT001 of 2']);
      nothingOpen();
    });

    test('one order is none', async () => {
      const [a, b] = [make(least), make(least)];
      const found = await watched(async () => {
        await Promise.all([a(() => b(turn)), a(() => b(turn)), b(turn)]);
        await a(() => b(turn));
        await b(turn);
        await a(turn);
      });
      expect(found).toEqual([]);
    });

    test('a place given back before the next one is taken is no circle', async () => {
      const [a, b] = [make(least), make(least)];
      const found = await watched(async () => {
        await a(turn);
        await b(turn);
        await b(turn);
        await a(turn);
      });
      expect(found).toEqual([]);
    });

    test('what one task takes is not what its neighbour holds', async () => {
      const [a, b] = [make(least), make(least)];
      const found = await watched(async () => {
        await Promise.all([a(turn), b(turn)]);
        await Promise.all([b(turn), a(turn)]);
      });
      expect(found).toEqual([]);
    });

    test.runIf(most > 1)('a place asked for by somebody who has one is a circle though one was free', async () => {
      const hold = make(most);
      const found = await watched(async () => {
        expect(await hold(() => hold(() => 7))).toBe(7);
      });
      expect(found).toEqual(['DEPT001 of 1']);
      expect(installation.findings[0]?.circle[0]?.to.key.capacity).toBe(most);
      nothingOpen();
    });

    test.runIf(promises)('a place asked for by somebody who has the last one is a deadlock', async () => {
      const hold = make(least);
      const found = await watched(async () => {
        const enter = async (): Promise<void> => {
          await hold(async () => {
            await turn();
            await hold(() => undefined);
          });
        };
        for (let i = 0; i < least; i++) void enter();
        await turns(10);
      });
      expect(found).toEqual(['DEPT002 of 1']);
    });

    test.runIf(promises)('two orders that meet are a deadlock', async () => {
      const [a, b] = [make(least), make(least)];
      const found = await watched(async () => {
        const enter = async (first: Hold, second: Hold): Promise<void> => {
          await first(async () => {
            await turn();
            await second(() => undefined);
          });
        };
        for (let i = 0; i < least; i++) void enter(a, b);
        for (let i = 0; i < least; i++) void enter(b, a);
        await turns(10);
      });
      expect(found).toEqual(['DEPT002 of 2']);
    });

    test.runIf(tasks)('a task that adds another one without waiting for it is no circle', async () => {
      const hold = make(least);
      const found = await watched(async () => {
        const added: Promise<number>[] = [];
        const handled = (promise: Promise<number>): Promise<number> => promise.catch(() => 0).then((value) => value);
        await hold(async () => {
          added.push(handled(hold(() => 5)));
          await turns(3);
          installation.waitsFor.confirm(false);
          installation.waitsFor.confirm(false);
        });
        expect(await Promise.all(added)).toEqual([5]);
      });
      expect(found).toEqual([]);
      nothingOpen();
    });

    test('errors come out as they went in, and the place is free again', async () => {
      const hold = make(least);
      const error = new Error('on purpose');
      const found = await watched(async () => {
        for (let i = 0; i <= least; i++) {
          await expect(hold(() => Promise.reject(error))).rejects.toBe(error);
        }
        expect(await hold(() => 'free')).toBe('free');
      });
      expect(found).toEqual([]);
      nothingOpen();
    });

    test('nobody notices: the same results in the same order at the same microtasks', async () => {
      const bare = await transcript(make);
      await watched(async () => {
        expect(await transcript(make)).toEqual(bare);
      });
      currentInstallation()?.uninstall();
      expect(await transcript(make)).toEqual(bare);
    });

    async function transcript(makeOne: (capacity: number) => Hold): Promise<readonly string[]> {
      const hold = makeOne(least);
      const log: string[] = [];
      let tick = 0;
      let isOver = false;
      const ticking = (async () => {
        while (!isOver) {
          for (let i = 0; i < 50; i++) {
            await settled;
            if (!timers) tick++;
          }
          await turn();
        }
      })();
      const one = async (i: number): Promise<void> => {
        const result = await hold(async () => {
          log.push(`${tick} ${i} in`);
          if (i % 2 === 0) await settled;
          else await turn();
          log.push(`${tick} ${i} out`);
          if (i === 3) throw new Error('three');
          return i * 2;
        }).catch((error: Error) => error.message);
        log.push(`${tick} ${i} ${result}`);
      };
      await Promise.all([0, 1, 2, 3, 4].map(one));
      isOver = true;
      await ticking;
      return log;
    }
  });
}
