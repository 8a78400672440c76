// How long fences, their ops and their modules live: the series that puts the ops under RCU.
import assert from 'node:assert/strict';
import { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import { DmaFenceCallback } from '../../../src/models/dma-buf/fence-callback.ts';
import { dmaFenceLater } from '../../../src/models/dma-buf/fence-context.ts';
import type { DmaFenceOps } from '../../../src/models/dma-buf/fence-ops.ts';
import { DmaResv } from '../../../src/models/dma-buf/resv.ts';
import { DmaResvIter } from '../../../src/models/dma-buf/resv-iter.ts';
import { DmaResvUsageLevel } from '../../../src/models/dma-buf/resv-usage.ts';
import { rcu } from '../../../src/models/rcu.ts';
import { ENOENT } from '../../../src/sync/errno.ts';
import type { World } from '../../../src/sync/world.ts';
import { exploreWorld } from '../explore-world.ts';
import { inKernel, type KernelRun } from '../stage.ts';
import { MOCK_NAMES, mockFence, moduleFence } from './fence-fixtures.ts';
import type { KernelCase } from './kernel-case.ts';

const NOTHING_FOUND = { fault: null, hang: null, complete: true };

/** A module's fence stays in a foreign reservation object while the module goes, and is used as that object would. */
function outliveModule(ops: Partial<DmaFenceOps>, detachOpsOnSignal: boolean): Promise<KernelRun> {
  return inKernel(
    async () => {
      const { fence, module } = moduleFence(ops, { fixes: { detachOpsOnSignal } });
      const resv = new DmaResv();
      await resv.lock();
      assert.equal(await resv.reserveFences(1), 0);
      await resv.addFence(fence, DmaResvUsageLevel.READ);
      resv.unlock();
      await fence.signal();
      await fence.put();
      await rcu().synchronize();
      assert.equal(module.unload(), 0);
      await resv.lock();
      const foreign = new DmaResvIter(resv, DmaResvUsageLevel.READ).first();
      assert.ok(foreign !== null && foreign === fence);
      const reader = rcu().readLock();
      assert.equal(await foreign.driverName(), 'detached-driver');
      assert.equal(await foreign.timelineName(), 'signaled-timeline');
      reader.unlock();
      await foreign.setDeadline(1);
      assert.equal(await foreign.isSignaled(), true);
      // Somebody needs room: only now the reference is put.
      assert.equal(await resv.reserveFences(4), 0);
      resv.unlock();
      await rcu().barrier();
      assert.equal(foreign.memory.freed, true);
    },
    { mayCrash: true },
  );
}

function poisonReads({ messages }: KernelRun): string[] {
  return messages('use-after-free').filter((message) => message.includes('use-after-free of module mock_driver'));
}

const detach: KernelCase = {
  id: 'LIFE-01',
  title: 'detach',
  fixed: async () => {
    const run = await outliveModule({}, true);
    assert.deepEqual(run.thrown, []);
    assert.deepEqual(run.misuses, []);
  },
  before: async () => {
    // Without the detach the ops are read by every use; the names alone are enough.
    const run = await outliveModule({}, false);
    assert.equal(poisonReads(run).length, 1);
    assert.match(poisonReads(run)[0] ?? '', /a read of dma_fence_ops/);
    assert.match(poisonReads(await lastPut({}, false))[0] ?? '', /a read of dma_fence_ops.release/);
  },
};

/** Nobody looks at the fence after the unload but the one who puts it last. */
function lastPut(ops: Partial<DmaFenceOps>, detachOpsOnSignal: boolean): Promise<KernelRun> {
  return inKernel(
    async () => {
      const { fence, module } = moduleFence(ops, { fixes: { detachOpsOnSignal } });
      await fence.signal();
      await rcu().synchronize();
      assert.equal(module.unload(), 0);
      await fence.put();
    },
    { mayCrash: true },
  );
}

const keepWithRelease: KernelCase = {
  id: 'LIFE-02',
  title: 'keep_with_release',
  fixed: async () => {
    const wait = (): Promise<number> => Promise.resolve(1);
    const release = (fence: DmaFence): void => fence.free();
    for (const ops of [{ release }, { wait }]) {
      const fence = mockFence(ops);
      await inKernel(async () => {
        await fence.signal();
        assert.notEqual(fence.ops, null, 'kept');
        await fence.put();
      });
      assert.match(poisonReads(await lastPut(ops, true))[0] ?? '', /a read of dma_fence_ops.release/);
    }
  },
};

/** One thread asks for the name while another one signals. */
export function nameRace(make: () => DmaFence, onName: (name: string) => void): (world: World) => () => string | null {
  return (world) => {
    const fence = make();
    world.task('reader', async () => {
      const reader = rcu().readLock();
      onName(await fence.driverName());
      reader.unlock();
    });
    world.task('signaler', () => fence.signal());
    return () => null;
  };
}

const namesTestOps: KernelCase = {
  id: 'LIFE-03',
  title: 'names_test_ops',
  fixed: async () => {
    const names = new Set<string>();
    const race = nameRace(mockFence, (name) => names.add(name));
    const { fault, hang, complete } = await exploreWorld(race, { preemptions: 6 });
    assert.deepEqual({ fault, hang, complete }, NOTHING_FOUND);
    assert.deepEqual(names, new Set(['mock', 'detached-driver']));
  },
  // As first merged: the bit was tested, and the ops read after it.
  before: async () => {
    const make = (): DmaFence => mockFence({}, { fixes: { namesTestOps: false } });
    const { fault } = await exploreWorld(nameRace(make, () => undefined));
    assert.match(fault?.what ?? '', /NULL pointer dereference: dma_fence_driver_name/);
  },
};

/** A reader asks for the name while another thread signals the fence and unloads the module. */
function unloadRace(hasGracePeriod: boolean): (world: World) => () => string | null {
  return (world) => {
    const { fence, module } = moduleFence();
    const read = fence.get();
    world.task('reader', async () => {
      const reader = rcu().readLock();
      await read.driverName();
      reader.unlock();
      await read.put();
    });
    world.task('rmmod', async () => {
      await fence.signal();
      if (hasGracePeriod) await rcu().synchronize();
      module.unload();
      await fence.put();
    });
    return () => null;
  };
}

const noGracePeriod: KernelCase = {
  id: 'LIFE-04',
  title: 'no_grace_period',
  fixed: async () => {
    const without = await exploreWorld(unloadRace(false));
    assert.match(without.fault?.what ?? '', /use-after-free of module mock_driver/);
    const waited = await exploreWorld(unloadRace(true), { preemptions: 4 });
    assert.deepEqual({ fault: waited.fault, hang: waited.hang, complete: waited.complete }, NOTHING_FOUND);
  },
};

const enableOnce: KernelCase = {
  id: 'LIFE-07',
  title: 'enable_once',
  fixed: async () => {
    const { misuses } = await inKernel(async () => {
      let calls = 0;
      const enabling = (answer: boolean): DmaFence =>
        mockFence({
          enableSignaling: () => {
            calls++;
            return answer;
          },
        });
      const fence = enabling(true);
      for (let i = 0; i < 3; i++) assert.equal(await fence.addCallback(new DmaFenceCallback(), () => undefined), 0);
      assert.equal(calls, 1);
      await fence.signal();
      await fence.enableSwSignaling();
      assert.equal(calls, 1, 'never after the signal');
      const done = enabling(false);
      assert.equal(await done.addCallback(new DmaFenceCallback(), () => undefined), -ENOENT);
      assert.equal(calls, 2);
      assert.equal(done.testSignaledFlag(), true);
      await fence.put();
      await done.put();
    });
    assert.deepEqual(misuses, []);
  },
};

const callbackOrder: KernelCase = {
  id: 'LIFE-08',
  title: 'cb_order',
  fixed: async () => {
    const order: string[] = [];
    await inKernel(async (world) => {
      const fence = mockFence();
      const note = (name: string) => () => void order.push(`${name}, waiter is ${waiter.state}`);
      await fence.addCallback(new DmaFenceCallback(), note('cb1'));
      await fence.addCallback(new DmaFenceCallback(), note('cb2'));
      const waiter = world.task('waiter', async () => void (await fence.wait(false)));
      await world.yield();
      order.push(`signal, waiter is ${waiter.state}`);
      await fence.signal();
      await fence.put();
    });
    assert.deepEqual(order, ['signal, waiter is parked', 'cb1, waiter is runnable', 'cb2, waiter is runnable']);
  },
};

const laterSignaled: KernelCase = {
  id: 'LIFE-10',
  title: 'later_signaled',
  fixed: async () => {
    const { messages } = await inKernel(async () => {
      const fence = (context: number, seqno: number): DmaFence => new DmaFence(MOCK_NAMES, null, context, seqno);
      const [first, second, other] = [fence(7, 1), fence(7, 2), fence(8, 1)];
      assert.equal(await dmaFenceLater(first, second), second);
      assert.equal(await dmaFenceLater(second, first), second);
      await second.signal();
      assert.equal(await dmaFenceLater(first, second), null);
      assert.equal(await dmaFenceLater(first, other), null);
      for (const each of [first, second, other]) await each.put();
    });
    assert.equal(messages('warn').length, 1);
    assert.match(messages('warn')[0] ?? '', /different contexts/);
  },
};

export const FENCE_LIFETIME_CASES: readonly KernelCase[] = [
  detach,
  keepWithRelease,
  namesTestOps,
  noGracePeriod,
  enableOnce,
  callbackOrder,
  laterSignaled,
];
