import { describe, expect, test } from 'vitest';
import type { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import { dmaFenceDefaultWait, dmaFenceWaitAnyTimeout } from '../../../src/models/dma-buf/fence-wait.ts';
import { jiffiesToMs, MAX_SCHEDULE_TIMEOUT } from '../../../src/models/jiffies.ts';
import { failSlab } from '../../../src/models/slab.ts';
import { EINVAL, ENOMEM, ERESTARTSYS } from '../../../src/sync/errno.ts';
import type { World } from '../../../src/sync/world.ts';
import { mockFence } from '../cases/fence-fixtures.ts';
import { inKernel } from '../stage.ts';

function signalAfter(world: World, fence: DmaFence, jiffies: number): void {
  world.timer(() => void world.softirq(() => fence.signal(), 'timer'), jiffiesToMs(jiffies));
}

describe('wait', () => {
  test('answers with what is left: remaining jiffies, 0 after the timeout, 1 for a signaled fence and timeout 0', async () => {
    await inKernel(async (world) => {
      const fence = mockFence();
      expect(await fence.waitTimeout(false, 0)).toBe(0);
      expect(await fence.waitTimeout(false, 3)).toBe(0);
      signalAfter(world, fence, 4);
      expect(await fence.waitTimeout(false, 10)).toBe(6);
      expect(await fence.waitTimeout(false, 0)).toBe(1);
      expect(await fence.waitTimeout(false, 10)).toBe(10);
      expect(await fence.waitTimeout(false, MAX_SCHEDULE_TIMEOUT)).toBe(MAX_SCHEDULE_TIMEOUT);
      expect(await fence.wait(false)).toBe(0);
      expect(world.jiffies).toBe(7);
    });
  });

  test('a negative timeout WARNs and is -EINVAL', async () => {
    const { messages } = await inKernel(async () => {
      expect(await mockFence().waitTimeout(false, -1)).toBe(-EINVAL);
    });
    expect(messages('warn')).toHaveLength(1);
  });

  test('only an interruptible wait ends with a signal', async () => {
    const results: Record<string, number> = {};
    const { stuck } = await inKernel(
      async (world) => {
        const fence = mockFence();
        const waiter = (name: string, intr: boolean): void => {
          const task = world.task(name, async () => {
            results[name] = await fence.wait(intr);
          });
          world.timer(() => task.interrupt(), 1);
        };
        waiter('interruptible', true);
        waiter('uninterruptible', false);
        await world.sleep(2);
      },
      { mayHang: true },
    );
    expect(results).toEqual({ interruptible: -ERESTARTSYS });
    expect(stuck).toEqual(['uninterruptible']);
  });

  test('a pending signal counts before the timeout of 0', async () => {
    await inKernel(async (world) => {
      world.running?.interrupt();
      expect(await mockFence().waitTimeout(true, 0)).toBe(-ERESTARTSYS);
      const fence = mockFence();
      await fence.signal();
      expect(await fence.waitTimeout(true, 5)).toBe(5);
    });
  });

  test('may sleep, so it is refused in atomic context', async () => {
    const { thrown } = await inKernel(
      async () => {
        const fence = mockFence();
        await fence.lockIrqsave();
        await mockFence().wait(false);
      },
      { mayCrash: true },
    );
    expect(thrown[0]).toMatchObject({ code: 'ERR_DEPT_ATOMIC' });
  });

  test('a wait op replaces the default, for a signaled fence too', async () => {
    await inKernel(async () => {
      const calls: [boolean, number][] = [];
      const fence = mockFence({
        wait: async (self, intr, timeout) => {
          calls.push([intr, timeout]);
          return dmaFenceDefaultWait(self, intr, timeout);
        },
      });
      expect(await fence.waitTimeout(true, 2)).toBe(0);
      await fence.signal();
      expect(await fence.waitTimeout(false, 2)).toBe(2);
      expect(calls).toEqual([
        [true, 2],
        [false, 2],
      ]);
    });
  });

  test('the signal comes between the look and the sleep: no wake-up is lost', async () => {
    await inKernel(async (world) => {
      const fence = mockFence({
        // Signals from a thread that comes as soon as the waiter lets go of the lock.
        enableSignaling: () => {
          world.task('signaler', () => fence.signal());
          return true;
        },
      });
      expect(await fence.wait(false)).toBe(0);
    });
  });
});

describe('wait for any', () => {
  test('bad arguments, no memory, and a look with timeout 0', async () => {
    const { messages } = await inKernel(async () => {
      const [a, b] = [mockFence(), mockFence()];
      expect(await dmaFenceWaitAnyTimeout([], false, 1)).toEqual({ ret: -EINVAL, idx: null });
      expect(await dmaFenceWaitAnyTimeout([a], false, -1)).toEqual({ ret: -EINVAL, idx: null });
      expect(await dmaFenceWaitAnyTimeout([a, b], false, 0)).toEqual({ ret: 0, idx: null });
      await b.signal();
      expect(await dmaFenceWaitAnyTimeout([a, b], false, 0)).toEqual({ ret: 1, idx: 1 });
      expect(await dmaFenceWaitAnyTimeout([a, b], false, 9)).toEqual({ ret: 9, idx: 1 });
      failSlab((what) => what === 'dma_fence_wait_any_timeout');
      expect(await dmaFenceWaitAnyTimeout([a, b], false, 9)).toEqual({ ret: -ENOMEM, idx: null });
    });
    expect(messages('warn')).toHaveLength(2);
  });

  test('wakes for the first signal, and leaves no callback behind', async () => {
    const { misuses } = await inKernel(async (world) => {
      const fences = [mockFence(), mockFence(), mockFence()];
      signalAfter(world, fences[1] as DmaFence, 3);
      expect(await dmaFenceWaitAnyTimeout(fences, false, 10)).toEqual({ ret: 7, idx: 1 });
      expect(await dmaFenceWaitAnyTimeout([fences[0] as DmaFence], false, 2)).toEqual({ ret: 0, idx: null });
      // A callback left behind would be a pending signal here.
      for (const fence of fences) await fence.put();
    });
    expect(misuses).toEqual([]);
  });

  test('a signal ends it when it is interruptible', async () => {
    await inKernel(async (world) => {
      const task = world.task('waiter', async () => {
        expect(await dmaFenceWaitAnyTimeout([mockFence(), mockFence()], true, MAX_SCHEDULE_TIMEOUT)).toEqual({
          ret: -ERESTARTSYS,
          idx: null,
        });
      });
      world.timer(() => task.interrupt(), 1);
      await world.sleep(2);
    });
  });
});
