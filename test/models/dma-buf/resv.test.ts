import { describe, expect, test } from 'vitest';
import type { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import { DmaFenceArray, toDmaFenceArray } from '../../../src/models/dma-buf/fence-array.ts';
import { DmaResv, RESERVATION_WW_CLASS } from '../../../src/models/dma-buf/resv.ts';
import { DmaResvIter, dmaResvForEachFence } from '../../../src/models/dma-buf/resv-iter.ts';
import {
  type DmaResvUsage,
  DmaResvUsageLevel,
  dmaResvUsageName,
  dmaResvUsageRw,
} from '../../../src/models/dma-buf/resv-usage.ts';
import { jiffiesToMs } from '../../../src/models/jiffies.ts';
import { rcu } from '../../../src/models/rcu.ts';
import { failSlab } from '../../../src/models/slab.ts';
import { EDEADLK, EINTR, EINVAL, ENOMEM, ERESTARTSYS } from '../../../src/sync/errno.ts';
import { SpinLock } from '../../../src/sync/spinlock.ts';
import type { World } from '../../../src/sync/world.ts';
import { WwAcquireContext, WwClass } from '../../../src/sync/ww-acquire-context.ts';
import { fenceOf } from '../cases/fence-fixtures.ts';
import { exploreWorld } from '../explore-world.ts';
import { inKernel } from '../stage.ts';

const { KERNEL, WRITE, READ, BOOKKEEP } = DmaResvUsageLevel;

/** Locks, reserves as many slots as there are fences, adds them, and unlocks. */
async function fill(resv: DmaResv, fences: readonly (readonly [DmaFence, DmaResvUsage])[]): Promise<void> {
  await resv.lock();
  expect(await resv.reserveFences(fences.length)).toBe(0);
  for (const [fence, usage] of fences) await resv.addFence(fence, usage);
  resv.unlock();
}

function maxFences(resv: DmaResv): number | undefined {
  return resv.fences.dereference()?.maxFences;
}

/** All of it, as the holder of the lock sees it. */
async function contents(resv: DmaResv): Promise<string[]> {
  await resv.lock();
  const cursor = new DmaResvIter(resv, BOOKKEEP);
  const seen = [...dmaResvForEachFence(cursor)].map(({ label }) => label);
  resv.unlock();
  return seen;
}

describe('usage', () => {
  test('a reader waits for writers, a writer for everybody who uses the memory', () => {
    expect([dmaResvUsageRw(false), dmaResvUsageRw(true)]).toEqual([WRITE, READ]);
    expect([KERNEL, WRITE, READ, BOOKKEEP].map(dmaResvUsageName)).toEqual(['kernel', 'write', 'read', 'bookkeep']);
  });
});

describe('the lock', () => {
  test('is held by one thread, which the others see', async () => {
    await inKernel(async (world) => {
      const resv = new DmaResv();
      expect([resv.isLocked, resv.isHeld]).toEqual([false, false]);
      expect(resv.trylock()).toBe(true);
      expect([resv.isLocked, resv.isHeld, resv.lockingContext]).toEqual([true, true, null]);
      world.task('other', () => {
        expect([resv.trylock(), resv.isLocked, resv.isHeld]).toEqual([false, true, false]);
        expect(() => resv.unlock()).toThrow(expect.objectContaining({ code: 'ERR_DEPT_BAD_UNLOCK' }));
      });
      await world.sleep(1);
      resv.unlock();
      expect(() => resv.unlock()).toThrow(expect.objectContaining({ code: 'ERR_DEPT_BAD_UNLOCK' }));
    });
  });

  test('an unlock by somebody else leaves the reserved slots alone', async () => {
    await inKernel(async (world) => {
      const resv = new DmaResv();
      await resv.lock();
      await resv.reserveFences(2);
      world.task('other', () => expect(() => resv.unlock()).toThrow());
      await world.sleep(1);
      await resv.addFence(fenceOf(1, 1), READ);
      resv.unlock();
      expect(maxFences(resv)).toBe(1);
    });
  });

  test('interruptible waits for it end with -EINTR, the slow one too, and nothing is held then', async () => {
    const answers: number[] = [];
    await inKernel(async (world) => {
      const resv = new DmaResv();
      const ticket = new WwAcquireContext(RESERVATION_WW_CLASS);
      await resv.lock();
      const task = world.task('waiter', async () => {
        answers.push(await resv.lockInterruptible(ticket));
        answers.push(await resv.lockInterruptible());
        answers.push(await resv.lockSlowInterruptible(ticket));
        ticket.fini();
      });
      world.timer(() => task.interrupt(), 1);
      await world.sleep(5);
      resv.unlock();
      expect(resv.isLocked).toBe(false);
    });
    expect(answers).toEqual([-EINTR, -EINTR, -EINTR]);
  });

  test('without a signal they lock', async () => {
    await inKernel(async () => {
      const resv = new DmaResv();
      const ticket = new WwAcquireContext(RESERVATION_WW_CLASS);
      expect(await resv.lockInterruptible(ticket)).toBe(0);
      resv.unlock();
      expect(await resv.lockSlowInterruptible(ticket)).toBe(0);
      resv.unlock();
      await resv.lockSlow(ticket);
      resv.unlock();
      ticket.fini();
    });
  });

  test('is not for atomic context', async () => {
    await inKernel(async () => {
      const [resv, spinlock] = [new DmaResv(), new SpinLock()];
      await spinlock.lock();
      await expect(resv.lock()).rejects.toThrow(expect.objectContaining({ code: 'ERR_DEPT_ATOMIC' }));
      spinlock.unlock();
    });
  });

  test('what is done without it WARNs', async () => {
    const { messages } = await inKernel(async () => {
      const [resv, fence] = [new DmaResv({ label: 'bo' }), fenceOf(1, 1)];
      expect(await resv.reserveFences(1)).toBe(0);
      await resv.addFence(fence, READ);
      await resv.replaceFences(1, fenceOf(2, 1), READ);
      expect(new DmaResvIter(resv, READ).first()?.label).toBe('2:1');
      expect(await resv.copyFences(new DmaResv())).toBe(0);
      resv.assertHeld();
    });
    expect(messages('warn')).toEqual(
      ['reserve_fences', 'add_fence', 'replace_fences', 'iter_first', 'iter_next', 'copy_fences', 'assert_held'].map(
        (operation) => `WARNING: dma_resv_${operation}(bo) without the lock of the dma_resv`,
      ),
    );
  });
});

describe('reserve', () => {
  test('the first list has 4 slots or the next power of two; a full one at least doubles', async () => {
    await inKernel(async () => {
      for (const [count, slots] of [
        [1, 4],
        [4, 4],
        [5, 8],
        [8, 8],
        [9, 16],
      ] as const) {
        const resv = new DmaResv();
        await resv.lock();
        expect(await resv.reserveFences(count)).toBe(0);
        expect(maxFences(resv)).toBe(slots);
        resv.unlock();
      }
      const resv = new DmaResv();
      await resv.lock();
      await resv.reserveFences(4);
      for (let context = 1; context <= 4; context++) await resv.addFence(fenceOf(context, 1), READ);
      expect([await resv.reserveFences(1), maxFences(resv)]).toEqual([0, 8]);
      expect([await resv.reserveFences(4), maxFences(resv)]).toEqual([0, 8]);
      expect([await resv.reserveFences(20), maxFences(resv)]).toEqual([0, 24]);
      resv.unlock();
    });
  });

  test('of no slots WARNs and is -EINVAL', async () => {
    const { messages } = await inKernel(async () => {
      const resv = new DmaResv();
      await resv.lock();
      expect([await resv.reserveFences(0), await resv.reserveFences(-1)]).toEqual([-EINVAL, -EINVAL]);
      expect(resv.fences.dereference()).toBeNull();
      resv.unlock();
    });
    expect(messages('warn')).toHaveLength(2);
  });

  test('without memory is -ENOMEM, and nothing has changed', async () => {
    await inKernel(async () => {
      const [resv, signaled, pending] = [new DmaResv(), fenceOf(1, 1), fenceOf(2, 1)];
      await fill(resv, [
        [signaled, READ],
        [pending, READ],
      ]);
      await signaled.signal();
      failSlab((what) => what === 'dma_resv_reserve_fences');
      await resv.lock();
      expect(await resv.reserveFences(1)).toBe(-ENOMEM);
      resv.unlock();
      expect(await contents(resv)).toEqual(['1:1', '2:1']);
      expect([signaled.refcount, pending.refcount]).toEqual([2, 2]);
    });
  });

  test('the old list is freed after the readers that may see it', async () => {
    await inKernel(async (world) => {
      const resv = new DmaResv();
      await fill(resv, [[fenceOf(1, 1), READ]]);
      const old = resv.fences.dereference();
      world.task('reader', async () => {
        const reader = rcu().readLock();
        await world.delay(5);
        expect(old?.entry(0).fence.label).toBe('1:1');
        reader.unlock();
      });
      await world.sleep(1);
      await resv.lock();
      await resv.reserveFences(8);
      resv.unlock();
      expect(old?.numFences).toBe(1);
      await rcu().barrier();
      expect(() => old?.entry(0)).toThrow(/use-after-free of dma_resv_list in dma_resv_list_entry/);
    });
  });

  test('slots are lost with the lock where mutexes are debugged, and kept where not', async () => {
    const add = (debugMutexes: boolean) =>
      inKernel(
        async () => {
          const resv = new DmaResv({ debugMutexes });
          await resv.lock();
          expect(await resv.reserveFences(1)).toBe(0);
          resv.unlock();
          await resv.lock();
          await resv.addFence(fenceOf(1, 1), READ);
          resv.unlock();
        },
        { mayCrash: true },
      );
    expect((await add(true)).messages('bug')[0]).toMatch(/kernel BUG: dma_resv_add_fence.* without a reserved slot/);
    expect((await add(false)).messages('bug')).toEqual([]);
  });
});

describe('add', () => {
  async function addUnprepared(prepare: (resv: DmaResv) => Promise<void>, fence: () => DmaFence): Promise<string[]> {
    const { messages } = await inKernel(
      async () => {
        const resv = new DmaResv({ label: 'bo' });
        await resv.lock();
        await prepare(resv);
        await resv.addFence(fence(), READ);
        resv.unlock();
      },
      { mayCrash: true },
    );
    return [...messages('bug'), ...messages('warn')];
  }

  test('where nothing was ever reserved is a NULL pointer, beyond the slots a BUG', async () => {
    const never = await addUnprepared(
      () => Promise.resolve(),
      () => fenceOf(1, 1),
    );
    expect(never).toEqual([expect.stringContaining('NULL pointer dereference: dma_resv_add_fence(bo)')]);
    const full = await addUnprepared(
      async (resv) => {
        await resv.reserveFences(4);
        for (let context = 1; context <= 4; context++) await resv.addFence(fenceOf(context, 1), READ);
      },
      () => fenceOf(5, 1),
    );
    expect(full).toEqual([expect.stringContaining('dma_resv_add_fence(bo) without a reserved slot')]);
  });

  test('takes no container', async () => {
    const seen = await addUnprepared(
      async (resv) => void (await resv.reserveFences(1)),
      () => new DmaFenceArray([fenceOf(1, 1)], 2, 1, false).base,
    );
    expect(seen).toEqual([expect.stringContaining('with container 2:1')]);
  });

  test('a slot of a signaled fence is as good as a free one, whatever its context and usage', async () => {
    await inKernel(async () => {
      const resv = new DmaResv();
      const fences = [1, 2, 3, 4].map((context) => fenceOf(context, 1));
      await fill(
        resv,
        fences.map((fence) => [fence, KERNEL]),
      );
      await fences[2]?.signal();
      await resv.lock();
      await resv.addFence(fenceOf(9, 1), BOOKKEEP);
      resv.unlock();
      expect(await contents(resv)).toEqual(['1:1', '2:1', '9:1', '4:1']);
      expect(fences[2]?.refcount).toBe(1);
    });
  });

  test('a fence that is found to be signaled by asking its driver is replaced as well', async () => {
    await inKernel(async () => {
      const resv = new DmaResv();
      const done = fenceOf(1, 1, { ops: { signaled: () => true } });
      await resv.lock();
      await resv.reserveFences(1);
      await resv.addFence(done, READ);
      await resv.addFence(fenceOf(2, 1), READ);
      resv.unlock();
      expect([await contents(resv), done.refcount, done.testSignaledFlag()]).toEqual([['2:1'], 1, true]);
    });
  });
});

describe('replace', () => {
  test('every fence of the context is replaced, at the new usage, and nothing else', async () => {
    await inKernel(async () => {
      const [resv, update] = [new DmaResv(), fenceOf(5, 1)];
      const [first, second, other] = [fenceOf(1, 1), fenceOf(1, 2), fenceOf(2, 1)];
      await fill(resv, [
        [first, READ],
        [other, READ],
        // A weaker usage does not take the place of the first.
        [second, BOOKKEEP],
      ]);
      await resv.lock();
      await resv.replaceFences(1, update, WRITE);
      await resv.replaceFences(77, fenceOf(6, 1), WRITE);
      const cursor = new DmaResvIter(resv, WRITE);
      expect([...dmaResvForEachFence(cursor)]).toEqual([update, update]);
      resv.unlock();
      expect([await contents(resv), update.refcount]).toEqual([['5:1', '2:1', '5:1'], 3]);
      expect([first.refcount, second.refcount, other.refcount]).toEqual([1, 1, 2]);
    });
  });

  test('a locked walk can be begun again', async () => {
    await inKernel(async () => {
      const [resv, first, second] = [new DmaResv(), fenceOf(1, 1), fenceOf(2, 1)];
      await fill(resv, [
        [first, READ],
        [second, WRITE],
      ]);
      await resv.lock();
      const cursor = new DmaResvIter(resv, READ);
      for (let round = 0; round < 2; round++) {
        expect([cursor.first(), cursor.isRestarted, cursor.fenceUsage]).toEqual([first, true, READ]);
        expect([cursor.next(), cursor.isRestarted, cursor.fenceUsage]).toEqual([second, false, WRITE]);
      }
      expect(cursor.next()).toBeNull();
      resv.unlock();
    });
  });

  test('an object without fences has nothing to replace', async () => {
    await inKernel(async () => {
      const resv = new DmaResv();
      await resv.lock();
      await resv.replaceFences(1, fenceOf(2, 1), READ);
      expect(new DmaResvIter(resv, BOOKKEEP).first()).toBeNull();
      resv.unlock();
    });
  });
});

describe('an unlocked walk', () => {
  test('yields unsignaled fences with a reference, and gives it back at the next step and at the end', async () => {
    await inKernel(async () => {
      const resv = new DmaResv();
      const [signaled, first, second, hidden] = [1, 2, 3, 4].map((context) => fenceOf(context, 1)) as [
        DmaFence,
        DmaFence,
        DmaFence,
        DmaFence,
      ];
      await fill(resv, [
        [signaled, READ],
        [first, WRITE],
        [second, READ],
        [hidden, BOOKKEEP],
      ]);
      await signaled.signal();
      const cursor = new DmaResvIter(resv, READ);
      const seen = async (step: Promise<DmaFence | null>) => [
        (await step)?.label ?? null,
        cursor.isRestarted,
        first.refcount,
        second.refcount,
      ];
      expect(await seen(cursor.firstUnlocked())).toEqual(['2:1', true, 3, 2]);
      expect(await seen(cursor.nextUnlocked())).toEqual(['3:1', false, 2, 3]);
      expect(await seen(cursor.nextUnlocked())).toEqual([null, false, 2, 2]);
      expect(await seen(cursor.firstUnlocked())).toEqual(['2:1', true, 3, 2]);
      await cursor.end();
      await cursor.end();
      expect([first.refcount, signaled.refcount, hidden.refcount]).toEqual([2, 2, 2]);
    });
  });

  test('begins again when the list is replaced; a fence in a slot reserved before may be missed', async () => {
    await inKernel(async () => {
      const resv = new DmaResv();
      await resv.lock();
      await resv.reserveFences(4);
      for (const context of [1, 2]) await resv.addFence(fenceOf(context, 1), READ);
      const cursor = new DmaResvIter(resv, READ);
      expect((await cursor.firstUnlocked())?.label).toBe('1:1');
      await resv.addFence(fenceOf(3, 1), READ);
      expect([(await cursor.nextUnlocked())?.label, cursor.isRestarted]).toEqual(['2:1', false]);
      expect(await cursor.nextUnlocked()).toBeNull();
      expect([(await cursor.firstUnlocked())?.label, (await cursor.nextUnlocked())?.label]).toEqual(['1:1', '2:1']);
      await resv.reserveFences(8);
      expect([(await cursor.nextUnlocked())?.label, cursor.isRestarted]).toEqual(['1:1', true]);
      expect([(await cursor.nextUnlocked())?.label, cursor.isRestarted]).toEqual(['2:1', false]);
      expect([(await cursor.nextUnlocked())?.label, cursor.isRestarted]).toEqual(['3:1', false]);
      await cursor.end();
      resv.unlock();
    });
  });

  test('of an object without fences is over at once', async () => {
    await inKernel(async () => {
      const resv = new DmaResv();
      expect(await new DmaResvIter(resv, BOOKKEEP).firstUnlocked()).toBeNull();
      expect([await resv.testSignaled(BOOKKEEP), await resv.getFences(BOOKKEEP)]).toEqual([true, []]);
    });
  });

  /** A fence is replaced, put and freed, and the list reallocated, while somebody collects. */
  function race(withReference: boolean): (world: World) => () => string | null {
    return (world) => {
      const fences: DmaFence[] = [];
      let found: readonly string[] = [];
      world.task('setup', async () => {
        const resv = new DmaResv();
        const [old, kept] = [fenceOf(1, 1), fenceOf(2, 1)];
        fences.push(old, kept);
        await fill(resv, [
          [old, READ],
          [kept, READ],
        ]);
        world.task('writer', async () => {
          const next = fenceOf(1, 2);
          fences.push(next);
          await resv.lock();
          await resv.reserveFences(1);
          await resv.addFence(next, READ);
          resv.unlock();
          await old.signal();
          await old.put();
        });
        world.task('collector', async () => {
          if (!withReference) {
            found = ['1:1', '2:1'];
            const seen = resv.fences.dereference()?.entry(0).fence;
            await rcu().synchronize();
            await seen?.isSignaled();
            return;
          }
          const references = await resv.getFences(READ);
          if (typeof references === 'number') return;
          found = references.map(({ label }) => label);
          for (const fence of references) await fence.put();
        });
      });
      return () => {
        const isWhole = found.length === 2 && found[1] === '2:1' && ['1:1', '1:2'].includes(found[0] ?? '');
        if (!isWhole) return `collected ${found.join(' ')}`;
        // The object has one reference to what it shows, the driver one to all but the first.
        const counts = fences.map(({ refcount }) => refcount).join();
        return counts === '0,2,2' ? null : `references ${counts}`;
      };
    };
  }

  test('collects what is there before or after a change, in every schedule', async () => {
    const searched = await exploreWorld(race(true), { preemptions: 2 });
    expect([searched.fault, searched.hang, searched.complete]).toEqual([null, null, true]);
    expect(searched.schedules).toBeGreaterThan(100);
    expect((await exploreWorld(race(false), { preemptions: 2 })).fault?.what).toContain('use-after-free');
  });
});

describe('collecting', () => {
  /** Two fences to collect. */
  async function pair(): Promise<{ resv: DmaResv; fences: readonly [DmaFence, DmaFence] }> {
    const [resv, fences] = [new DmaResv(), [fenceOf(1, 1), fenceOf(2, 1)] as const];
    await fill(resv, [
      [fences[0], WRITE],
      [fences[1], READ],
    ]);
    return { resv, fences };
  }

  test('get_fences: -ENOMEM leaks nothing', async () => {
    await inKernel(async () => {
      const { resv, fences } = await pair();
      failSlab((what) => what === 'dma_resv_get_fences');
      expect(await resv.getFences(READ)).toBe(-ENOMEM);
      expect(await resv.getSingleton(READ)).toBe(-ENOMEM);
      expect(fences.map(({ refcount }) => refcount)).toEqual([2, 2]);
    });
  });

  test('get_singleton: null, the fence itself, or an array of all', async () => {
    await inKernel(async () => {
      const { resv, fences } = await pair();
      expect(await resv.getSingleton(KERNEL)).toBeNull();
      const one = await resv.getSingleton(WRITE);
      expect([one, fences[0].refcount]).toEqual([fences[0], 3]);
      await fences[0].put();
      const all = (await resv.getSingleton(READ)) as DmaFence;
      expect(toDmaFenceArray(all)?.fences).toEqual(fences);
      await fences[0].signal();
      expect(await all.isSignaled()).toBe(false);
      await fences[1].signal();
      expect(await all.isSignaled()).toBe(true);
      await all.put();
      expect(fences.map(({ refcount }) => refcount)).toEqual([2, 2]);
      expect(await resv.getSingleton(READ)).toBeNull();
    });
  });

  test('get_singleton: no memory for the array is -ENOMEM, and leaks nothing', async () => {
    await inKernel(async () => {
      const { resv, fences } = await pair();
      failSlab((what) => what === 'dma_fence_array_create');
      expect(await resv.getSingleton(READ)).toBe(-ENOMEM);
      expect(fences.map(({ refcount }) => refcount)).toEqual([2, 2]);
    });
  });

  test('copy_fences: the target has what is unsignaled in the source, with its usages, and nothing of its own', async () => {
    await inKernel(async () => {
      const { resv: source, fences } = await pair();
      const [own, target] = [fenceOf(9, 1), new DmaResv()];
      await fill(target, [[own, KERNEL]]);
      await fences[0].signal();
      await target.lock();
      expect(await target.copyFences(source)).toBe(0);
      const cursor = new DmaResvIter(target, BOOKKEEP);
      expect([cursor.first(), cursor.fenceUsage, cursor.next()]).toEqual([fences[1], READ, null]);
      expect([own.refcount, fences[0].refcount, fences[1].refcount]).toEqual([1, 2, 3]);
      expect(await target.copyFences(new DmaResv())).toBe(0);
      expect([cursor.first(), fences[1].refcount]).toEqual([null, 2]);
      target.unlock();
    });
  });

  test('copy_fences: bookkeeping fences come along', async () => {
    await inKernel(async () => {
      const [source, target, fence] = [new DmaResv(), new DmaResv(), fenceOf(1, 1)];
      await fill(source, [[fence, BOOKKEEP]]);
      await target.lock();
      expect(await target.copyFences(source)).toBe(0);
      target.unlock();
      expect(await contents(target)).toEqual(['1:1']);
    });
  });

  test('copy_fences: -ENOMEM leaves the target as it was', async () => {
    await inKernel(async () => {
      const { resv: source, fences } = await pair();
      const target = new DmaResv();
      await fill(target, [[fenceOf(9, 1), KERNEL]]);
      failSlab((what) => what === 'dma_resv_copy_fences');
      await target.lock();
      expect(await target.copyFences(source)).toBe(-ENOMEM);
      target.unlock();
      expect([await contents(target), fences.map(({ refcount }) => refcount)]).toEqual([['9:1'], [2, 2]]);
    });
  });
});

describe('waiting', () => {
  function signalAfter(world: World, fence: DmaFence, jiffies: number): void {
    world.timer(() => void world.softirq(() => fence.signal(), 'timer'), jiffiesToMs(jiffies));
  }

  test('one timeout is for all fences together', async () => {
    await inKernel(async (world) => {
      const [resv, first, second] = [new DmaResv(), fenceOf(1, 1), fenceOf(2, 1)];
      await fill(resv, [
        [first, READ],
        [second, READ],
      ]);
      signalAfter(world, first, 3);
      signalAfter(world, second, 7);
      expect(await resv.waitTimeout(READ, false, 10)).toBe(3);
      expect(await resv.waitTimeout(READ, false, 10)).toBe(10);
      expect(await resv.waitTimeout(READ, false, 0)).toBe(1);
    });
  });

  test('0 after the timeout, and what is not asked for is not waited for', async () => {
    await inKernel(async (world) => {
      const [resv, first, second] = [new DmaResv(), fenceOf(1, 1), fenceOf(2, 1)];
      await fill(resv, [
        [first, WRITE],
        [second, BOOKKEEP],
      ]);
      signalAfter(world, first, 3);
      expect(await resv.waitTimeout(KERNEL, false, 5)).toBe(5);
      expect(await resv.waitTimeout(BOOKKEEP, false, 5)).toBe(0);
      expect(world.jiffies).toBe(5);
      expect(await resv.waitTimeout(READ, false, 5)).toBe(5);
      expect([first.refcount, second.refcount]).toEqual([2, 2]);
    });
  });

  test('-ERESTARTSYS when a signal is pending and it is interruptible', async () => {
    const answers: number[] = [];
    await inKernel(async (world) => {
      const [resv, fence] = [new DmaResv(), fenceOf(1, 1)];
      await fill(resv, [[fence, READ]]);
      const task = world.task('waiter', async () => {
        answers.push(await resv.waitTimeout(READ, true, 100));
        answers.push(await resv.waitTimeout(READ, false, 2));
      });
      world.timer(() => task.interrupt(), 1);
      await world.sleep(50);
      expect(fence.refcount).toBe(2);
    });
    expect(answers).toEqual([-ERESTARTSYS, 0]);
  });

  test('needs no lock, and a locked object can be waited for', async () => {
    await inKernel(async (world) => {
      const [resv, fence] = [new DmaResv(), fenceOf(1, 1)];
      await fill(resv, [[fence, READ]]);
      world.task('waiter', async () => expect(await resv.waitTimeout(READ, false, 100)).toBeGreaterThan(0));
      await resv.lock();
      await world.sleep(10);
      await fence.signal();
      resv.unlock();
    });
  });
});

describe('the rest', () => {
  test('a deadline goes to the unsignaled fences up to a level', async () => {
    const told: string[] = [];
    await inKernel(async () => {
      const make = (context: number): DmaFence =>
        fenceOf(context, 1, { ops: { setDeadline: (self, deadline) => void told.push(`${self.label} ${deadline}`) } });
      const resv = new DmaResv();
      const fences = [make(1), make(2), make(3)] as const;
      await fill(resv, [
        [fences[0], WRITE],
        [fences[1], WRITE],
        [fences[2], BOOKKEEP],
      ]);
      await fences[0].signal();
      await resv.setDeadline(READ, 40);
    });
    expect(told).toEqual(['2:1 40']);
  });

  test('describe has a line for each fence, but not for bookkeeping ones', async () => {
    await inKernel(async () => {
      const [resv, signaled] = [new DmaResv(), fenceOf(1, 1)];
      await fill(resv, [
        [signaled, KERNEL],
        [fenceOf(2, 5), READ],
        [fenceOf(3, 1), BOOKKEEP],
      ]);
      await signaled.signal();
      await resv.lock();
      expect(await resv.describe()).toBe('\tkernel fence:1:1   signalled\n\tread fence:2:5 mock mock unsignalled\n');
      resv.unlock();
    });
  });

  test('fini drops the fences; the object is no more', async () => {
    const { messages } = await inKernel(async () => {
      const [resv, fence] = [new DmaResv({ label: 'bo' }), fenceOf(1, 1)];
      await fill(resv, [[fence, READ]]);
      await resv.fini();
      expect(fence.refcount).toBe(1);
      await expect(resv.lock()).rejects.toThrow(/use-after-free of bo in dma_resv_lock; it was freed by dma_resv_fini/);
      const ticket = new WwAcquireContext(RESERVATION_WW_CLASS);
      for (const late of [
        () => resv.lockSlow(ticket),
        () => resv.lockInterruptible(ticket),
        () => resv.lockSlowInterruptible(ticket),
        () => resv.testSignaled(READ),
      ]) {
        await expect(late()).rejects.toThrow(/use-after-free of bo/);
      }
      expect(() => resv.trylock()).toThrow(/use-after-free of bo/);
      await expect(resv.fini()).rejects.toThrow(/double-free of bo/);
    });
    expect(messages('warn')).toEqual([]);
  });

  test('fini of a locked object WARNs', async () => {
    const { messages } = await inKernel(async () => {
      const resv = new DmaResv({ label: 'bo' });
      await resv.lock();
      await resv.fini();
      expect(() => resv.unlock()).toThrow(/use-after-free of bo in dma_resv_unlock/);
    });
    expect(messages('warn')).toEqual(['WARNING: dma_resv_fini(bo) while it is locked']);
  });

  test('a fence keeps its reference until the slot is needed, also when everybody else is gone', async () => {
    await inKernel(async () => {
      const [resv, fence] = [new DmaResv(), fenceOf(1, 1)];
      await fill(resv, [[fence, READ]]);
      await fence.signal();
      await fence.put();
      await rcu().barrier();
      expect(fence.memory.freed).toBe(false);
      await fill(resv, [[fenceOf(2, 1), READ]]);
      await rcu().barrier();
      expect(fence.memory.freed).toBe(true);
    });
  });

  test('another class may wound: the younger holder backs off when it has to wait, the older one sleeps', async () => {
    const answers: number[] = [];
    await inKernel(async (world) => {
      const wwClass = new WwClass('wound_ww_class', { waitDie: false });
      const [a, b] = [new DmaResv({ wwClass, label: 'A' }), new DmaResv({ wwClass, label: 'B' })];
      const [old, young] = [new WwAcquireContext(wwClass), new WwAcquireContext(wwClass)];
      world.task('young', async () => {
        await b.lock(young);
        await world.sleep(10);
        answers.push(await a.lock(young));
        b.unlock();
        await a.lockSlow(young);
        a.unlock();
        young.fini();
      });
      world.task('old', async () => {
        await a.lock(old);
        await world.sleep(5);
        answers.push(await b.lock(old));
        for (const resv of [a, b]) resv.unlock();
        old.fini();
      });
      await world.sleep(50);
      await expect(new DmaResv().lock(old)).rejects.toThrow(expect.objectContaining({ code: 'ERR_DEPT_WW_STATE' }));
    });
    expect(answers).toEqual([-EDEADLK, 0]);
  });

  test('an older context never dies', async () => {
    await inKernel(async (world) => {
      const [a, b] = [new DmaResv(), new DmaResv()];
      const [old, young] = [new WwAcquireContext(RESERVATION_WW_CLASS), new WwAcquireContext(RESERVATION_WW_CLASS)];
      world.task('young', async () => {
        await a.lock(young);
        await world.sleep(5);
        expect(await b.lock(young)).toBe(-EDEADLK);
        a.unlock();
        await b.lockSlow(young);
        b.unlock();
        young.fini();
      });
      await b.lock(old);
      await world.sleep(1);
      expect(await a.lock(old)).toBe(0);
      a.unlock();
      b.unlock();
      old.fini();
    });
  });
});
