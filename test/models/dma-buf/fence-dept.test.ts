import { describe, expect, test } from 'vitest';
import { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import { DmaFenceArray } from '../../../src/models/dma-buf/fence-array.ts';
import { DmaFenceCallback } from '../../../src/models/dma-buf/fence-callback.ts';
import { dmaFenceBeginSignalling, dmaFenceEndSignalling } from '../../../src/models/dma-buf/fence-signalling.ts';
import { dmaFenceWaitAnyTimeout } from '../../../src/models/dma-buf/fence-wait.ts';
import { fsReclaimAcquire, fsReclaimRelease, mightAlloc } from '../../../src/models/mm/reclaim.ts';
import { rcu } from '../../../src/models/rcu.ts';
import { Handle } from '../../../src/sync/handle.ts';
import { KernelMutex } from '../../../src/sync/kernel-mutex.ts';
import { SpinLock } from '../../../src/sync/spinlock.ts';
import type { World } from '../../../src/sync/world.ts';
import { MOCK_NAMES, mockFence } from '../cases/fence-fixtures.ts';
import { inKernel, type KernelRun } from '../stage.ts';

/** T1 waits for the fence under a lock; T2 takes the lock between the request and the signal, in a run that ends well. */
async function waitUnderLock(make: () => DmaFence, waitFor: (fence: DmaFence) => Promise<unknown>): Promise<KernelRun> {
  return inKernel(async (world) => {
    const fence = make();
    const lock = new KernelMutex({ name: 'resv' });
    world.task('under-lock', async () => {
      await lock.lock();
      const other = make();
      await other.signal();
      await waitFor(other);
      lock.unlock();
    });
    world.task('waiter', async () => void (await waitFor(fence)));
    world.task('signaler', async () => {
      await world.sleep(5);
      await lock.lock();
      lock.unlock();
      await fence.signal();
    });
    await world.sleep(1);
  });
}

describe('classes', () => {
  test('the same wait under a lock that the signaler needs is a circle', async () => {
    const run = await waitUnderLock(mockFence, (fence) => fence.wait(false, { site: 'move' }));
    expect(run.circles()).toEqual(['dma_fence_wait@move resv']);
  });

  test('unrelated call sites share no class (N11)', async () => {
    let sites = 0;
    const run = await waitUnderLock(mockFence, (fence) => fence.wait(false, { site: `site${sites++}` }));
    expect(run.circles()).toEqual([]);
  });

  test('a fence with a class of its own is one class everywhere', async () => {
    let sites = 0;
    const run = await waitUnderLock(
      () => mockFence({}, { map: 'eviction_fence' }),
      (fence) => fence.wait(false, { site: `site${sites++}` }),
    );
    expect(run.circles()).toEqual(['eviction_fence resv']);
  });

  test('a wait may name a class for itself', async () => {
    const run = await waitUnderLock(mockFence, (fence) =>
      fence.wait(false, { map: new Handle('fence', { name: 'mine' }) }),
    );
    expect(run.circles()).toEqual(['mine resv']);
  });

  test('a finite timeout is no dependency under the kernel’s rules (N4)', async () => {
    const timed = (fence: DmaFence): Promise<number> => fence.waitTimeout(false, 100, { site: 'move' });
    expect((await waitUnderLock(mockFence, timed)).findings.map(({ severity }) => severity)).toEqual(['warning']);
    const run = await inKernel(
      async (world) => {
        const lock = new KernelMutex({ name: 'resv' });
        const fence = mockFence();
        world.task('waiter', async () => {
          await lock.lock();
          await fence.waitTimeout(false, 5, { site: 'move' });
          lock.unlock();
        });
        await world.sleep(1);
        await lock.lock();
        lock.unlock();
        await fence.signal();
      },
      { dept: { rules: 'linux' } },
    );
    expect(run.circles()).toEqual([]);
  });

  test('of several fences none is depended on (N7), of one it is', async () => {
    const any = (more: readonly DmaFence[]) => (fence: DmaFence) =>
      dmaFenceWaitAnyTimeout([fence, ...more], false, Number.POSITIVE_INFINITY, { site: 'any' });
    expect((await waitUnderLock(mockFence, any([mockFence()]))).circles()).toEqual([]);
    expect((await waitUnderLock(mockFence, any([]))).circles()).toEqual(['dma_fence_wait@any resv']);
  });
});

describe('known deadlocks', () => {
  /** Reclaim waits for the fence while the way to its signal allocates. */
  async function reclaim(
    annotate: (fence: DmaFence) => () => void,
    options: { readonly map?: string },
  ): Promise<string[]> {
    const run = await inKernel(async (world) => {
      const fence = mockFence({}, options);
      world.task('signaler', async () => {
        const end = annotate(fence);
        mightAlloc('GFP_KERNEL');
        await fence.signal();
        end();
      });
      world.task('reclaim', async () => {
        fsReclaimAcquire();
        await fence.wait(false, { site: 'shrinker' });
        fsReclaimRelease();
      });
      await world.sleep(1);
    });
    return run.circles();
  }

  test('D1: the signalling section finds the allocation, in a run where nobody slept', async () => {
    const section = (): (() => void) => {
      const cookie = dmaFenceBeginSignalling();
      return () => dmaFenceEndSignalling(cookie);
    };
    expect(await reclaim(section, {})).toEqual(['dma_fence_map fs_reclaim']);
    const owner = (fence: DmaFence) => {
      fence.owe();
      return () => undefined;
    };
    expect(await reclaim(owner, { map: 'job_fence' })).toEqual(['fs_reclaim job_fence']);
    expect(await reclaim(() => () => undefined, { map: 'job_fence' })).toEqual([]);
  });

  test('D2: a callback that takes the shared external lock again hangs on itself', async () => {
    const lock = new SpinLock({ name: 'timeline.lock' });
    const run = await inKernel(
      async () => {
        const fences = [1, 2].map((context) => new DmaFence(MOCK_NAMES, lock, context, 1));
        const [first, second] = fences as [DmaFence, DmaFence];
        await first.addCallback(
          new DmaFenceCallback(),
          async () => void (await second.addCallback(new DmaFenceCallback(), () => undefined)),
        );
        await first.signal();
      },
      { mayHang: true },
    );
    expect([run.stuck, run.circles()]).toEqual([['test'], ['timeline.lock']]);
  });

  /** A driver whose signal loop holds the timeline's lock, which is its fences' lock, and whose release op takes it. */
  async function signalLoop(keepsReference: boolean): Promise<KernelRun> {
    return inKernel(
      async () => {
        const lock = new SpinLock({ name: 'timeline.lock' });
        const release = async (self: DmaFence): Promise<void> => {
          const flags = await lock.lockIrqsave();
          lock.unlockIrqrestore(flags);
          self.free();
        };
        const fence = new DmaFence({ ...MOCK_NAMES, release }, lock, 1, 1);
        await fence.addCallback(new DmaFenceCallback(), () => fence.put());
        if (keepsReference) fence.get();
        const flags = await lock.lockIrqsave();
        await fence.signalLocked();
        lock.unlockIrqrestore(flags);
        if (keepsReference) await fence.put();
        await rcu().barrier();
        expect(fence.memory.freed).toBe(true);
      },
      { mayHang: true },
    );
  }

  test('D5: the last reference is put by a callback under the lock that release takes', async () => {
    const before = await signalLoop(false);
    expect([before.stuck, before.circles()]).toEqual([['test'], ['timeline.lock']]);
    const fixed = await signalLoop(true);
    expect([fixed.stuck, fixed.findings]).toEqual([[], []]);
  });

  /** Signaling of an array is enabled in one place; in another its member is signaled. */
  async function inversion(deferSignal: boolean): Promise<KernelRun> {
    return inKernel(async (world) => {
      const member = mockFence({}, { lockClass: 'member_lock' });
      const array = new DmaFenceArray([member.get()], 2, 1, false, { deferSignal });
      world.task('adds', () => array.base.enableSwSignaling());
      await world.sleep(1);
      world.task('signals', () => member.signal());
      await world.sleep(1);
      expect(array.base.testSignaledFlag()).toBe(true);
    });
  }

  test('D6: an array signaled under its member’s lock inverts the order', async () => {
    expect((await inversion(false)).circles()).toEqual(['dma_fence_array_lock member_lock']);
    expect((await inversion(true)).circles()).toEqual([]);
  });

  /** L is held while an array is waited for, and elsewhere it is needed to signal the array's member. */
  async function throughArray(isOwner: boolean): Promise<string[]> {
    const { circles } = await inKernel(
      async (world: World) => {
        const member = mockFence({}, { map: 'member' });
        const lock = new KernelMutex({ name: 'L' });
        const array = new DmaFenceArray([member.get()], 2, 1, false, { map: 'array' });
        world.task('waiter', async () => void (await array.base.wait(false)));
        await world.sleep(1);
        if (isOwner) member.owe();
        await lock.lock();
        lock.unlock();
        await member.signal();
        await world.sleep(1);
        expect([member, array.base].map(({ map }) => map?.object?.holders.length)).toEqual([0, 0]);
        await lock.lock();
        await array.base.wait(false);
        lock.unlock();
      },
      { dept: { filters: false } },
    );
    return circles();
  }

  test('fences wait for each other through an array, which has no task that waits', async () => {
    expect(await throughArray(true)).toEqual(['L array member']);
    expect(await throughArray(false)).toEqual(['L array member']);
  });
});

describe('signalling sections', () => {
  test('nest, and are nothing in atomic context', async () => {
    await inKernel(async () => {
      const outer = dmaFenceBeginSignalling();
      const inner = dmaFenceBeginSignalling();
      expect([outer, inner]).toEqual([false, true]);
      dmaFenceEndSignalling(inner);
      dmaFenceEndSignalling(outer);
      const lock = new SpinLock({ name: 'L' });
      await lock.lock();
      expect(dmaFenceBeginSignalling()).toBe(true);
      lock.unlock();
      expect(() => dmaFenceEndSignalling(false)).toThrow(expect.objectContaining({ code: 'ERR_DEPT_BUG' }));
    });
  });

  test('a wait inside a section is found by the class of the fence, not by the section', async () => {
    const { circles } = await inKernel(
      async () => {
        const fence = mockFence({}, { map: 'job' });
        const cookie = dmaFenceBeginSignalling();
        const previous = mockFence({}, { map: 'job' });
        await previous.signal();
        fence.owe();
        await previous.wait(false);
        await fence.signal();
        dmaFenceEndSignalling(cookie);
      },
      { dept: { rules: 'dept', sameClass: 'class', filters: false } },
    );
    expect(circles()).toContain('job');
  });
});
