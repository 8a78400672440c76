import { describe, expect, test } from 'vitest';
import type { SleepOptions } from '../../src/sync/sleep.ts';
import { World } from '../../src/sync/world.ts';
import { type Recorder, recorded } from './recorder.ts';

export type Release = () => void;
export type Refused = 'timed-out' | 'cancelled';

/** A primitive as the suite sees it: something one caller at a time can have. */
export interface LockUnderTest {
  lock(options?: SleepOptions): Promise<Release | Refused>;
  tryLock(): Release | null;
}

export interface LockFactory {
  readonly name: string;
  make(): LockUnderTest;
  /** First come, first served, with hand-off: nobody overtakes a waiter. */
  readonly fair: boolean;
  /** Callers can give up after some time, or when a signal is aborted. */
  readonly timeouts: boolean;
  readonly aborts: boolean;
  /** A signal aborted before the call refuses even a free lock; kernel locks look at it only when they must wait. */
  readonly abortFirst: boolean;
  /** A second release is refused with an error. */
  readonly refusesDoubleRelease: boolean;
}

const isRelease = (taken: Release | Refused): taken is Release => typeof taken === 'function';

/** A rule that only some primitives promise. */
const rule = (promised: boolean): ((name: string, body: () => Promise<void>) => void) =>
  promised ? test : () => undefined;

async function holding(lock: LockUnderTest, body: () => Promise<void> | void): Promise<void> {
  const release = await lock.lock();
  if (!isRelease(release)) throw new Error(`refused: ${release}`);
  await body();
  release();
}

/** The rules every lock keeps, whatever it is called. Each runs with and without a session, on every seed alike. */
export function lockSuite(factory: LockFactory): void {
  describe.each(['no session', 'a session'])(`${factory.name} with %s`, (mode) => {
    async function inWorld(body: (world: World, lock: LockUnderTest) => void | Promise<void>, seed?: number) {
      const world = new World(seed === undefined ? {} : { seed });
      const go = async (): Promise<void> => {
        await body(world, factory.make());
        const { stuck } = await world.run();
        expect(stuck).toEqual([]);
      };
      if (mode === 'no session') {
        await go();
        return;
      }
      const recorder: Recorder = await recorded(go);
      expect([...recorder.open].map((held) => held.object.label)).toEqual([]);
      expect([...recorder.pending].map((wait) => wait.object.label)).toEqual([]);
    }

    test.each([1, 2, 3, 4, 5, 6, 7, 8])('lets one in at a time (seed %i)', async (seed) => {
      let inside = 0;
      let entries = 0;
      await inWorld((world, lock) => {
        for (let i = 0; i < 6; i++) {
          world.task(`t${i}`, async () => {
            for (let round = 0; round < 4; round++) {
              await holding(lock, async () => {
                expect(++inside).toBe(1);
                await world.delay(1);
                entries++;
                inside--;
              });
              await world.yield();
            }
          });
        }
      }, seed);
      expect(entries).toBe(24);
    });

    rule(factory.fair)('serves callers in the order in which they came', async () => {
      const order: string[] = [];
      await inWorld((world, lock) => {
        world.task('first', () => holding(lock, () => world.delay(1)));
        for (const name of ['a', 'b', 'c', 'd']) world.task(name, () => holding(lock, () => void order.push(name)));
      });
      expect(order).toEqual(['a', 'b', 'c', 'd']);
    });

    rule(factory.fair)('hands over: nobody steals between release and resumption', async () => {
      let stolen: Release | null | undefined;
      await inWorld((world, lock) => {
        world.task('owner', async () => {
          await holding(lock, () => world.delay(1));
          stolen = lock.tryLock();
        });
        world.task('waiter', () => holding(lock, () => undefined));
      });
      expect(stolen).toBeNull();
    });

    test('tries without waiting', async () => {
      const got: boolean[] = [];
      await inWorld((world, lock) => {
        world.task('tries', () => {
          const first = lock.tryLock();
          const second = lock.tryLock();
          got.push(first !== null, second !== null);
          first?.();
          const third = lock.tryLock();
          got.push(third !== null);
          third?.();
        });
      });
      expect(got).toEqual([true, false, true]);
    });

    rule(factory.timeouts)('gives up after the timeout, and not before', async () => {
      let result: unknown;
      let at = 0;
      let clock: World | null = null;
      await inWorld((world, lock) => {
        clock = world;
        world.task('owner', () => holding(lock, () => world.delay(100)));
        world.task('patient', async () => {
          result = await lock.lock({ timeoutMs: 50 });
          at = world.now();
        });
        world.task('lucky', async () => {
          const release = await lock.lock({ timeoutMs: 500 });
          expect(isRelease(release)).toBe(true);
          expect(world.now()).toBe(100);
          (release as Release)();
        });
      });
      expect(result).toBe('timed-out');
      expect(at).toBe(50);
      // The timer of a granted wait is gone, or the clock would have gone on to it.
      expect((clock as World | null)?.now()).toBe(100);
    });

    rule(factory.timeouts)('only tries with a timeout of 0', async () => {
      const results: unknown[] = [];
      await inWorld((world, lock) => {
        world.task('zero', async () => {
          const release = await lock.lock({ timeoutMs: 0 });
          results.push(isRelease(release), await lock.lock({ timeoutMs: 0 }), world.now());
          if (isRelease(release)) release();
        });
      });
      expect(results).toEqual([true, 'timed-out', 0]);
    });

    rule(factory.aborts)('an abort in the middle of the queue leaves the others in order', async () => {
      const order: string[] = [];
      const abort = new AbortController();
      await inWorld((world, lock) => {
        world.task('owner', () => holding(lock, () => world.delay(10)));
        world.task('a', () => holding(lock, () => void order.push('a')));
        world.task('b', async () => {
          order.push(String(await lock.lock({ signal: abort.signal })));
        });
        world.task('c', () => holding(lock, () => void order.push('c')));
        world.task('aborter', () => abort.abort());
      });
      expect(order).toEqual(['cancelled', 'a', 'c']);
    });

    rule(factory.aborts)('looks at a signal aborted before', async () => {
      const results: unknown[] = [];
      await inWorld((world, lock) => {
        world.task('late', async () => {
          const free = await lock.lock({ signal: AbortSignal.abort() });
          results.push(isRelease(free) ? 'taken' : free);
          if (isRelease(free)) free();
          await holding(lock, async () => void results.push(await lock.lock({ signal: AbortSignal.abort() })));
        });
      });
      expect(results).toEqual([factory.abortFirst ? 'cancelled' : 'taken', 'cancelled']);
    });

    rule(factory.refusesDoubleRelease)('refuses a second release and stays usable', async () => {
      let code: unknown;
      await inWorld((world, lock) => {
        world.task('twice', async () => {
          const release = (await lock.lock()) as Release;
          release();
          try {
            release();
          } catch (error) {
            code = (error as { code?: string }).code;
          }
          await holding(lock, () => expect(lock.tryLock()).toBeNull());
        });
      });
      expect(code).toBe('ERR_DEPT_BAD_UNLOCK');
    });
  });
}
