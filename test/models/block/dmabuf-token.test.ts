import { describe, expect, test } from 'vitest';
import { Bio } from '../../../src/models/block/bio.ts';
import { errnoToBlkStatus } from '../../../src/models/block/blk-status.ts';
import type { BlockFixes } from '../../../src/models/block/fixes.ts';
import { IovIter } from '../../../src/models/block/iov-iter.ts';
import { createDmabufToken, submitIter } from '../../../src/models/block/request-queue.ts';
import { DmaFenceFlag } from '../../../src/models/dma-buf/fence-ops.ts';
import { fsReclaimAcquire, fsReclaimRelease } from '../../../src/models/mm/reclaim.ts';
import { RwSemaphore } from '../../../src/sync/rwsem.ts';
import { exploreWorld } from '../explore-world.ts';
import { inKernel } from '../stage.ts';
import { blockDevice, MIB, PAGE } from './stage.ts';

describe('a buffer that moves', () => {
  test('requests in flight end first, later ones get a map of the new place', async () => {
    const { circles, messages } = await inKernel(async (world) => {
      const block = await blockDevice();
      const token = await block.register();
      const bio = await block.submit(token);
      const old = token.map.dereference();
      world.task('exporter', () => block.exporter.move());
      await world.sleep(5);
      expect([block.exporter.place, token.map.dereference()]).toEqual([0, null]);
      expect((await block.submit(token, { nowait: true })).status).toBe('BLK_STS_AGAIN');
      block.nvme.complete();
      await world.sleep(5);
      expect([bio.ended, block.exporter.place, old?.fence.testSignaledFlag(), token.maps]).toEqual([true, 1, true, 0]);
      await block.submit(token);
      block.nvme.complete();
      expect(token.map.dereference()?.mapping.ranges[0]?.address).toBe(2 * 0x1_0000_0000);
      await token.release();
      await world.sleep(5);
      expect([block.exporter.maps, block.exporter.references, block.queue.references, token.references]).toEqual([
        0, 1, 0, 0,
      ]);
      expect(block.exporter.attached).toBe(0);
    });
    expect([circles(), messages('use-after-free')]).toEqual([[], []]);
  });

  const race = (publishUnderResv: boolean) =>
    exploreWorld(
      (world) => {
        let fault: string | null = null;
        world.task('setup', async () => {
          const block = await blockDevice({ fixes: { publishUnderResv } });
          const token = await block.register();
          world.task('submitter', async () => {
            await block.submit(token).catch((error: Error) => {
              fault = error.message;
            });
            if (fault === null) block.nvme.complete();
          });
          world.task('exporter', () => block.exporter.move());
        });
        return () => fault;
      },
      { preemptions: 1, maxSchedules: 20_000 },
    );

  test('B1: the map is published under the reservation, so that no move misses it', async () => {
    expect((await race(false)).fault?.what).toContain('use-after-free');
    const { fault, hang, complete } = await race(true);
    expect([fault, hang, complete]).toEqual([null, null, true]);
  });
});

describe('creation that fails', () => {
  const submitOnce = (fixes: Partial<BlockFixes>, fails: boolean, mapError: number | null) => async () => {
    let left: readonly number[] = [];
    let bio: Bio | null = null;
    const run = await inKernel(
      async () => {
        const allocate = (what: string): boolean => !fails || what !== 'blk_mq_dmabuf_map';
        const block = await blockDevice({ fixes, allocate });
        block.exporter.mapError = mapError;
        const token = await block.register();
        bio = await block.submit(token);
        left = [token.references, token.maps];
      },
      { mayCrash: true },
    );
    return { run, left, status: (bio as Bio | null)?.status ?? null };
  };

  test('B2: a failed allocation is an error; before, the token is read as page vectors', async () => {
    expect((await submitOnce({}, true, null)()).status).toBe('BLK_STS_RESOURCE');
    const before = await submitOnce({ failedAllocIsError: false }, true, null)();
    expect(before.run.messages('bug')).toEqual(['kernel BUG: bio: its dmabuf token is read as page vectors.']);
  });

  test('B3: what a failed creation took is given back; before, map and token leak', async () => {
    expect((await submitOnce({}, false, -5)()).left).toEqual([1, 0]);
    expect((await submitOnce({ unwindMap: false }, false, -5)()).left).toEqual([2, 1]);
  });

  test('B4: a token gives back its buffer and its queue; before, errors keep both and release keeps the queue', async () => {
    for (const [unwindToken, failed, released] of [
      [true, [1, 0], [1, 0]],
      [false, [2, 1], [1, 1]],
    ] as const) {
      await inKernel(async () => {
        const odd = await blockDevice({ fixes: { unwindToken }, ranges: [PAGE + 512] });
        expect(await createDmabufToken(odd.file, { dmabuf: odd.exporter.dmabuf, direction: 'both' })).toBe(-22);
        expect([odd.exporter.references, odd.queue.references]).toEqual(failed);
        const block = await blockDevice({ fixes: { unwindToken } });
        await (await block.register()).release();
        expect([block.exporter.references, block.queue.references]).toEqual(released);
      });
    }
  });

  test.each([
    [-5, 'BLK_STS_IOERR'],
    [-12, 'BLK_STS_RESOURCE'],
    [-22, 'BLK_STS_INVAL'],
    [-62, 'BLK_STS_IOERR'],
    [-95, 'BLK_STS_NOTSUPP'],
  ])('H13: %i keeps its status %s', async (errno, status) => {
    expect((await submitOnce({}, false, errno)()).status).toBe(status);
    expect(errnoToBlkStatus(errno)).toBe(status);
    expect((await submitOnce({ keepStatus: false }, false, errno)()).status).toBe('BLK_STS_RESOURCE');
  });
});

describe('the rest of the review', () => {
  test.each([true, false])('B5: the fence has a lock of its own: %s', async (inlineLock) => {
    await inKernel(async () => {
      const block = await blockDevice({ fixes: { inlineLock } });
      const token = await block.register();
      await block.submit(token);
      expect(token.map.dereference()?.fence.testFlag(DmaFenceFlag.INLINE_LOCK)).toBe(inlineLock);
      block.nvme.complete();
    });
  });

  test.each([true, false])('B6: submission does not allocate with GFP_KERNEL: %s', async (noioScope) => {
    const { circles } = await inKernel(async (world) => {
      const mapping = new RwSemaphore({ name: 'writeback' });
      const block = await blockDevice({ fixes: { noioScope } });
      const token = await block.register();
      await mapping.downWrite();
      await block.submit(token);
      block.nvme.complete();
      mapping.upWrite();
      // GFP_KERNEL may enter reclaim, and reclaim waits for writeback.
      world.task('reclaim', async () => {
        fsReclaimAcquire();
        await mapping.downWrite();
        mapping.upWrite();
        fsReclaimRelease();
      });
    });
    expect(circles()).toEqual(noioScope ? [] : ['fs_reclaim writeback']);
  });

  test.each([true, false])('B7: the work that signals the fence has a rescuer: %s', async (rescuer) => {
    const queued: string[] = [];
    const { run } = await inKernel(async (world) => {
      const block = await blockDevice({ fixes: { rescuer } });
      const token = await block.register();
      await block.submit(token);
      block.nvme.complete();
      await block.exporter.resv.lock();
      const map = token.map.dereference();
      await token.invalidate();
      block.exporter.resv.unlock();
      await world.sleep(1);
      queued.push(map?.freeWork.name ?? '', token.freeQueue.name);
      expect(token.freeQueue.memReclaim).toBe(rescuer);
    });
    expect(run.stuck).toEqual([]);
    expect(queued).toEqual(['blk_mq_dmabuf_map_free', rescuer ? 'blk_mq_dmabuf' : 'events']);
  });

  test('N4: a controller without SGLs is refused; before, it gets PRPs', async () => {
    await inKernel(async () => {
      const block = await blockDevice({ sgls: false });
      expect(await createDmabufToken(block.file, { dmabuf: block.exporter.dmabuf, direction: 'both' })).toBe(-95);
      const rfc = await blockDevice({ sgls: false, fixes: { buildSgl: false } });
      await rfc.submit(await rfc.register());
      expect(rfc.nvme.commands[0]?.descriptor).toMatchObject({ entries: 256 });
      rfc.nvme.complete();
    });
  });

  test('a dying queue takes no token; a token is good for its file only', async () => {
    await inKernel(async () => {
      const [block, other] = [await blockDevice(), await blockDevice()];
      const token = await block.register();
      const iter = IovIter.dmabufToken('read', token, 0, PAGE);
      expect(await submitIter(other.file, iter, new Bio({ direction: 'read' }))).toBe(-22);
      expect(await submitIter(block.file, iter, new Bio({ direction: 'read' }))).toBeInstanceOf(Bio);
      block.nvme.complete();
      other.queue.dying = true;
      expect(await createDmabufToken(other.file, { dmabuf: other.exporter.dmabuf, direction: 'both' })).toBe(-14);
      expect([other.exporter.references, other.queue.references]).toEqual([1, 0]);
    });
  });

  test('a transfer above the limit goes in parts, and ends once, with the first error', async () => {
    await inKernel(async () => {
      const block = await blockDevice({ maxBytes: MIB / 4 });
      const token = await block.register();
      const bio = await block.submit(token, { offset: 512, length: MIB - 512 });
      expect(block.nvme.commands.map(({ request }) => request.bio.iter.size)).toEqual([
        MIB / 4,
        MIB / 4,
        MIB / 4,
        MIB / 4 - 512,
      ]);
      (block.nvme.commands[1] as (typeof block.nvme.commands)[number]).request.bio.status = 'BLK_STS_IOERR';
      while (!bio.ended) expect(block.nvme.complete()).toBe(true);
      expect([bio.status, block.nvme.commands.length]).toEqual(['BLK_STS_IOERR', 0]);
    });
  });

  test('a request over pages goes the old way', async () => {
    await inKernel(async () => {
      const block = await blockDevice();
      const bio = new Bio({ direction: 'write' });
      bio.iovIterGetPages(IovIter.bvec('write', [{ page: 0x1000, offset: 0, length: PAGE }]));
      expect(() => bio.dmabufToken).toThrow('page vectors are read as a dmabuf token');
      await block.queue.submitBio(bio);
      expect(block.nvme.complete()).toBe(true);
      expect([bio.status, bio.ended]).toEqual(['BLK_STS_OK', true]);
    });
  });
});
