// race_signal_callback of drivers/dma-buf/st-dma-fence.c, over every schedule of a few preemptions instead of 50 ms.
import assert from 'node:assert/strict';
import type { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import { DmaFenceCallback } from '../../../src/models/dma-buf/fence-callback.ts';
import { dmaFenceGetRcuSafe } from '../../../src/models/dma-buf/fence-get.ts';
import { cpuRelax } from '../../../src/models/race-window.ts';
import { rcu } from '../../../src/models/rcu.ts';
import { RcuPointer } from '../../../src/models/rcu-pointer.ts';
import type { World } from '../../../src/sync/world.ts';
import { exploreWorld } from '../explore-world.ts';
import { mockFence } from './fence-fixtures.ts';
import type { KernelCase } from './kernel-case.ts';

type Pass = 'after' | 'before';
/** How a thread makes sure that the callback has run: the wait, and the lock taken once; or a look at the bit. */
type Settle = (fence: DmaFence) => Promise<void>;

async function waitAndRoundTrip(fence: DmaFence): Promise<void> {
  await fence.wait(false);
  fence.unlockIrqrestore(await fence.lockIrqsave());
}

async function waitForBit(fence: DmaFence): Promise<void> {
  while (!fence.testSignaledFlag()) await cpuRelax();
}

/** What one thread publishes, and whether it is through. */
class Side {
  readonly slot = new RcuPointer<DmaFence>();
  stopped = false;
}

/** Until the other thread publishes a fence, or stops. */
async function otherFence(other: Side): Promise<DmaFence | null> {
  for (;;) {
    const reader = rcu().readLock();
    const fence = await dmaFenceGetRcuSafe(other.slot);
    reader.unlock();
    if (fence !== null || other.stopped) return fence;
    await cpuRelax();
  }
}

async function thread(pass: Pass, settle: Settle, own: Side, other: Side): Promise<boolean> {
  const fence = mockFence();
  await fence.enableSwSignaling();
  own.slot.assign(fence.get());
  const met = await otherFence(other);
  if (pass === 'before') await fence.signal();
  let isSeen = false;
  const see = (): void => {
    isSeen = true;
  };
  if (met === null || (await met.addCallback(new DmaFenceCallback(), see)) !== 0) see();
  if (pass === 'after') await fence.signal();
  if (met !== null && !isSeen) await settle(met);
  await met?.put();
  own.slot.assign(null);
  own.stopped = true;
  await fence.put();
  await fence.put();
  return isSeen;
}

function race(pass: Pass, settle: Settle): (world: World) => () => string | null {
  return (world) => {
    const sides = [new Side(), new Side()] as const;
    const missed: string[] = [];
    for (const id of [0, 1] as const) {
      world.task(`T${id}`, async () => {
        if (!(await thread(pass, settle, sides[id], sides[id === 0 ? 1 : 0]))) missed.push(`T${id}`);
      });
    }
    return () => (missed.length === 0 ? null : `callback not seen by ${missed.join(' and ')}`);
  };
}

export const raceSignalCallback: KernelCase = {
  id: 'STF-12',
  title: 'race_signal_callback',
  fixed: async () => {
    for (const pass of ['after', 'before'] as const) {
      const { hang, fault, complete, schedules } = await exploreWorld(race(pass, waitAndRoundTrip));
      assert.deepEqual({ hang, fault, complete }, { hang: null, fault: null, complete: true });
      assert.ok(schedules > 100, `only ${schedules} schedules`);
    }
  },
  before: async () => {
    const { fault } = await exploreWorld(race('after', waitForBit));
    assert.match(fault?.what ?? '', /callback not seen by T[01]/);
  },
};
