import { describe, expect, test } from 'vitest';
import { cpuRelax, raceWindow } from '../../src/models/race-window.ts';
import { KernelMutex } from '../../src/sync/kernel-mutex.ts';
import type { World } from '../../src/sync/world.ts';
import { exploreWorld } from './explore-world.ts';

/** Two threads add one, each in two accesses. */
function lostUpdate(world: World): () => string | null {
  let shared = 0;
  for (const name of ['a', 'b']) {
    world.task(name, async () => {
      const read = shared;
      await raceWindow('read');
      shared = read + 1;
    });
  }
  return () => (shared === 2 ? null : `shared is ${shared}`);
}

describe('exploreWorld', () => {
  test('finds a lost update with the fewest turns, and every schedule of it', async () => {
    const { fault, schedules, complete } = await exploreWorld(lostUpdate);
    expect(fault).toEqual({ what: 'shared is 1', order: ['a', 'b', 'b', 'a'] });
    // Two turns of two threads: 4! / (2! 2!) orders.
    expect([schedules, complete]).toEqual([6, true]);
  });

  test('the allowance of preemptions bounds it', async () => {
    const { fault, schedules } = await exploreWorld(lostUpdate, { preemptions: 0 });
    expect([fault, schedules]).toEqual([null, 2]);
  });

  test('says when it gave up', async () => {
    const { complete, schedules } = await exploreWorld(lostUpdate, { maxSchedules: 3 });
    expect([complete, schedules]).toEqual([false, 3]);
  });

  test('finds a hang', async () => {
    const { hang } = await exploreWorld((world) => {
      const [a, b] = [new KernelMutex({ name: 'A' }), new KernelMutex({ name: 'B' })];
      const cross = (first: KernelMutex, second: KernelMutex) => async () => {
        await first.lock();
        await raceWindow('between the locks');
        await second.lock();
        second.unlock();
        first.unlock();
      };
      world.task('X', cross(a, b));
      world.task('Y', cross(b, a));
      return () => null;
    });
    expect(hang).toEqual(['X', 'Y', 'Y', 'X']);
  });

  test('a thread that spins lets the others come, and what is thrown is a fault', async () => {
    const { fault, hang, complete } = await exploreWorld((world) => {
      let isReady = false;
      world.task('spins', async () => {
        while (!isReady) await cpuRelax();
        throw new Error('seen');
      });
      world.task('sets', async () => {
        await raceWindow('before');
        isReady = true;
        await raceWindow('after');
      });
      return () => null;
    });
    expect([fault?.what, hang, complete]).toEqual(['seen', null, true]);
  });
});
