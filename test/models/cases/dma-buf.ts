// The core of dma-buf: polling, the locking convention, and what a move means to importers.
import assert from 'node:assert/strict';
import { DmaResvUsageLevel } from '../../../src/models/dma-buf/resv-usage.ts';
import { EPOLLIN } from '../../../src/models/fs/epoll.ts';
import { flushDelayedFput } from '../../../src/models/fs/file.ts';
import { MAX_SCHEDULE_TIMEOUT } from '../../../src/models/jiffies.ts';
import { Process } from '../../../src/models/process.ts';
import { attached, MockExporter, mapped } from '../dma-buf/mock-exporter.ts';
import { inKernel } from '../stage.ts';
import { fenceOf } from './fence-fixtures.ts';
import type { KernelCase } from './kernel-case.ts';

async function pollBalance(): Promise<void> {
  const { misuses } = await inKernel(async (world) => {
    const dmabuf = await new MockExporter().export();
    const process = new Process('app');
    const fd = await process.run(() => dmabuf.fd());
    const fence = fenceOf(1, 1);
    await dmabuf.resv.lock();
    await dmabuf.resv.reserveFences(1);
    await dmabuf.resv.addFence(fence, 1);
    dmabuf.resv.unlock();
    const [files, fences] = [dmabuf.references, fence.refcount];
    assert.equal(await process.poll(fd, EPOLLIN, 0), 0);
    assert.equal(await process.poll(fd, EPOLLIN, 0), 0);
    // One callback, however often it was polled: it holds the file and the fence.
    assert.deepEqual([dmabuf.references, fence.refcount], [files + 1, fences + 1]);
    await fence.signal();
    await world.sleep(1);
    assert.equal(await process.poll(fd, EPOLLIN, 0), EPOLLIN);
    assert.deepEqual([dmabuf.references, fence.refcount], [files, fences]);
    await process.close(fd);
    await flushDelayedFput();
    assert.equal(dmabuf.released, true);
  });
  assert.deepEqual(misuses, []);
}

/** Polls and closes, with a fence that is never signaled. @returns what the kernel says to that */
async function pollAndClose(pollHoldsFile: boolean): Promise<readonly string[]> {
  const { messages, thrown } = await inKernel(
    async () => {
      const dmabuf = await new MockExporter().export({ fixes: { pollHoldsFile } });
      const process = new Process('app');
      const fd = await process.run(() => dmabuf.fd());
      await dmabuf.resv.lock();
      await dmabuf.resv.reserveFences(1);
      await dmabuf.resv.addFence(fenceOf(1, 1), 1);
      dmabuf.resv.unlock();
      await process.poll(fd, EPOLLIN, 0);
      await process.close(fd);
    },
    { mayCrash: true },
  );
  // Whatever is thrown is one of the kernel's answers.
  assert.equal(thrown.length, messages('bug').length);
  return messages('bug');
}

async function lockRules(): Promise<void> {
  const { messages } = await inKernel(async () => {
    const exporter = new MockExporter();
    const dmabuf = await exporter.export();
    const attachment = await attached(dmabuf);
    const table = await attachment.map('to-device');
    assert.ok(typeof table !== 'number');
    await attachment.unmapUnlocked(table);
    dmabuf.get();
    await dmabuf.resv.lock();
    await dmabuf.put();
    await exporter.export({ resv: dmabuf.resv });
    dmabuf.resv.unlock();
  });
  assert.deepEqual(
    messages('warn').map((message) => /WARNING: (\w+)/.exec(message)?.[1]),
    ['dma_buf_map_attachment', 'dma_buf_put', 'dma_buf_export'],
  );
}

/** The exporter moves a buffer that a dynamic importer uses; the importer lets go behind a fence. */
async function move(): Promise<void> {
  const { misuses, circles } = await inKernel(async (world) => {
    const exporter = new MockExporter();
    const dmabuf = await exporter.export();
    const fence = fenceOf(1, 1, { map: 'job' });
    const importer = await attached(dmabuf, 'gpu', {
      invalidateMappings: async () => {
        await dmabuf.resv.reserveFences(1);
        await dmabuf.resv.addFence(fence, DmaResvUsageLevel.KERNEL);
      },
    });
    const table = await mapped(importer);
    world.task('exporter', async () => {
      await dmabuf.resv.lock();
      await dmabuf.invalidateMappings();
      await dmabuf.resv.waitTimeout(DmaResvUsageLevel.KERNEL, false, MAX_SCHEDULE_TIMEOUT);
      exporter.calls.push('moved');
      dmabuf.resv.unlock();
    });
    await world.sleep(10);
    assert.ok(!exporter.calls.includes('moved'));
    await fence.signal();
    await importer.unmapUnlocked(table);
    assert.deepEqual(exporter.calls.slice(-2), ['moved', 'unmap gpu']);
  });
  assert.deepEqual([misuses, circles()], [[], []]);
}

export const DMA_BUF_CASES: readonly KernelCase[] = [
  { id: 'DBUF-01', title: 'poll_balance', fixed: pollBalance },
  {
    id: 'DBUF-CB',
    title: 'closed while a fence would still call back',
    fixed: async () => assert.deepEqual(await pollAndClose(true), []),
    before: async () => assert.equal((await pollAndClose(false)).length, 1),
  },
  { id: 'DBUF-MOV', title: 'a buffer moves once importers have let go of it', fixed: move },
  { id: 'DBUF-03', title: 'lock_rules', fixed: lockRules },
];
