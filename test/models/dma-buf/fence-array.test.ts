import { describe, expect, test } from 'vitest';
import type { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import { DmaFenceArray, dmaFenceMatchContext, toDmaFenceArray } from '../../../src/models/dma-buf/fence-array.ts';
import { DmaFenceCallback } from '../../../src/models/dma-buf/fence-callback.ts';
import { isDmaFenceContainer } from '../../../src/models/dma-buf/fence-container.ts';
import { rcu } from '../../../src/models/rcu.ts';
import { failSlab } from '../../../src/models/slab.ts';
import { EINVAL, EIO } from '../../../src/sync/errno.ts';
import { mockFence } from '../cases/fence-fixtures.ts';
import { inKernel } from '../stage.ts';

const arrayOf = (fences: readonly DmaFence[], any = false): DmaFenceArray => new DmaFenceArray(fences, 5, 1, any);

describe('dma_fence_array', () => {
  test('is signaled by irq_work after the last member, with the first error', async () => {
    const { misuses } = await inKernel(async (world) => {
      const members = [mockFence(), mockFence(), mockFence()];
      const array = arrayOf(members.map((fence) => fence.get()));
      let seen = 0;
      await array.base.addCallback(new DmaFenceCallback(), () => void seen++);
      const [first, second, third] = members as [DmaFence, DmaFence, DmaFence];
      await first.signal();
      second.setError(-EIO);
      await second.signal();
      third.setError(-EINVAL);
      await third.signal();
      expect([array.pending, seen]).toEqual([0, 0]);
      await world.yield();
      expect([seen, await array.base.getStatus()]).toEqual([1, -EIO]);
      await array.base.put();
      for (const fence of members) await fence.put();
      await rcu().barrier();
      expect([array.base, ...members].map(({ memory }) => memory.freed)).toEqual([true, true, true, true]);
    });
    expect(misuses).toEqual([]);
  });

  test('polled without signaling enabled it counts its members', async () => {
    await inKernel(async () => {
      const members = [mockFence(), mockFence()];
      const array = arrayOf(members);
      await members[0]?.signal();
      expect(await array.base.isSignaled()).toBe(false);
      await members[1]?.signal();
      expect(await array.base.isSignaled()).toBe(true);
      expect(await array.base.getStatus()).toBe(1);
    });
  });

  test('with signal on any the first member is enough, and the others put their reference', async () => {
    const { misuses } = await inKernel(async (world) => {
      const members = [mockFence(), mockFence()];
      const array = arrayOf(
        members.map((fence) => fence.get()),
        true,
      );
      await array.base.enableSwSignaling();
      expect(array.base.refcount).toBe(3);
      await members[1]?.signal();
      await world.yield();
      expect(array.base.testSignaledFlag()).toBe(true);
      await members[0]?.signal();
      expect(array.base.refcount).toBe(1);
    });
    expect(misuses).toEqual([]);
  });

  test('members that were signaled before need no callback', async () => {
    await inKernel(async () => {
      const members = [mockFence(), mockFence()];
      members[0]?.setError(-EIO);
      for (const fence of members) await fence.signal();
      const array = arrayOf(members);
      await array.base.enableSwSignaling();
      expect(await array.base.getStatus()).toBe(-EIO);
      expect(array.base.refcount).toBe(1);
    });
  });

  test('WARNs without members and for containers; deadlines go to all; contexts of all count', async () => {
    const { messages } = await inKernel(async () => {
      const deadlines: number[] = [];
      const member = (): DmaFence => mockFence({ setDeadline: (_fence, at) => void deadlines.push(at) });
      const array = arrayOf([member(), member()]);
      await array.base.setDeadline(4);
      expect(deadlines).toEqual([4, 4]);
      expect([dmaFenceMatchContext(array.base, 0), dmaFenceMatchContext(array.base, 5)]).toEqual([true, false]);
      expect(dmaFenceMatchContext(mockFence(), 0)).toBe(true);
      expect([toDmaFenceArray(array.base), toDmaFenceArray(mockFence())]).toEqual([array, null]);
      expect([isDmaFenceContainer(array.base), isDmaFenceContainer(mockFence())]).toEqual([true, false]);
      arrayOf([array.base]);
      arrayOf([]);
      failSlab(() => true);
      expect(DmaFenceArray.create([mockFence()], 5, 1, false)).toBe(null);
    });
    expect(messages('warn')).toEqual([
      expect.stringMatching(/with container/),
      expect.stringMatching(/without fences/),
    ]);
  });
});
