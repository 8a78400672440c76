import { describe, expect, test } from 'vitest';
import type { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import { dmaFenceBeginSignalling, dmaFenceEndSignalling } from '../../../src/models/dma-buf/fence-signalling.ts';
import { DmaResv, RESERVATION_WW_CLASS } from '../../../src/models/dma-buf/resv.ts';
import { dmaResvLockdep } from '../../../src/models/dma-buf/resv-lockdep.ts';
import { DmaResvUsageLevel } from '../../../src/models/dma-buf/resv-usage.ts';
import { MAX_SCHEDULE_TIMEOUT } from '../../../src/models/jiffies.ts';
import { mmapLock } from '../../../src/models/mm/mmap-lock.ts';
import {
  fsReclaimAcquire,
  fsReclaimRelease,
  type Gfp,
  mightAlloc,
  mmuNotifierInvalidate,
} from '../../../src/models/mm/reclaim.ts';
import { sideBySide } from '../../../src/scenario/side-by-side.ts';
import { EDEADLK } from '../../../src/sync/errno.ts';
import type { World } from '../../../src/sync/world.ts';
import { WwAcquireContext } from '../../../src/sync/ww-acquire-context.ts';
import { fenceOf } from '../cases/fence-fixtures.ts';
import { inKernel } from '../stage.ts';

const RESV = RESERVATION_WW_CLASS.name;
const NOTIFIER = 'mmu_notifier_invalidate_range_start';
const { WRITE, READ, BOOKKEEP } = DmaResvUsageLevel;

async function add(resv: DmaResv, fence: DmaFence): Promise<void> {
  await resv.lock();
  expect(await resv.reserveFences(1)).toBe(0);
  await resv.addFence(fence, WRITE);
  resv.unlock();
}

describe('two objects in both orders', () => {
  /** Each has one and asks for the other. */
  function crossing(world: World, hasContext: readonly [boolean, boolean]): void {
    const objects = [new DmaResv({ label: 'A' }), new DmaResv({ label: 'B' })] as const;
    for (const [index, has] of hasContext.entries()) {
      world.task(`T${index}`, async () => {
        const context = has ? new WwAcquireContext(RESERVATION_WW_CLASS) : null;
        const [mine, theirs] = index === 0 ? objects : ([objects[1], objects[0]] as const);
        await mine.lock(context);
        await world.sleep(5);
        if (context !== null && (await theirs.lock(context)) === -EDEADLK) {
          mine.unlock();
          await theirs.lockSlow(context);
          await mine.lock(context);
        } else if (context === null) await theirs.lock();
        mine.unlock();
        theirs.unlock();
        context?.fini();
      });
    }
  }

  test('under contexts one backs off, and nobody reports anything', async () => {
    const { run, dept, linux, lockdep, live } = await sideBySide((world) => crossing(world, [true, true]));
    expect([run.stuck, dept.findings, linux.findings, lockdep, live]).toEqual([[], [], [], [], []]);
  });

  test('without contexts they hang, and every detector says so', async () => {
    const { run, dept, linux, lockdep, live } = await sideBySide((world) => crossing(world, [false, false]));
    expect(run.stuck).toHaveLength(2);
    expect(dept.findings.map(({ code }) => code)).toContain('DEPT001');
    expect(linux.findings.map(({ code }) => code)).toContain('DEPT001');
    expect(live.map(({ code }) => code)).toEqual(['DEPT002']);
    expect(lockdep.map(({ title }) => title)).toEqual(['WARNING: possible recursive locking detected']);
  });

  test.each([
    [true, false],
    [false, true],
  ])('a context does not help against somebody without one', async (first, second) => {
    const { run, dept, linux, lockdep, live } = await sideBySide((world) => crossing(world, [first, second]));
    expect(run.stuck).toHaveLength(2);
    expect(dept.findings.map(({ code }) => code)).toEqual(['DEPT001']);
    expect(live.map(({ code }) => code)).toEqual(['DEPT002']);
    expect(linux.findings.map(({ code }) => code)).toEqual(['DEPT001']);
    expect(lockdep.map(({ title }) => title)).toEqual(['WARNING: possible recursive locking detected']);
  });

  test('a context that backed off leaves no dependency behind', async () => {
    const { dept } = await sideBySide((world) => crossing(world, [true, true]));
    const within = dept.dependencies.filter(({ from, to }) => from.key.name === RESV && to.key.name === RESV);
    expect(within).toEqual([]);
  });
});

describe('fences and the lock', () => {
  /** CS waits for the fence under the lock; in another run the one who signals took the lock on the way. */
  function contexts(world: World, isOwner: boolean): void {
    const resv = new DmaResv({ label: 'BO' });
    const make = (seqno: number): DmaFence => fenceOf(1, seqno, { map: 'job' });
    world.task('submit', async () => {
      const fence = make(1);
      await add(resv, fence);
      if (isOwner) fence.owe();
      await world.sleep(1);
      await resv.lock();
      resv.unlock();
      await fence.signal();
    });
    world.task('CS', async () => {
      await world.sleep(10);
      const fence = make(2);
      await add(resv, fence);
      world.timer(() => world.task('irq', () => fence.signal()), 5);
      await resv.lock();
      expect(await resv.waitTimeout(READ, false, MAX_SCHEDULE_TIMEOUT)).toBeGreaterThan(0);
      resv.unlock();
    });
  }

  test('lockdep is blind, DEPT is not: the fence waits for the lock, the lock for the fence', async () => {
    for (const isOwner of [true, false]) {
      const { run, dept, lockdep } = await sideBySide((world) => contexts(world, isOwner));
      expect([run.stuck, lockdep]).toEqual([[], []]);
      const names = dept.findings.map(({ circle }) => circle.map(({ from }) => from.key.name).sort());
      expect(names).toEqual([['job', RESV]]);
    }
  });

  test('publication is where the signalling begins: what the driver did before does not count', async () => {
    const run = (isAddedFirst: boolean) =>
      inKernel(async (world) => {
        const [resv, fence] = [new DmaResv(), fenceOf(1, 1, { map: 'job' })];
        world.task('waiter', async () => {
          await world.sleep(20);
          await resv.lock();
          await fence.wait(false);
          resv.unlock();
        });
        if (isAddedFirst) await add(resv, fence);
        const other = new DmaResv({ label: 'other' });
        await other.lock();
        other.unlock();
        if (!isAddedFirst) await add(new DmaResv({ label: 'third' }), fence);
        await fence.signal();
      });
    expect((await run(true)).circles()).toEqual([`job ${RESV}`]);
    expect((await run(false)).circles()).toEqual([]);
  });

  test('each place that waits for an object has a class of its own if it says so', async () => {
    const run = (site: string) =>
      inKernel(async (world) => {
        const resv = new DmaResv();
        const wait = async (at: string): Promise<void> => {
          const fence = fenceOf(1, 1);
          await add(resv, fence);
          world.timer(() => world.task('irq', () => fence.signal()), 1);
          await resv.waitTimeout(BOOKKEEP, false, MAX_SCHEDULE_TIMEOUT, { site: at });
        };
        world.task('holder', async () => {
          const held = new DmaResv({ label: 'held' });
          await held.lock();
          const fence = fenceOf(1, 1);
          world.timer(() => world.task('irq', () => fence.signal()), 1);
          await fence.wait(false, { site: 'move' });
          held.unlock();
        });
        await world.sleep(10);
        const fence = fenceOf(2, 1);
        world.task('waiter', async () => void (await fence.wait(false, { site })));
        await world.sleep(1);
        await resv.lock();
        resv.unlock();
        await fence.signal();
        await wait(site);
      });
    expect((await run('move')).circles()).toEqual([`dma_fence_wait@move ${RESV}`]);
    expect((await run('elsewhere')).circles()).toEqual([]);
  });
});

describe('the order that is shown at boot', () => {
  /** Circles of a driver's thread that goes on after the boot, where nobody waits for anything. */
  async function afterBoot(body: () => Promise<void> | void, isPrimed = true): Promise<string[]> {
    const { circles } = await inKernel((world) => {
      if (isPrimed) world.task('boot', dmaResvLockdep);
      world.task('driver', async () => {
        await world.sleep(1);
        await body();
      });
    });
    return circles();
  }
  const section = (
    body: () => Promise<void> | void,
    isPrimed = true,
    before: () => Promise<void> | void = () => undefined,
  ): Promise<string[]> =>
    afterBoot(async () => {
      await before();
      const cookie = dmaFenceBeginSignalling();
      await body();
      dmaFenceEndSignalling(cookie);
    }, isPrimed);
  const takesResv = async (): Promise<void> => {
    const resv = new DmaResv();
    await resv.lock();
    resv.unlock();
  };
  const takesMmap = async (): Promise<void> => {
    const mmap = mmapLock();
    await mmap.downWrite();
    mmap.upWrite();
  };
  const allocates = (gfp: Gfp) => (): void => mightAlloc(gfp);

  test('is no circle itself', async () => {
    expect(await section(() => undefined)).toEqual([]);
    const { lockdep, dept, linux } = await sideBySide((world) => {
      world.task('boot', dmaResvLockdep);
      world.task('again', dmaResvLockdep);
    });
    expect([lockdep, dept.findings, linux.findings]).toEqual([[], [], []]);
  });

  test.each([
    ['dma_resv', takesResv, [`dma_fence_map ${RESV}`]],
    ['mmap_lock', takesMmap, ['dma_fence_map mmap_lock']],
    ['GFP_NOFS', allocates('GFP_NOFS'), [`dma_fence_map ${NOTIFIER}`]],
    ['GFP_NOIO', allocates('GFP_NOIO'), [`dma_fence_map ${NOTIFIER}`]],
    ['GFP_ATOMIC', allocates('GFP_ATOMIC'), []],
  ] as const)('%s in a signalling section', async (_what, body, expected) => {
    expect(await section(body)).toEqual(expected);
    expect(await section(body, false)).toEqual([]);
  });

  test('GFP_KERNEL in a signalling section: reclaim, and notifiers inside of it', async () => {
    expect(await section(allocates('GFP_KERNEL'))).toContain('dma_fence_map fs_reclaim');
    expect(await section(allocates('GFP_KERNEL'), false)).toEqual([]);
  });

  test('collecting fences allocates, waiting for them and looking at them does not', async () => {
    const collects = async (collect: (resv: DmaResv) => Promise<unknown>): Promise<string[]> => {
      const resv = new DmaResv();
      return section(
        async () => void (await collect(resv)),
        true,
        () => add(resv, fenceOf(1, 1)),
      );
    };
    expect(await collects((resv) => resv.testSignaled(BOOKKEEP))).toEqual([]);
    expect(await collects((resv) => resv.setDeadline(BOOKKEEP, 1))).toEqual([]);
    expect(await collects((resv) => resv.getFences(BOOKKEEP))).toContain('dma_fence_map fs_reclaim');
  });

  test('lockdep hears it too: fences are waited for under the lock', async () => {
    const { lockdep } = await sideBySide((world) => {
      world.task('boot', async () => {
        await dmaResvLockdep();
        const cookie = dmaFenceBeginSignalling();
        await takesResv();
        dmaFenceEndSignalling(cookie);
      });
    });
    expect(lockdep.map(({ title }) => title)).toEqual(['WARNING: possible circular locking dependency detected']);
  });

  test('allocations under the lock are right, the lock inside of reclaim is only tried', async () => {
    const inReclaim = (isTried: boolean) =>
      afterBoot(async () => {
        const [resv, evicted] = [new DmaResv({ label: 'bo' }), new DmaResv({ label: 'evicted' })];
        await resv.lock();
        expect(await resv.reserveFences(1)).toBe(0);
        resv.unlock();
        fsReclaimAcquire();
        if (isTried) expect(evicted.trylock()).toBe(true);
        else await evicted.lock();
        evicted.unlock();
        fsReclaimRelease();
      });
    expect([await inReclaim(true), await inReclaim(false)]).toEqual([[], [`fs_reclaim ${RESV}`]]);
  });

  test('mmap_lock under the lock is the wrong way round', async () => {
    const faults = async (): Promise<void> => {
      const [mmap, resv] = [mmapLock(), new DmaResv()];
      await resv.lock();
      await mmap.downWrite();
      mmap.upWrite();
      resv.unlock();
    };
    expect([await afterBoot(faults), await afterBoot(faults, false)]).toEqual([[`mmap_lock ${RESV}`], []]);
  });

  test('a notifier must not take the lock, which is held where memory is allocated', async () => {
    expect(await afterBoot(() => mmuNotifierInvalidate(takesResv))).toContain(`${NOTIFIER} ${RESV}`);
  });
});
