import { describe, expect, test } from 'vitest';
import { __GFP_NORETRY, __GFP_RECLAIM, GFP_KERNEL, GFP_KERNEL_ACCOUNT } from '../../../src/models/mm/gfp.ts';
import { MemCgroup, rootMemCgroup } from '../../../src/models/mm/memcg.ts';
import { PageAllocator } from '../../../src/models/mm/page-allocator.ts';
import { PAGE_SIZE } from '../../../src/models/mm/page-size.ts';
import { Process } from '../../../src/models/process.ts';
import { EBUSY, ENODEV, ENOMEM } from '../../../src/sync/errno.ts';
import { KernelMutex } from '../../../src/sync/kernel-mutex.ts';
import type { World } from '../../../src/sync/world.ts';
import { inKernel } from '../stage.ts';

const pages = (count: number): number => count * PAGE_SIZE;
const useAfterFree = expect.objectContaining({ code: 'ERR_DEPT_USE_AFTER_FREE' });

describe('charges', () => {
  test('count at every level, up to the limit of any of them', async () => {
    await inKernel(async () => {
      const top = new MemCgroup('top', { max: pages(10) });
      const [one, two] = [
        new MemCgroup('one', { parent: top, max: pages(8) }),
        new MemCgroup('two', { parent: top, max: pages(8) }),
      ];
      expect(await one.charge(8, GFP_KERNEL)).toBe(0);
      expect(await one.charge(1, GFP_KERNEL)).toBe(-ENOMEM);
      expect(await two.charge(2, GFP_KERNEL)).toBe(0);
      expect(await two.charge(1, GFP_KERNEL)).toBe(-ENOMEM);
      expect([one, two, top, rootMemCgroup()].map(({ usage }) => usage)).toEqual([8, 2, 10, 10].map(pages));
      expect([one, two, top].map(({ counter }) => counter.failcnt)).toEqual([1, 0, 1]);
      one.uncharge(5);
      expect(await two.charge(5, GFP_KERNEL)).toBe(0);
      expect([one, two, top].map(({ counter }) => counter.watermark)).toEqual([8, 7, 10]);
    });
  });

  test('a limit that is lowered holds from then on', async () => {
    await inKernel(async () => {
      const memcg = new MemCgroup('app', { max: pages(8) });
      await memcg.charge(6, GFP_KERNEL);
      memcg.setMax(pages(4));
      expect([await memcg.charge(1, GFP_KERNEL), memcg.usage, memcg.max]).toEqual([-ENOMEM, pages(6), pages(4)]);
      memcg.setMax(pages(7));
      expect(await memcg.charge(1, GFP_KERNEL)).toBe(0);
    });
  });

  test('more is uncharged than was charged: WARN, and nothing changes', async () => {
    const { messages } = await inKernel(async () => {
      const memcg = new MemCgroup('app');
      await memcg.charge(2, GFP_KERNEL);
      memcg.uncharge(3);
      expect(memcg.usage).toBe(pages(2));
    });
    expect(messages('warn')).toEqual([expect.stringContaining('underflow')]);
  });

  test('a page is uncharged where it was charged, whoever frees it', async () => {
    await inKernel(async () => {
      const allocator = new PageAllocator();
      const [one, two] = [new MemCgroup('one'), new MemCgroup('two')];
      const process = new Process('app', { memcg: one });
      const page = await process.run(() => allocator.alloc(GFP_KERNEL_ACCOUNT, 3));
      expect(page?.memcg).toBe(one);
      process.moveTo(two);
      expect([one.usage, two.usage]).toEqual([pages(8), 0]);
      if (page !== null) await process.run(() => allocator.free(page));
      expect([one.usage, two.usage]).toEqual([0, 0]);
    });
  });

  test('a page that is not accounted, and one of a process in no group', async () => {
    await inKernel(async () => {
      const allocator = new PageAllocator();
      const memcg = new MemCgroup('app');
      await new Process('app', { memcg }).run(() => allocator.alloc(GFP_KERNEL, 0));
      expect(memcg.usage).toBe(0);
      await allocator.alloc(GFP_KERNEL_ACCOUNT, 0);
      expect(rootMemCgroup().usage).toBe(pages(1));
    });
  });
});

describe('at the limit', () => {
  test('memory of the group and of those below is reclaimed first', async () => {
    await inKernel(async () => {
      const top = new MemCgroup('top', { max: pages(10) });
      const below = new MemCgroup('below', { parent: top });
      await below.charge(10, GFP_KERNEL);
      const asked: number[] = [];
      below.addReclaimer((count) => {
        asked.push(count);
        below.uncharge(1);
        return 1;
      });
      expect(await top.charge(2, GFP_KERNEL)).toBe(0);
      expect([asked, below.usage, top.usage]).toEqual([[2, 2], pages(8), pages(10)]);
    });
  });

  test('a mask without direct reclaim fails at once, one without retry after one attempt', async () => {
    await inKernel(async () => {
      const memcg = new MemCgroup('app', { max: pages(1) });
      let asked = 0;
      memcg.addReclaimer(() => {
        asked++;
        return 0;
      });
      expect([await memcg.charge(2, GFP_KERNEL & ~__GFP_RECLAIM), asked]).toEqual([-ENOMEM, 0]);
      expect([await memcg.charge(2, GFP_KERNEL | __GFP_NORETRY), asked]).toEqual([-ENOMEM, 1]);
    });
  });

  /** A victim exits, with the page it has, once it was killed and has taken `lock`. */
  function victim(world: World, memcg: MemCgroup, allocator: PageAllocator, lock: KernelMutex): Process {
    const process = new Process('victim', { memcg });
    world.task('victim', () =>
      process.run(async () => {
        const page = await allocator.alloc(GFP_KERNEL_ACCOUNT, 3);
        while (!process.killed) await world.sleep(1);
        await lock.lock();
        if (page !== null) allocator.free(page);
        lock.unlock();
        await process.exit();
      }),
    );
    return process;
  }

  test('with oomKill another process is killed, and its memory is waited for', async () => {
    const { circles } = await inKernel(async (world) => {
      const allocator = new PageAllocator();
      const memcg = new MemCgroup('app', { max: pages(8), oomKill: true });
      const killed = victim(world, memcg, allocator, new KernelMutex({ name: 'driver lock' }));
      await world.sleep(1);
      const process = new Process('app', { memcg });
      const page = await process.run(() => allocator.alloc(GFP_KERNEL_ACCOUNT, 2));
      expect([page?.order, killed.killed, killed.exited, process.killed]).toEqual([2, true, true, false]);
      expect([memcg.usage, memcg.processes]).toEqual([pages(4), [process]]);
    });
    expect(circles()).toEqual([]);
  });

  test('the exit of a victim in a group below helps who waits above', async () => {
    await inKernel(async (world) => {
      const top = new MemCgroup('top', { max: pages(1), oomKill: true });
      const killed = new Process('victim', { memcg: new MemCgroup('below', { parent: top }) });
      await top.charge(1, GFP_KERNEL);
      world.task('reaper', async () => {
        while (!killed.killed) await world.sleep(1);
        await killed.exit();
      });
      await world.sleep(1);
      // Its exit gave nothing back, and nobody else is left.
      expect([await top.charge(1, GFP_KERNEL), killed.exited]).toEqual([-ENOMEM, true]);
    });
  });

  test('a limit that is raised helps who waits for a victim', async () => {
    await inKernel(async (world) => {
      const memcg = new MemCgroup('app', { max: pages(8), oomKill: true });
      // Nobody has this one exit.
      const stuck = new Process('stuck', { memcg });
      await memcg.charge(8, GFP_KERNEL);
      world.timer(() => memcg.setMax(pages(9)), 50);
      expect([await memcg.charge(1, GFP_KERNEL), world.now(), stuck.killed]).toEqual([0, 50, true]);
    });
  });

  test('a process that is the only one kills itself, and gets nothing any more', async () => {
    await inKernel(async () => {
      const allocator = new PageAllocator();
      const memcg = new MemCgroup('app', { max: pages(1), oomKill: true });
      const process = new Process('app', { memcg });
      expect(await process.run(() => allocator.alloc(GFP_KERNEL_ACCOUNT, 1))).toBeNull();
      expect([process.killed, memcg.usage, allocator.freeFrames]).toEqual([true, 0, allocator.frames]);
    });
  });

  test('what the victim takes on its way out must not be held by who waits for it', async () => {
    const { circles } = await inKernel(async (world) => {
      const allocator = new PageAllocator();
      const lock = new KernelMutex({ name: 'driver lock' });
      const memcg = new MemCgroup('app', { max: pages(8), oomKill: true });
      victim(world, memcg, allocator, lock);
      await world.sleep(1);
      // This one waits for the victim without the lock, and shows what the victim takes.
      const process = new Process('app', { memcg });
      await process.run(() => allocator.alloc(GFP_KERNEL_ACCOUNT, 2));
      await process.exit();
      const other = new MemCgroup('other', { max: pages(8), oomKill: true });
      victim(world, other, allocator, new KernelMutex({ name: 'no lock of anybody' }));
      await world.sleep(1);
      // This one has the lock; its victim does not take it, so nothing hangs here.
      await lock.lock();
      await new Process('app', { memcg: other }).run(() => allocator.alloc(GFP_KERNEL_ACCOUNT, 2));
      lock.unlock();
    });
    expect(circles()).toEqual(['driver lock memcg_oom_waitq']);
  });
});

describe('a group that is removed', () => {
  test('must be without processes and groups', async () => {
    await inKernel(async () => {
      const top = new MemCgroup('top');
      const below = new MemCgroup('below', { parent: top });
      const process = new Process('app', { memcg: below });
      expect([top.rmdir(), below.rmdir()]).toEqual([-EBUSY, -EBUSY]);
      await process.exit();
      expect([below.rmdir(), below.rmdir(), top.rmdir(), top.freed]).toEqual([0, -ENODEV, 0, true]);
    });
  });

  test('lives on as a zombie until the last page is gone, and so do those above', async () => {
    await inKernel(async () => {
      const top = new MemCgroup('top');
      const below = new MemCgroup('below', { parent: top });
      await below.charge(3, GFP_KERNEL);
      expect([below.rmdir(), top.rmdir()]).toEqual([0, 0]);
      expect([below.isZombie, top.isZombie, rootMemCgroup().zombies]).toEqual([true, true, 2]);
      expect(rootMemCgroup().zombieBytes).toBe(pages(3));
      below.uncharge(2);
      expect([below.freed, rootMemCgroup().zombieBytes]).toEqual([false, pages(1)]);
      below.uncharge(1);
      expect([below.freed, top.freed, rootMemCgroup().zombies]).toEqual([true, true, 0]);
    });
  });

  test('takes no process any more', async () => {
    const { messages } = await inKernel(async () => {
      const [removed, other] = [new MemCgroup('removed'), new MemCgroup('other')];
      await removed.charge(1, GFP_KERNEL);
      removed.rmdir();
      const process = new Process('app', { memcg: other });
      expect([process.moveTo(removed), process.memcg, process.moveTo(other), other.processes]).toEqual([
        -ENODEV,
        other,
        0,
        [process],
      ]);
      expect(new Process('late', { memcg: removed }).memcg).toBeNull();
    });
    expect(messages('warn')).toEqual([expect.stringContaining('clone(late)')]);
  });

  test('is not used after that', async () => {
    await inKernel(async () => {
      const memcg = new MemCgroup('app');
      memcg.rmdir();
      await expect(memcg.charge(1, GFP_KERNEL)).rejects.toEqual(useAfterFree);
      expect(() => memcg.uncharge(1)).toThrow(useAfterFree);
      expect(() => new MemCgroup('below', { parent: memcg })).toThrow(useAfterFree);
    });
  });
});
