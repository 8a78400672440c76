// The dmabuf iterator of BPF: the kernel's selftest, the seed's patch, and what reading the patch shows.
import assert from 'node:assert/strict';
import { BpfIterDmabuf, type DmabufIterFixes, dmabufIterOpen } from '../../../src/models/bpf/dmabuf-iter.ts';
import { dmaBufIterBegin, dmaBufIterNext, dmaBufs } from '../../../src/models/dma-buf/dma-buf-list.ts';
import { SystemHeap } from '../../../src/models/dma-buf/system-heap.ts';
import { flushDelayedFput } from '../../../src/models/fs/file.ts';
import { PAGE_SIZE } from '../../../src/models/mm/page-size.ts';
import { E2BIG, EBUSY } from '../../../src/sync/errno.ts';
import { makeBuffers, readAll, readOnce, showIno, showLines } from '../bpf/iter-stage.ts';
import { MockExporter } from '../dma-buf/mock-exporter.ts';
import { inKernel, type KernelRun, quietly } from '../stage.ts';
import type { KernelCase } from './kernel-case.ts';

/** Runs a case where there is a system heap, without a finding and a misuse. */
function withHeap(body: () => Promise<void>): Promise<void> {
  return quietly(async () => {
    SystemHeap.create();
    await body();
  });
}

async function noInfiniteReads(): Promise<void> {
  await withHeap(async () => {
    await makeBuffers(3);
    const file = dmabufIterOpen(showLines);
    assert.notEqual(await readAll(file, 256), '');
    assert.equal(await readOnce(file, 256), '');
  });
}

async function defaultIter(): Promise<void> {
  await withHeap(async () => {
    const { user } = await makeBuffers(0);
    const fd = await user.alloc(20 * PAGE_SIZE);
    await user.process.ioctl(fd, 'DMA_BUF_SET_NAME', { name: 'sysheap_test_buffer' });
    const udmabuf = await new MockExporter().export({ expName: 'udmabuf', size: 10 * PAGE_SIZE });
    await udmabuf.setName('udmabuf_test_buffer');
    const lines = (await readAll(dmabufIterOpen(showLines), 4096)).split('\n').slice(0, -1);
    assert.equal(lines.length % 4, 0);
    const groups = Array.from({ length: lines.length / 4 }, (_, i) => lines.slice(4 * i + 1, 4 * i + 4).join(' '));
    assert.deepEqual(groups, ['40960 udmabuf_test_buffer udmabuf', '81920 sysheap_test_buffer system']);
  });
}

async function lotsOfBuffers(iterStash: boolean): Promise<void> {
  await withHeap(async () => {
    await makeBuffers(100);
    const text = await readAll(dmabufIterOpen(showPadded, { fixes: { iterStash } }), 1024);
    if (iterStash) assert.ok(text.length > PAGE_SIZE);
    // One start only: what the first read filled the kernel's buffer with, and its leftover.
    else assert.ok(text.length <= 1024 + PADDED && text.length > 0);
  });
}

/** Bytes of the text of one buffer in `showPadded`, as the real one with addresses and long names. */
const PADDED = 48;
const showPadded: typeof showIno = (seq, { ino }) => {
  seq.puts(`${String(ino).padStart(PADDED - 1, '0')}\n`);
  return 0;
};

async function openCoded(): Promise<void> {
  await withHeap(async () => {
    const { user } = await makeBuffers(1);
    const fd = await user.alloc(PAGE_SIZE);
    await user.process.ioctl(fd, 'DMA_BUF_SET_NAME', { name: 'sysheap_test_buffer' });
    const udmabuf = await new MockExporter().export({ expName: 'udmabuf' });
    await udmabuf.setName('udmabuf_test_buffer');
    const found = new Set<string>();
    const iter = new BpfIterDmabuf();
    for (let dmabuf = await iter.next(); dmabuf !== null; dmabuf = await iter.next()) {
      if (dmabuf.name !== null) found.add(dmabuf.name);
    }
    await iter.destroy();
    assert.deepEqual([...found].sort(), ['sysheap_test_buffer', 'udmabuf_test_buffer']);
    assert.deepEqual(new Set(dmaBufs().map(({ references }) => references)), new Set([1]));
  });
}

async function eachExactlyOnce(iterStash: boolean): Promise<void> {
  for (const count of [0, 1, 2, 300]) {
    for (const chunk of [64, 100, 4096, 32_768]) {
      await withHeap(async () => {
        const { inodes } = await makeBuffers(count);
        const text = await readAll(dmabufIterOpen(showIno, { fixes: { iterStash } }), chunk);
        const all = inodes.map((ino) => `${ino}\n`).join('');
        if (iterStash || all.length <= chunk) assert.equal(text, all);
        else assert.ok(text.length < all.length && all.startsWith(text));
        assert.deepEqual(new Set(dmaBufs().map(({ references }) => references)), new Set(count === 0 ? [] : [1]));
      });
    }
  }
}

async function earlyClose(): Promise<void> {
  await withHeap(async () => {
    const { user, fds, inodes } = await makeBuffers(3);
    const file = dmabufIterOpen(showIno);
    assert.equal(await readOnce(file, 2), `${inodes[0]}\n`);
    const [, second] = dmaBufs();
    assert.equal(second?.references, 2);
    await file.put();
    await flushDelayedFput();
    assert.deepEqual(
      dmaBufs().map(({ references }) => references),
      [1, 1, 1],
    );
    for (const fd of fds) await user.process.close(fd);
    await flushDelayedFput();
    assert.deepEqual(dmaBufs(), []);
  });
}

/** The user closes the buffer that is kept: it lives until the iterator goes on or is closed. */
async function closedWhileStashed(goOn: boolean): Promise<void> {
  await withHeap(async () => {
    const { user, fds, inodes } = await makeBuffers(3);
    const file = dmabufIterOpen(showIno);
    await readOnce(file, 2);
    const stashed = user.bufferOf(fds[1] as number);
    for (const fd of fds) await user.process.close(fd);
    await flushDelayedFput();
    assert.deepEqual([dmaBufs(), stashed.released], [[stashed], false]);
    // A buffer that is made now is in front of it, and is not shown.
    await makeBuffers(1);
    if (goOn) assert.equal(await readAll(file, 2), `${inodes[1]}\n`);
    else await file.put();
    await flushDelayedFput();
    assert.equal(stashed.released, true);
  });
}

/** The first buffer does not fit, again and again. @returns references to it after the iterator was closed */
async function firstElement(fixes: Partial<DmabufIterFixes>): Promise<number> {
  let references = -1;
  await withHeap(async () => {
    await makeBuffers(1);
    const file = dmabufIterOpen(showPadded, { bufferSize: PADDED, fixes });
    for (let i = 0; i < 3; i++) assert.equal(await readOnce(file, 64), -E2BIG);
    await file.put();
    await flushDelayedFput();
    references = dmaBufs()[0]?.references ?? 0;
  });
  return references;
}

/** An idle reader keeps a buffer, and with it the module of the exporter. */
async function moduleWaits(): Promise<void> {
  await withHeap(async () => {
    const exporter = new MockExporter();
    const buffers = [await exporter.export(), await exporter.export()];
    const file = dmabufIterOpen(showIno);
    await readOnce(file, 1);
    for (const dmabuf of buffers) await dmabuf.put();
    await flushDelayedFput();
    assert.equal(exporter.module.unload(), -EBUSY);
    await file.put();
    await flushDelayedFput();
    assert.equal(exporter.module.unload(), 0);
  });
}

/** The descriptor is closed while the iterator has the buffer; then it goes on, and puts the last reference. */
function lastPutInNext(deferFput: boolean): Promise<KernelRun> {
  return inKernel(
    async () => {
      const dmabuf = await new MockExporter().export({ fixes: { deferFput } });
      const current = await dmaBufIterBegin();
      await dmabuf.put();
      if (current !== null) assert.equal(await dmaBufIterNext(current), null);
      await flushDelayedFput();
      assert.equal(dmabuf.released, true);
    },
    { mayHang: !deferFput },
  );
}

export const DMABUF_ITER_CASES: readonly KernelCase[] = [
  { id: 'ITER-01', title: 'no_infinite_reads', fixed: noInfiniteReads },
  { id: 'ITER-02', title: 'default_iter', fixed: defaultIter },
  {
    id: 'ITER-03',
    title: 'lots_of_buffers',
    fixed: () => lotsOfBuffers(true),
    before: () => lotsOfBuffers(false),
  },
  { id: 'ITER-04', title: 'open_coded', fixed: openCoded },
  {
    id: 'ITER-10',
    title: 'each_exactly_once',
    fixed: () => eachExactlyOnce(true),
    before: () => eachExactlyOnce(false),
  },
  { id: 'ITER-11', title: 'early_close', fixed: earlyClose },
  {
    id: 'ITER-FD',
    title: 'closed_while_stashed',
    fixed: async () => {
      await closedWhileStashed(true);
      await closedWhileStashed(false);
    },
  },
  {
    id: 'ITER-1ST',
    title: 'first_element: -E2BIG at the first buffer leaks a reference',
    fixed: async () => assert.equal(await firstElement({}), 1),
    before: async () => assert.equal(await firstElement({ iterPutStashed: false }), 3),
  },
  { id: 'ITER-MOD', title: 'an idle reader keeps the module of an exporter', fixed: moduleWaits },
  {
    id: 'ITER-PUT',
    title: 'the last put under dmabuf_list_mutex',
    fixed: async () => assert.deepEqual((await lastPutInNext(true)).circles(), []),
    before: async () => {
      const { circles, stuck } = await lastPutInNext(false);
      assert.deepEqual([circles(), stuck], [['dmabuf_list_mutex'], ['test']]);
    },
  },
];
