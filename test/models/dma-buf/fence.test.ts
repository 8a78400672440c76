import { describe, expect, test } from 'vitest';
import { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import { DmaFenceCallback } from '../../../src/models/dma-buf/fence-callback.ts';
import {
  dmaFenceContextAlloc,
  dmaFenceIsLater,
  dmaFenceIsLaterOrSame,
  dmaFenceLater,
} from '../../../src/models/dma-buf/fence-context.ts';
import { dmaFenceGetRcuSafe } from '../../../src/models/dma-buf/fence-get.ts';
import { DmaFenceFlag } from '../../../src/models/dma-buf/fence-ops.ts';
import { Lifetime } from '../../../src/models/lifetime.ts';
import { rcu } from '../../../src/models/rcu.ts';
import { RcuPointer } from '../../../src/models/rcu-pointer.ts';
import { EDEADLK, EINVAL, EIO, ENOENT } from '../../../src/sync/errno.ts';
import { SpinLock } from '../../../src/sync/spinlock.ts';
import { MOCK_NAMES, mockFence } from '../cases/fence-fixtures.ts';
import { inKernel } from '../stage.ts';

describe('init', () => {
  test('a NULL lock is the inline lock, another one is used as it is', async () => {
    const lock = new SpinLock({ name: 'driver.lock' });
    const [inline, outer] = [mockFence(), new DmaFence(MOCK_NAMES, lock, 1, 1)];
    expect(inline.testFlag(DmaFenceFlag.INLINE_LOCK)).toBe(true);
    expect(outer.testFlag(DmaFenceFlag.INLINE_LOCK)).toBe(false);
    expect(outer.spinlock()).toBe(lock);
    expect(inline.spinlock()).not.toBe(mockFence().spinlock());
    expect([inline.refcount, inline.error, inline.testFlag(DmaFenceFlag.INITIALIZED)]).toEqual([1, 0, true]);
  });

  test('a NULL lock was a BUG before, and so are missing ops and names', () => {
    const bug = expect.objectContaining({ code: 'ERR_DEPT_BUG' });
    expect(() => mockFence({}, { fixes: { inlineLock: false } })).toThrow(bug);
    expect(() => new DmaFence(null as never, null, 0, 0)).toThrow(bug);
    expect(() => new DmaFence({ getDriverName: () => 'x' } as never, null, 0, 0)).toThrow(bug);
  });

  test('contexts are fresh numbers, from 1 in every world', async () => {
    for (let world = 0; world < 2; world++) {
      await inKernel(() => {
        expect([dmaFenceContextAlloc(2), dmaFenceContextAlloc(1), dmaFenceContextAlloc(1)]).toEqual([1, 3, 4]);
      });
    }
  });
});

describe('order', () => {
  const at = (seqno: bigint | number, seqno64 = false): DmaFence =>
    new DmaFence(MOCK_NAMES, null, 9, seqno, { seqno64 });

  test.each([
    [2, 1, true],
    [1, 2, false],
    [1, 1, false],
    [0, 0xffffffff, true],
    [0xffffffff, 0, false],
    [0x80000000, 1, true],
    [0x80000001, 1, false],
  ])('32 bits may wrap: %i after %i is %s', (first, second, expected) => {
    expect(dmaFenceIsLater(at(first), at(second))).toBe(expected);
  });

  test('64 bits do not wrap, and are not cut', () => {
    expect(dmaFenceIsLater(at(0, true), at(0xffffffff, true))).toBe(false);
    expect(dmaFenceIsLater(at(2n ** 63n, true), at(1n, true))).toBe(true);
    expect(dmaFenceIsLater(at(2n ** 53n + 1n, true), at(2n ** 53n, true))).toBe(true);
  });

  test('later or same is identity, or later', () => {
    const fence = at(1);
    expect(dmaFenceIsLaterOrSame(fence, fence)).toBe(true);
    expect(dmaFenceIsLaterOrSame(at(1), at(1))).toBe(false);
    expect(dmaFenceIsLaterOrSame(at(2), at(1))).toBe(true);
  });

  test('dma_fence_later asks the driver, not only the bit', async () => {
    await inKernel(async () => {
      const done = new DmaFence({ ...MOCK_NAMES, signaled: () => true }, null, 9, 5);
      expect(await dmaFenceLater(done, at(4))).toBe(null);
      expect(done.testSignaledFlag()).toBe(true);
    });
  });
});

describe('status', () => {
  test('errors: before the signal, negative, and stored with a WARN otherwise', async () => {
    const { messages } = await inKernel(async () => {
      const fence = mockFence();
      fence.setError(3);
      fence.setError(-5000);
      fence.setError(-EIO);
      await fence.signal();
      fence.setError(-EINVAL);
      expect(await fence.getStatus()).toBe(-EINVAL);
    });
    expect(messages('warn')).toHaveLength(3);
    expect(messages('warn')[2]).toMatch(/after it was signaled/);
  });

  test('the timestamp is the signal time; asking too early WARNs', async () => {
    const { messages } = await inKernel(async (world) => {
      const [fence, stamped] = [mockFence(), mockFence()];
      await world.sleep(12);
      expect(await fence.timestamp()).toBe(12);
      await world.sleep(8);
      await fence.signal();
      await stamped.signalTimestamp(3);
      await world.sleep(5);
      expect([await fence.timestamp(), await stamped.timestamp()]).toEqual([20, 3]);
    });
    expect(messages('warn')).toHaveLength(1);
  });

  test('polling can signal, and then the callbacks run in the poller', async () => {
    await inKernel(async (world) => {
      let isDone = false;
      const fence = mockFence({ signaled: () => isDone });
      const ranIn: (string | undefined)[] = [];
      await fence.addCallback(new DmaFenceCallback(), () => void ranIn.push(world.running?.name));
      expect(await fence.isSignaled()).toBe(false);
      isDone = true;
      world.task('poller', async () => {
        expect(await fence.isSignaled()).toBe(true);
      });
      await world.yield();
      expect(ranIn).toEqual(['poller']);
    });
  });

  test('describe, names and deadline', async () => {
    const { messages } = await inKernel(async () => {
      const deadlines: number[] = [];
      const fence = new DmaFence({ ...MOCK_NAMES, setDeadline: (_f, at) => void deadlines.push(at) }, null, 3, 4);
      expect(await fence.describe()).toBe('3:4 mock mock unsignalled');
      await fence.setDeadline(7);
      await fence.driverName();
      await fence.signal();
      await fence.setDeadline(8);
      expect(await fence.describe()).toMatch(/^3:4 +signalled$/);
      expect(deadlines).toEqual([7]);
    });
    expect(messages('warn')).toEqual([expect.stringMatching(/suspicious RCU usage: dma_fence_driver_name/)]);
  });

  test('the locked functions WARN without the lock', async () => {
    const { messages } = await inKernel(async () => {
      const fence = mockFence();
      const flags = await fence.lockIrqsave();
      expect(await fence.checkAndSignalLocked()).toBe(false);
      expect(await fence.checkAndSignalLocked()).toBe(true);
      fence.unlockIrqrestore(flags);
      await mockFence().signalLocked();
    });
    expect(messages('warn')).toEqual([expect.stringMatching(/lock is not held/)]);
  });
});

describe('callbacks', () => {
  test('without a function -EINVAL, and the callback is left alone', async () => {
    const { messages } = await inKernel(async () => {
      expect(await mockFence().addCallback(new DmaFenceCallback(), null as never)).toBe(-EINVAL);
    });
    expect(messages('warn')).toHaveLength(1);
  });

  test('one callback on two fences corrupts a list', async () => {
    const { thrown } = await inKernel(
      async () => {
        const callback = new DmaFenceCallback();
        await mockFence().addCallback(callback, () => undefined);
        await mockFence().addCallback(callback, () => undefined);
      },
      { mayCrash: true },
    );
    expect(thrown).toEqual([expect.objectContaining({ code: 'ERR_DEPT_BUG' })]);
  });

  test('a callback may free itself: remove says false from its start', async () => {
    await inKernel(async () => {
      const fence = mockFence();
      const [first, second] = [new DmaFenceCallback(), new DmaFenceCallback()];
      const linked: boolean[] = [];
      await fence.addCallback(first, (_fence, callback) => void linked.push(callback.linked, second.linked));
      await fence.addCallback(second, () => undefined);
      await fence.signal();
      expect(linked).toEqual([false, true]);
      expect(await fence.removeCallback(second)).toBe(false);
      expect(await fence.addCallback(first, () => undefined)).toBe(-ENOENT);
    });
  });

  test('enable_signaling that says no runs the installed callbacks here', async () => {
    await inKernel(async () => {
      let enables = 0;
      const fence = mockFence({ enableSignaling: () => ++enables > 1 });
      let isSeen = false;
      const flags = await fence.lockIrqsave();
      const early = new DmaFenceCallback();
      early.func = () => {
        isSeen = true;
      };
      fence.addWakeLocked(early);
      fence.unlockIrqrestore(flags);
      await fence.enableSwSignaling();
      expect([isSeen, fence.testSignaledFlag(), enables]).toEqual([true, true, 1]);
    });
  });

  test('run in atomic context: sleeping is refused', async () => {
    const { thrown } = await inKernel(
      async (world) => {
        const fence = mockFence();
        await fence.addCallback(new DmaFenceCallback(), () => world.sleep(1));
        await fence.signal();
      },
      { mayCrash: true, mayHang: true },
    );
    expect(thrown[0]).toMatchObject({ code: 'ERR_DEPT_ATOMIC' });
  });
});

describe('references', () => {
  test('the last put frees after a grace period; later uses are found', async () => {
    const { thrown, messages } = await inKernel(
      async () => {
        const fence = mockFence();
        await fence.signal();
        await fence.put();
        const reader = rcu().readLock();
        expect(fence.getRcu()).toBe(null);
        reader.unlock();
        await rcu().barrier();
        await fence.isSignaled();
      },
      { mayCrash: true },
    );
    expect(thrown[0]).toMatchObject({ code: 'ERR_DEPT_USE_AFTER_FREE' });
    expect(messages('use-after-free')).toHaveLength(1);
  });

  test('one put too many is found', async () => {
    const { thrown } = await inKernel(
      async () => {
        const fence = mockFence();
        await fence.put();
        await fence.put();
      },
      { mayCrash: true },
    );
    expect(thrown[0]).toMatchObject({ code: 'ERR_DEPT_USE_AFTER_FREE' });
  });

  test('a fence released with pending signals is signaled with -EDEADLK', async () => {
    const { messages } = await inKernel(async () => {
      const fence = mockFence();
      const seen: number[] = [];
      await fence.addCallback(new DmaFenceCallback(), ({ error }) => void seen.push(error));
      await fence.put();
      expect(seen).toEqual([-EDEADLK]);
    });
    expect(messages('warn')).toEqual([expect.stringMatching(/released with pending signals/)]);
  });

  test('without callbacks an unsignaled fence may go', async () => {
    const { misuses } = await inKernel(() => mockFence().put());
    expect(misuses).toEqual([]);
  });

  test('get_rcu outside a reader is suspicious', async () => {
    const { messages } = await inKernel(() => void mockFence().getRcu());
    expect(messages('warn')).toEqual([expect.stringMatching(/suspicious RCU usage: dma_fence_get_rcu/)]);
  });

  test('get_rcu_safe retries until slot and reference agree', async () => {
    await inKernel(async () => {
      const [old, fresh] = [mockFence(), mockFence()];
      const slot = new RcuPointer<DmaFence>(old);
      const reader = rcu().readLock();
      expect(await dmaFenceGetRcuSafe(slot)).toBe(old);
      slot.assign(null);
      expect(await dmaFenceGetRcuSafe(slot)).toBe(null);
      slot.assign(fresh);
      expect(await dmaFenceGetRcuSafe(slot)).toBe(fresh);
      reader.unlock();
      expect([old.refcount, fresh.refcount]).toEqual([2, 2]);
    });
  });

  test('get_rcu_safe waits out a fence that is going', async () => {
    await inKernel(async (world) => {
      const [old, fresh] = [mockFence(), mockFence()];
      const slot = new RcuPointer<DmaFence>(old);
      const reader = rcu().readLock();
      await old.put();
      world.timer(() => slot.assign(fresh), 1);
      expect(await dmaFenceGetRcuSafe(slot)).toBe(fresh);
      reader.unlock();
    });
  });
});

describe('an external lock', () => {
  async function signalAfterOwner(lockMemory: Lifetime | null): Promise<readonly unknown[]> {
    const { thrown } = await inKernel(
      async () => {
        const lock = lockMemory === null ? null : new SpinLock({ name: 'timeline.lock' });
        const fence = new DmaFence(MOCK_NAMES, lock, 1, 1, lockMemory === null ? {} : { lockMemory });
        const callback = new DmaFenceCallback();
        await fence.addCallback(callback, () => undefined);
        await fence.signal();
        lockMemory?.free('timeline_release');
        // The core locks signaled fences too.
        expect(await fence.removeCallback(callback)).toBe(false);
        expect(await fence.getStatus()).toBe(1);
        await fence.put();
      },
      { mayCrash: true },
    );
    return thrown;
  }

  test('must outlive the last reference; an inline lock cannot go before', async () => {
    expect(await signalAfterOwner(new Lifetime('timeline'))).toEqual([
      expect.objectContaining({ code: 'ERR_DEPT_USE_AFTER_FREE' }),
    ]);
    expect(await signalAfterOwner(null)).toEqual([]);
  });
});
