import assert from 'node:assert/strict';
import { Bio } from '../../../src/models/block/bio.ts';
import type { DmabufToken } from '../../../src/models/block/dmabuf-token.ts';
import type { BlockFixes } from '../../../src/models/block/fixes.ts';
import { type Direction, IovIter } from '../../../src/models/block/iov-iter.ts';
import type { SglCommand } from '../../../src/models/block/nvme-sgl.ts';
import { createDmabufToken, RequestQueue } from '../../../src/models/block/request-queue.ts';
import { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import { DmaResvUsageLevel } from '../../../src/models/dma-buf/resv-usage.ts';
import type { DmaSync } from '../../../src/models/dma-device.ts';
import { explore } from '../../../src/scenario/explore.ts';
import { EINVAL, EIO, EOPNOTSUPP } from '../../../src/sync/errno.ts';
import { publishSystem } from '../block/publish-steps.ts';
import { type Block, blockDevice, MIB, PAGE } from '../block/stage.ts';
import { inKernel, type KernelRun, quietly } from '../stage.ts';
import type { KernelCase } from './kernel-case.ts';

async function buffered(): Promise<void> {
  await quietly(async () => {
    const { file, exporter } = await blockDevice({ direct: false });
    assert.equal(await createDmabufToken(file, { dmabuf: exporter.dmabuf, direction: 'both' }), -EINVAL);
    assert.equal(exporter.references, 1);
  });
}

async function noOp(): Promise<void> {
  await quietly(async () => {
    const { file, queue, nvme, exporter } = await blockDevice();
    const params = { dmabuf: exporter.dmabuf, direction: 'both' } as const;
    assert.equal(await createDmabufToken({ ...file, dmabufMap: null }, params), -EOPNOTSUPP);
    const { limits } = queue;
    const ops = {
      queueRq: () => undefined,
      dmaMap: () => 0,
      dmaUnmap: async () => undefined,
      initDmabufToken: () => 0,
      cleanDmabufToken: () => undefined,
    };
    for (const missing of ['dmaMap', 'dmaUnmap', 'initDmabufToken', 'cleanDmabufToken'] as const) {
      const { [missing]: _gone, ...rest } = ops;
      const lacking = new RequestQueue({ ops: rest, limits });
      assert.equal(await createDmabufToken({ ...file, queue: lacking }, params), -EINVAL, missing);
    }
    assert.equal(await createDmabufToken({ ...file, queue: new RequestQueue({ ops: null, limits }) }, params), -EINVAL);
    const odd = await blockDevice({ ranges: [PAGE + 512] });
    assert.equal(await createDmabufToken(odd.file, { ...params, dmabuf: odd.exporter.dmabuf }), -EINVAL);
    assert.deepEqual([odd.exporter.references, odd.queue.references, nvme.commands.length], [1, 0, 0]);
  });
}

async function nowait(): Promise<void> {
  await quietly(async () => {
    const block = await blockDevice();
    const token = await block.register();
    const first = await block.submit(token, { nowait: true });
    assert.equal(first.status, 'BLK_STS_AGAIN');
    assert.ok(first.ended && first.flagged('BIO_QUIET'));
    assert.equal(block.exporter.maps, 0);
    const blocking = await block.submit(token);
    assert.equal(block.exporter.maps, 1);
    const again = await block.submit(token, { nowait: true });
    while (block.nvme.complete());
    assert.deepEqual([blocking.status, again.status, again.ended], ['BLK_STS_OK', 'BLK_STS_OK', true]);
  });
}

async function errorMapping(fixes: Partial<BlockFixes>, expected: string): Promise<void> {
  await quietly(async () => {
    const block = await blockDevice({ fixes });
    const token = await block.register();
    block.exporter.mapError = -EIO;
    const bio = await block.submit(token);
    assert.equal(bio.status, expected);
    assert.ok(bio.ended);
  });
}

const FENCE_OPS = { getDriverName: () => 'gpu', getTimelineName: () => 'move' };

/** Somebody moves the buffer until the fence is signaled. */
async function moveFence({ exporter }: Block): Promise<DmaFence> {
  const fence = new DmaFence(FENCE_OPS, null, 77, 1, { map: 'move_fence' });
  await exporter.resv.lock();
  assert.equal(await exporter.resv.reserveFences(1), 0);
  await exporter.resv.addFence(fence, DmaResvUsageLevel.BOOKKEEP);
  exporter.resv.unlock();
  return fence;
}

async function lazyCreateWaits(): Promise<void> {
  await quietly(async (world) => {
    const block = await blockDevice();
    const token = await block.register();
    const fence = await moveFence(block);
    let submitted = false;
    world.task('submitter', async () => {
      await block.submit(token);
      submitted = block.nvme.complete();
    });
    await world.sleep(100);
    assert.equal(submitted, false);
    await fence.signal();
    await world.sleep(1);
    assert.equal(submitted, true);
  });
  await quietly(async (world) => {
    const block = await blockDevice();
    const token = await block.register();
    await moveFence(block);
    let bio: Bio | null = null;
    const submitter = world.task('submitter', async () => {
      bio = await block.submit(token);
    });
    await world.sleep(100);
    submitter.interrupt();
    await world.sleep(1);
    assert.ok(bio !== null);
    assert.equal((bio as Bio).status, 'BLK_STS_IOERR');
    // The token's own reference is the only one left, and no map.
    assert.deepEqual([token.references, token.maps, block.exporter.maps], [1, 0, 0]);
  });
}

async function sglVersusPrp(): Promise<void> {
  await quietly(async () => {
    const sgl = await blockDevice();
    await sgl.submit(await sgl.register());
    assert.deepEqual((sgl.nvme.commands[0]?.descriptor as SglCommand | undefined)?.dataBlocks, 1);
    const prp = await blockDevice({ fixes: { buildSgl: false } });
    await prp.submit(await prp.register());
    assert.deepEqual(
      { ...prp.nvme.commands[0]?.descriptor, lists: null },
      { ...prp.nvme.commands[0]?.descriptor, lists: null, entries: 256, listBytes: 255 * 8 },
    );
    const two = await blockDevice({ ranges: [MIB / 2, MIB / 2] });
    await two.submit(await two.register());
    assert.equal((two.nvme.commands[0]?.descriptor as SglCommand | undefined)?.dataBlocks, 2);
    for (const { nvme } of [sgl, prp, two]) nvme.complete();
  });
}

/** Does one transfer of two ranges. @returns the syncs before and after it */
async function transfer(direction: Direction, fixes: Partial<BlockFixes>): Promise<readonly DmaSync[][]> {
  let syncs: DmaSync[][] = [];
  await quietly(async () => {
    const block = await blockDevice({ ranges: [4 * PAGE, 2 * PAGE], fixes });
    await block.submit(await block.register(), { direction });
    const before = [...block.nvme.device.syncs];
    block.nvme.complete();
    syncs = [before, block.nvme.device.syncs.slice(before.length)];
  });
  return syncs;
}

async function syncBoth(): Promise<void> {
  for (const direction of ['read', 'write'] as const) {
    const [before = [], after = []] = await transfer(direction, {});
    assert.deepEqual(
      before.map((sync) => [sync.for, sync.length]),
      [
        ['device', 4 * PAGE],
        ['device', 2 * PAGE],
      ],
    );
    assert.deepEqual(
      after.map((sync) => [sync.for, sync.length]),
      [
        ['cpu', 4 * PAGE],
        ['cpu', 2 * PAGE],
      ],
    );
  }
  await quietly(async () => {
    const block = await blockDevice({ coherent: true, ranges: [PAGE, PAGE] });
    await block.submit(await block.register());
    block.nvme.complete();
    assert.deepEqual([block.nvme.device.syncs.length, block.nvme.device.skipped], [0, 4]);
  });
}

async function syncOneWay(): Promise<void> {
  const rfc = { syncBoth: false, syncRanges: false, buildSgl: false };
  const [readBefore = [], readAfter = []] = await transfer('read', rfc);
  assert.deepEqual([readBefore.length, readAfter.length], [0, 6]);
  assert.ok(readAfter.every((sync) => sync.for === 'cpu' && sync.length === PAGE));
  const [writeBefore = [], writeAfter = []] = await transfer('write', rfc);
  assert.deepEqual([writeBefore.length, writeAfter.length], [6, 0]);
  assert.ok(writeBefore.every((sync) => sync.for === 'device' && sync.length === PAGE));
  // Each of the two alone.
  const counts = async (fixes: Partial<BlockFixes>): Promise<number[]> =>
    (await transfer('read', fixes)).map((syncs) => syncs.length);
  assert.deepEqual(
    [await counts({ syncBoth: false }), await counts({ syncRanges: false })],
    [
      [0, 2],
      [6, 6],
    ],
  );
}

async function clone(): Promise<void> {
  await quietly(async () => {
    const block = await blockDevice();
    const token = await block.register();
    const bio = new Bio({ direction: 'write' });
    bio.iovIterGetPages(IovIter.dmabufToken('write', token, 512, PAGE));
    const copy = bio.clone();
    assert.ok(copy.flagged('BIO_DMABUF_TOKEN') && copy.flagged('REQ_NOMERGE'));
    assert.equal(copy.dmabufToken, token);
    assert.deepEqual([copy.vcnt, copy.iter.bvecDone, copy.iter.size], [0, 512, PAGE]);
  });
}

async function iterBounds(): Promise<void> {
  const { messages } = await inKernel(() => {
    const iter = IovIter.dmabufToken('read', {}, 512, PAGE);
    assert.equal(iter.alignment, 512 | PAGE);
    iter.advance(100);
    assert.deepEqual([iter.iovOffset, iter.count, iter.alignment], [612, 3996, 612 | 3996]);
    iter.revert(100);
    assert.deepEqual([iter.iovOffset, iter.count, iter.gapAlignment], [512, PAGE, 0]);
    assert.throws(() => iter.revert(1), { code: 'ERR_DEPT_BUG' });
  });
  assert.equal(messages('bug').length, 1);
}

/** The bad schedule is found, or every one is looked at. */
function publishRace(publishUnderResv: boolean): void {
  for (const moves of [1, 2, 3]) {
    const exploration = explore(publishSystem({ publishUnderResv, moves }), { maxStates: 1_000 });
    assert.equal(exploration.hang, null);
    if (publishUnderResv) assert.deepEqual([exploration.fault, exploration.complete], [null, true]);
    else assert.equal(exploration.fault?.what, 'stale-mapping');
  }
}

/** The exporter moves the buffer while a request is in flight. */
async function moveInFlight(fixes: Partial<BlockFixes>, mayHang: boolean): Promise<KernelRun> {
  return await inKernel(
    async (world) => {
      const block = await blockDevice({ fixes });
      const token: DmabufToken = await block.register();
      await block.submit(token);
      world.task('exporter', () => block.exporter.move());
      world.task('interrupt', async () => {
        await world.sleep(10);
        block.nvme.complete();
      });
      await world.sleep(20);
      if (!mayHang) assert.equal(block.exporter.place, 1);
    },
    { mayHang },
  );
}

export const BLOCK_CASES: readonly KernelCase[] = [
  { id: 'BLK-01', title: 'odirect', fixed: buffered },
  { id: 'BLK-02', title: 'no_op', fixed: noOp },
  { id: 'BLK-03', title: 'nowait', fixed: nowait },
  {
    id: 'BLK-04',
    title: 'error_mapping',
    fixed: () => errorMapping({}, 'BLK_STS_IOERR'),
    before: () => errorMapping({ keepStatus: false }, 'BLK_STS_RESOURCE'),
  },
  { id: 'BLK-06', title: 'lazy_create_waits_fences', fixed: lazyCreateWaits },
  { id: 'BLK-09', title: 'sgl_vs_prp', fixed: sglVersusPrp },
  { id: 'BLK-10', title: 'sync_both', fixed: syncBoth, before: syncOneWay },
  { id: 'BLK-11', title: 'clone', fixed: clone },
  { id: 'BLK-12', title: 'iter_bounds', fixed: iterBounds },
  {
    id: 'BLK-13',
    title: 'publish_race',
    fixed: () => publishRace(true),
    before: () => publishRace(false),
  },
  {
    id: 'BLK-15',
    title: 'signal_after_unmap_mutant',
    fixed: async () => assert.deepEqual((await moveInFlight({}, false)).circles(), []),
    before: async () => {
      const { circles, stuck } = await moveInFlight({ signalBeforeUnmap: false }, true);
      assert.deepEqual(circles(), ['dmabuf_map_fence reservation_ww_class']);
      assert.deepEqual([...stuck].sort(), ['blk_mq_dmabuf_map_free', 'exporter']);
    },
  },
];
