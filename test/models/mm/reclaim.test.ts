import { describe, expect, test } from 'vitest';
import {
  fsReclaimAcquire,
  fsReclaimRelease,
  type Gfp,
  mightAlloc,
  mmuNotifierInvalidate,
} from '../../../src/models/mm/reclaim.ts';
import { failSlab, kmalloc } from '../../../src/models/slab.ts';
import { KernelMutex } from '../../../src/sync/kernel-mutex.ts';
import { SpinLock } from '../../../src/sync/spinlock.ts';
import { inKernel } from '../stage.ts';

/** L is held during the allocation; the shrinker, or the notifier, takes L. */
async function circles(gfp: Gfp, inside: 'reclaim' | 'notifier'): Promise<string[]> {
  const run = await inKernel(async (world) => {
    const lock = new KernelMutex({ name: 'L' });
    world.task('allocates', async () => {
      await lock.lock();
      mightAlloc(gfp);
      lock.unlock();
    });
    await world.sleep(1);
    const takes = async (): Promise<void> => {
      await lock.lock();
      lock.unlock();
    };
    if (inside === 'notifier') return await mmuNotifierInvalidate(takes);
    fsReclaimAcquire();
    await takes();
    fsReclaimRelease();
  });
  return run.circles();
}

describe('reclaim', () => {
  test.each([
    ['GFP_KERNEL', ['L fs_reclaim'], ['L mmu_notifier_invalidate_range_start']],
    ['GFP_NOFS', [], ['L mmu_notifier_invalidate_range_start']],
    ['GFP_NOIO', [], ['L mmu_notifier_invalidate_range_start']],
    ['GFP_ATOMIC', [], []],
  ] as const)('%s may wait for what it may enter', async (gfp, reclaim, notifier) => {
    expect([await circles(gfp, 'reclaim'), await circles(gfp, 'notifier')]).toEqual([reclaim, notifier]);
  });

  test('whoever reclaims memory does not enter reclaim again', async () => {
    const run = await inKernel(() => {
      fsReclaimAcquire();
      mightAlloc('GFP_KERNEL');
      fsReclaimAcquire();
      fsReclaimRelease();
      expect(() => fsReclaimRelease()).toThrow(expect.objectContaining({ code: 'ERR_DEPT_BUG' }));
    });
    expect(run.circles()).toEqual([]);
  });

  test('an allocation that may sleep is not for atomic context', async () => {
    await inKernel(async () => {
      const spinlock = new SpinLock();
      await spinlock.lock();
      mightAlloc('GFP_ATOMIC');
      expect(() => mightAlloc('GFP_NOIO')).toThrow(expect.objectContaining({ code: 'ERR_DEPT_ATOMIC' }));
      spinlock.unlock();
      expect([kmalloc('x', 'GFP_KERNEL'), kmalloc('x')]).toEqual([true, true]);
      failSlab((what) => what === 'x');
      expect([kmalloc('x', 'GFP_KERNEL'), kmalloc('y')]).toEqual([false, true]);
    });
  });
});
