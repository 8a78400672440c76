import { expect, test } from 'vitest';
import type { DmaBuf } from '../../../src/models/dma-buf/dma-buf.ts';
import { DmaResvUsageLevel } from '../../../src/models/dma-buf/resv-usage.ts';
import { SystemHeap } from '../../../src/models/dma-buf/system-heap.ts';
import { flushDelayedFput } from '../../../src/models/fs/file.ts';
import { __GFP_RECLAIM, GFP_HIGHUSER } from '../../../src/models/mm/gfp.ts';
import { pageAllocator } from '../../../src/models/mm/page-allocator.ts';
import type { World } from '../../../src/sync/world.ts';
import { Fences, inTurns, mutex, reclaiming, type Step, takes, under } from '../cases/deadlock-stage.ts';
import { inKernel } from '../stage.ts';
import { HeapUser } from './heap-stage.ts';
import { attached, MockExporter, mapped } from './mock-exporter.ts';

type Contexts = Readonly<Record<string, Step>>;

/** Classes of the circles of contexts that take turns; `use` says what they do with a buffer that is there. */
async function circles(use: (dmabuf: DmaBuf, fences: Fences, world: World) => Contexts): Promise<string[]> {
  const run = await inKernel(async (world) => {
    inTurns(use(await new MockExporter().export(), new Fences('job'), world))(world);
  });
  return run.circles();
}

/** The buffer is busy for a while: a fence is added, and signaled later, by somebody who takes nothing. */
const busy =
  (dmabuf: DmaBuf, fences: Fences, world: World): Step =>
  async () => {
    const fence = fences.make();
    await dmabuf.resv.lock();
    await dmabuf.resv.reserveFences(1);
    await dmabuf.resv.addFence(fence, DmaResvUsageLevel.KERNEL);
    dmabuf.resv.unlock();
    world.timer(() => void world.softirq(() => fence.signal(), 'interrupt'), 100);
  };

test('a static map waits for moves under the reservation: the way to their signal must not take it', async () => {
  const map =
    (dmabuf: DmaBuf): Step =>
    async () => {
      await mapped(await attached(dmabuf));
    };
  const found = (way: (dmabuf: DmaBuf) => Step): Promise<string[]> =>
    circles((dmabuf, fences, world) => ({
      signaller: fences.signals(way(dmabuf)),
      move: busy(dmabuf, fences, world),
      map: map(dmabuf),
    }));
  expect(await found(({ resv }) => takes(resv))).toEqual(['job reservation_ww_class']);
  expect(await found(() => takes(mutex('another lock')))).toEqual([]);
});

test('access by the processor waits for fences: whoever signals must not need a lock that is held around it', async () => {
  const found = (signallerTakes: boolean): Promise<string[]> =>
    circles((dmabuf, fences, world) => {
      const lock = mutex('driver lock');
      const access = async (): Promise<void> => {
        await dmabuf.beginCpuAccess('bidirectional');
        await dmabuf.endCpuAccess('bidirectional');
      };
      return {
        signaller: fences.signals(takes(signallerTakes ? lock : mutex('another lock'))),
        job: busy(dmabuf, fences, world),
        ioctl: under(lock, access),
      };
    });
  expect(await found(true)).toEqual(['driver lock job']);
  expect(await found(false)).toEqual([]);
});

test('pages that may reclaim memory are not for the way to a signal; large pieces are', async () => {
  const run = (gfp: number): Promise<string[]> =>
    circles((_dmabuf, fences) => ({
      signaller: fences.signals(async () => {
        const page = await pageAllocator().alloc(gfp, 0);
        if (page !== null) pageAllocator().free(page);
      }),
      shrinker: reclaiming(fences.waits()),
    }));
  expect(await run(GFP_HIGHUSER)).toEqual(['fs_reclaim job']);
  expect(await run(GFP_HIGHUSER & ~__GFP_RECLAIM)).toEqual([]);
});

test('the whole life of a buffer of the heap makes no circle', async () => {
  const { misuses, circles: found } = await inKernel(async () => {
    SystemHeap.create();
    const [one, two] = [new HeapUser('one'), new HeapUser('two')];
    const fd = await one.alloc(2 ** 20);
    const dmabuf = one.bufferOf(fd);
    const received = two.process.files.receive(dmabuf.file);
    const attachment = await attached(dmabuf);
    const table = await mapped(attachment);
    for (const user of [one, two]) {
      await user.process.ioctl(user === one ? fd : received, 'DMA_BUF_IOCTL_SYNC', { flags: 3 });
      await user.process.ioctl(user === one ? fd : received, 'DMA_BUF_IOCTL_SYNC', { flags: 7 });
    }
    await attachment.unmapUnlocked(table);
    await attachment.detach();
    for (const user of [one, two]) await user.process.exit();
    await flushDelayedFput();
    expect(dmabuf.released).toBe(true);
  });
  expect([misuses, found()]).toEqual([[], []]);
});
