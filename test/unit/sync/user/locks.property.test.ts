import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RwLock, Semaphore, TimeoutError, World } from '../../../../src/sync/index.ts';
import { recorded } from '../../../conformance/recorder.ts';

interface Step {
  readonly amount: number;
  readonly before: number;
  readonly inside: number;
  readonly timeoutMs: number | null;
  readonly abortAt: number | null;
}

const step = (most: number): fc.Arbitrary<Step> =>
  fc.record({
    amount: fc.integer({ min: 1, max: most }),
    before: fc.integer({ min: 0, max: 5 }),
    inside: fc.integer({ min: 0, max: 5 }),
    timeoutMs: fc.option(fc.integer({ min: 0, max: 8 }), { freq: 3 }),
    abortAt: fc.option(fc.integer({ min: 0, max: 8 }), { freq: 4 }),
  });

/** Runs every program as a thread. Nobody may stay behind, whoever gave up on the way. */
async function run(
  seed: number,
  programs: readonly Step[][],
  enter: (step: Step, signal: AbortSignal) => Promise<() => void>,
): Promise<void> {
  const recorder = await recorded(async () => {
    const world = new World({ seed });
    for (const [index, steps] of programs.entries()) {
      world.task(`t${index}`, async () => {
        for (const next of steps) {
          await world.sleep(next.before);
          const abort = new AbortController();
          if (next.abortAt !== null) world.timer(() => abort.abort('aborted'), next.abortAt);
          try {
            const leave = await enter(next, abort.signal);
            await world.sleep(next.inside);
            leave();
          } catch (error) {
            if (error !== 'aborted') expect(error).toBeInstanceOf(TimeoutError);
          }
        }
      });
    }
    expect((await world.run()).stuck).toEqual([]);
  });
  expect(recorder.open.size).toBe(0);
  expect(recorder.pending.size).toBe(0);
  expect(recorder.misuses).toEqual([]);
}

const programs = (most: number): fc.Arbitrary<Step[][]> =>
  fc.array(fc.array(step(most), { maxLength: 5 }), { minLength: 1, maxLength: 6 });

const sleepOf = ({ timeoutMs }: Step, signal: AbortSignal) => ({ signal, ...(timeoutMs !== null && { timeoutMs }) });

test('a semaphore never grants more than it has and never forgets anybody', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), programs(4), async (seed, threads) => {
      const semaphore = new Semaphore(4, { name: 'S' });
      let out = 0;
      await run(seed, threads, async (next, signal) => {
        const guard = await semaphore.acquire({ ...sleepOf(next, signal), permits: next.amount });
        out += next.amount;
        expect(out).toBeLessThanOrEqual(4);
        return () => {
          out -= next.amount;
          guard.release();
        };
      });
      expect(semaphore.available).toBe(4);
    }),
    { seed: 20250711, numRuns: 150 },
  );
});

test('a reader-writer lock keeps writers alone and never forgets anybody', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), programs(3), async (seed, threads) => {
      const lock = new RwLock({ name: 'RW' });
      let readers = 0;
      let writers = 0;
      await run(seed, threads, async (next, signal) => {
        const sleep = sleepOf(next, signal);
        if (next.amount < 3) {
          const guard = await lock.readLock(sleep);
          readers++;
          expect(writers).toBe(0);
          return () => {
            readers--;
            guard.release();
          };
        }
        const guard = await lock.writeLock(sleep);
        writers++;
        expect([writers, readers]).toEqual([1, 0]);
        return () => {
          writers--;
          guard.release();
        };
      });
      expect(lock.isLocked).toBe(false);
    }),
    { seed: 20250711, numRuns: 150 },
  );
});
