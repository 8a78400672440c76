import { describe, expect, test } from 'vitest';
import { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import { DmaFenceCallback } from '../../../src/models/dma-buf/fence-callback.ts';
import { FenceContract, type FenceContractOptions } from '../../../src/models/dma-buf/fence-contract.ts';
import { dmaFenceBeginSignalling, dmaFenceEndSignalling } from '../../../src/models/dma-buf/fence-signalling.ts';
import { DmaResv, RESERVATION_WW_CLASS } from '../../../src/models/dma-buf/resv.ts';
import { mmapLock } from '../../../src/models/mm/mmap-lock.ts';
import {
  fsReclaimAcquire,
  fsReclaimRelease,
  type Gfp,
  mightAlloc,
  mmuNotifierInvalidate,
} from '../../../src/models/mm/reclaim.ts';
import { KernelMutex } from '../../../src/sync/kernel-mutex.ts';
import { SpinLock } from '../../../src/sync/spinlock.ts';
import type { World } from '../../../src/sync/world.ts';
import { WwAcquireContext } from '../../../src/sync/ww-acquire-context.ts';
import { MOCK_NAMES, mockFence } from '../cases/fence-fixtures.ts';
import { inKernel } from '../stage.ts';

/** The rules a run breaks. */
async function broken(
  body: (world: World, contract: FenceContract) => Promise<void> | void,
  options: FenceContractOptions & { readonly mayFail?: boolean } = {},
): Promise<string[]> {
  const { mayFail = false, ...rules } = options;
  const contracts: FenceContract[] = [];
  const run = await inKernel(
    async (world) => {
      const contract = FenceContract.watch(rules);
      contracts.push(contract);
      await body(world, contract);
    },
    { mayCrash: mayFail, mayHang: mayFail },
  );
  const rulesSeen = contracts.flatMap((contract) => contract.broken);
  expect(new Set(run.messages('fence-contract').map((message) => message.slice(0, 2)))).toEqual(new Set(rulesSeen));
  return rulesSeen;
}

/** A section in which the driver does `body`, and signals. */
async function signalling(fence: DmaFence, body: () => Promise<void> | void): Promise<void> {
  fence.publish();
  const cookie = dmaFenceBeginSignalling();
  await body();
  await fence.signal();
  dmaFenceEndSignalling(cookie);
}

describe('cross-driver contract', () => {
  test('nothing is said of a driver that keeps to it', async () => {
    const rules = await broken(async (world, contract) => {
      const mutex = new KernelMutex({ name: 'ring' });
      const fence = mockFence();
      world.task('waiter', async () => void (await fence.waitTimeout(false, 50, { driver: 'other' })));
      await world.sleep(1);
      await signalling(fence, async () => {
        await mutex.lock();
        mutex.unlock();
      });
      contract.finish();
    });
    expect(rules).toEqual([]);
  });

  test('R1: a published fence completes in bounded time, or is reported', async () => {
    const late = async (world: World): Promise<void> => {
      mockFence().publish();
      await world.sleep(99);
    };
    expect(await broken(late, { boundMs: 100 })).toEqual(['R1']);
    const inTime = async (world: World): Promise<void> => {
      const fence = mockFence();
      fence.publish();
      await world.sleep(99);
      const cookie = dmaFenceBeginSignalling();
      await fence.signal();
      dmaFenceEndSignalling(cookie);
    };
    expect(await broken(inTime, { boundMs: 100 })).toEqual([]);
  });

  test('R1: a fence that is published and forgotten is reported at the end (D8)', async () => {
    const forgotten = (_world: World, contract: FenceContract): void => {
      mockFence().publish();
      contract.finish();
    };
    expect(await broken(forgotten)).toEqual(['R1']);
    const freed = async (): Promise<void> => {
      const fence = mockFence();
      fence.publish();
      await fence.put();
    };
    expect(await broken(freed)).toEqual(['R1']);
  });

  test('R2: nobody gives up on a foreign fence; on one’s own, or by polling, it is no matter', async () => {
    const giveUp = (driver: string, timeout: number) => async (): Promise<void> => {
      expect(await mockFence().waitTimeout(false, timeout, { driver })).toBe(0);
    };
    expect(await broken(giveUp('other', 5))).toEqual(['R2']);
    expect(await broken(giveUp('mock', 5))).toEqual([]);
    expect(await broken(giveUp('other', 0))).toEqual([]);
    const inTime = async (): Promise<void> => {
      const fence = mockFence({ release: (self) => self.free() });
      await fence.signal();
      expect(await fence.waitTimeout(false, 5, { driver: 'other' })).toBe(5);
    };
    expect(await broken(inTime)).toEqual([]);
  });

  test('R3: a signal outside a section is reported; interrupts and spinlocks count as one', async () => {
    const bare = async (): Promise<void> => {
      const fence = mockFence();
      fence.publish();
      await fence.signal();
    };
    expect(await broken(bare)).toEqual(['R3']);
    const irq = async (world: World): Promise<void> => {
      const fence = mockFence();
      fence.publish();
      await world.hardirq(() => fence.signal());
    };
    expect(await broken(irq)).toEqual([]);
    const polled = async (): Promise<void> => {
      const fence = mockFence({ signaled: () => true });
      fence.publish();
      await fence.isSignaled();
    };
    expect(await broken(polled)).toEqual([]);
  });

  test('R4: no dma_resv and no mmap_lock on the way to the signal', async () => {
    const resv = async (): Promise<void> => {
      const lock = new DmaResv();
      const context = new WwAcquireContext(RESERVATION_WW_CLASS);
      await lock.lock(context);
      lock.unlock();
      context.done();
      context.fini();
    };
    expect(await broken(() => signalling(mockFence(), resv))).toEqual(['R4']);
    const fault = async (): Promise<void> => {
      const lock = mmapLock();
      await lock.downRead();
      lock.upRead();
    };
    expect(await broken(() => signalling(mockFence(), fault))).toEqual(['R4']);
    const owner = async (): Promise<void> => {
      const fence = mockFence({}, { map: 'fence' });
      fence.owe();
      await resv();
      await fence.signal();
      await resv();
    };
    expect(await broken(owner)).toEqual(['R4']);
    expect(await broken(resv)).toEqual([]);
  });

  test('R5 and R6: no allocation that reclaims, none that calls notifiers', async () => {
    const allocate = (gfp: Gfp) => () => signalling(mockFence(), () => mightAlloc(gfp));
    expect(await broken(allocate('GFP_KERNEL'))).toEqual(['R5', 'R6']);
    expect(await broken(allocate('GFP_NOFS'))).toEqual(['R6']);
    expect(await broken(allocate('GFP_NOIO'))).toEqual(['R6']);
    expect(await broken(allocate('GFP_ATOMIC'))).toEqual([]);
    expect(await broken(() => mightAlloc('GFP_KERNEL'))).toEqual([]);
  });

  test('R7: only GPU drivers wait for fences inside reclaim and MMU notifiers', async () => {
    const shrinker = (driver: string) => async (): Promise<void> => {
      const fence = mockFence();
      await fence.signal();
      fsReclaimAcquire();
      await fence.wait(false, { driver });
      fsReclaimRelease();
      await fence.wait(false, { driver });
    };
    const notifier = (driver: string) => async (): Promise<void> => {
      const fence = mockFence();
      await fence.signal();
      await mmuNotifierInvalidate(async () => void (await fence.wait(false, { driver })));
    };
    for (const waits of [shrinker, notifier]) {
      expect(await broken(waits('camera'), { gpuDrivers: ['amdgpu'] })).toEqual(['R7']);
      expect(await broken(waits('amdgpu'), { gpuDrivers: ['amdgpu'] })).toEqual([]);
    }
  });

  test('R1: a fence is published by adding it to a reservation', async () => {
    const add = (isSignaled: boolean) => async (): Promise<void> => {
      const [resv, fence] = [new DmaResv(), mockFence()];
      if (isSignaled) await fence.signal();
      await resv.lock();
      await resv.reserveFences(1);
      await resv.addFence(fence, 3);
      resv.unlock();
    };
    const finished = (isSignaled: boolean) =>
      broken(async (_world, contract) => {
        await add(isSignaled)();
        contract.finish();
      });
    expect([await finished(false), await finished(true)]).toEqual([['R1'], []]);
  });

  test('R8: callbacks do not sleep', async () => {
    const sleeping = async (world: World): Promise<void> => {
      const fence = mockFence();
      await fence.addCallback(new DmaFenceCallback(), () => world.sleep(1));
      await fence.signal();
    };
    expect(await broken(sleeping, { mayFail: true })).toEqual(['R8']);
    const later = async (world: World): Promise<void> => {
      await mockFence().signal();
      await new SpinLock({ name: 'L' }).lock();
      await world.sleep(1);
    };
    expect(await broken(later, { mayFail: true })).toEqual([]);
  });

  test('R8: callbacks do not take the lock they run under, not through another fence either', async () => {
    const shared = new SpinLock({ name: 'sched_fence.lock' });
    const pair = (lock: SpinLock | null): [DmaFence, DmaFence] => [
      new DmaFence(MOCK_NAMES, lock, 1, 1),
      new DmaFence(MOCK_NAMES, lock, 2, 1),
    ];
    const crossing = (lock: SpinLock | null) => async (): Promise<void> => {
      const [scheduled, finished] = pair(lock);
      await scheduled.addCallback(new DmaFenceCallback(), async () => {
        await finished.addCallback(new DmaFenceCallback(), () => undefined);
      });
      await scheduled.signal();
    };
    expect(await broken(crossing(shared), { mayFail: true })).toEqual(['R8']);
    expect(await broken(crossing(null))).toEqual([]);
    const same = async (): Promise<void> => {
      const fence = mockFence();
      await fence.addCallback(new DmaFenceCallback(), async () => void (await fence.getStatus()));
      await fence.signal();
    };
    expect(await broken(same, { mayFail: true })).toEqual(['R8']);
  });

  test.each(['future', 'proxy', 'user', 'long-running'] as const)('R9: a %s fence is no dma_fence', async (promise) => {
    const publish = async (): Promise<void> => {
      const fence = mockFence();
      fence.publish(promise);
      const cookie = dmaFenceBeginSignalling();
      await fence.signal();
      dmaFenceEndSignalling(cookie);
    };
    expect(await broken(publish)).toEqual(['R9']);
  });
});
