import { describe, expect, test } from 'vitest';
import { dmaHeapAdd, dmaHeapOpen } from '../../../src/models/dma-buf/dma-heap.ts';
import type { SystemHeapBuffer } from '../../../src/models/dma-buf/system-heap-buffer.ts';
import { DmaDevice } from '../../../src/models/dma-device.ts';
import { flushDelayedFput } from '../../../src/models/fs/file.ts';
import { O_RDONLY } from '../../../src/models/fs/open-flags.ts';
import { pidfdOpen } from '../../../src/models/fs/pidfd.ts';
import { MemCgroup } from '../../../src/models/mm/memcg.ts';
import { MAX_PAGE_ORDER, PageAllocator } from '../../../src/models/mm/page-allocator.ts';
import { Process } from '../../../src/models/process.ts';
import { failSlab } from '../../../src/models/slab.ts';
import { EBADF, EINVAL, ENOENT, ENOMEM } from '../../../src/sync/errno.ts';
import { inKernel } from '../stage.ts';
import { KIB, MIB, systemHeap } from './heap-stage.ts';
import { attached, mapped } from './mock-exporter.ts';

const PAGE = 4 * KIB;
const useAfterFree = expect.objectContaining({ code: 'ERR_DEPT_USE_AFTER_FREE' });

describe('heaps', () => {
  test('have names of their own', async () => {
    const { messages } = await inKernel(async () => {
      const { heap } = systemHeap();
      expect([dmaHeapAdd('', heap), dmaHeapAdd('system', heap), dmaHeapAdd('other', heap)]).toEqual([
        -EINVAL,
        -EINVAL,
        0,
      ]);
      expect([typeof dmaHeapOpen('other'), dmaHeapOpen('cma')]).toEqual(['object', -ENOENT]);
    });
    expect(messages('warn')).toHaveLength(2);
  });

  test('open the buffer with the flags they are given', async () => {
    await inKernel(async () => {
      const { user } = systemHeap();
      expect(user.bufferOf(await user.alloc(PAGE, { fdFlags: O_RDONLY })).flags).toBe(O_RDONLY);
    });
  });
});

test('somebody else pays only where the struct says so, and the struct may be the shorter one', async () => {
  await inKernel(async () => {
    const client = new MemCgroup('client');
    const { user } = systemHeap({ chargePidFd: true });
    const pidfd = user.process.files.receive(pidfdOpen(new Process('client', { memcg: client })));
    const alloc = async (size: number): Promise<number> => {
      const argument = new Uint8Array(32);
      const view = new DataView(argument.buffer);
      view.setBigUint64(0, BigInt(PAGE), true);
      view.setUint32(24, pidfd, true);
      expect(await user.process.ioctl(user.heapFd, 'DMA_HEAP_IOCTL_ALLOC', argument.subarray(0, size))).toBe(0);
      return view.getUint32(8, true);
    };
    expect([user.bufferOf(await alloc(24)).size, client.usage]).toEqual([PAGE, 0]);
    expect([user.bufferOf(await alloc(32)).size, client.usage]).toEqual([PAGE, PAGE]);
    // What is no pidfd, as a dma-buf, is refused.
    expect(await user.alloc(PAGE, { chargePidFd: user.heapFd + 2 })).toBe(-EBADF);
  });
});

describe('pages', () => {
  test('are as large as a fragmented memory has them', async () => {
    await inKernel(async () => {
      const pages = new PageAllocator(2 ** MAX_PAGE_ORDER);
      // Every second MiB has one page in use, so only two whole ones are left.
      const { user } = systemHeap({ pages });
      const fds: number[] = [];
      for (let i = 0; i < 4; i++) fds.push(await user.alloc(MIB));
      for (const fd of fds.slice(0, 2)) await user.process.close(fd);
      await flushDelayedFput();
      await user.alloc(PAGE);
      expect(user.ordersOf(await user.alloc(MIB + 512 * KIB))).toEqual([8, ...Array<number>(8).fill(4)]);
      expect(pages.freeFrames).toBe(128 - 1);
      expect(await user.alloc(512 * KIB)).toBe(-ENOMEM);
      expect([pages.freeFrames, user.ordersOf(await user.alloc(508 * KIB)).length]).toEqual([127, 7 + 15]);
    });
  });

  test('of a buffer have one entry each in every table', async () => {
    await inKernel(async () => {
      const { user } = systemHeap();
      const dmabuf = user.bufferOf(await user.alloc(68 * KIB));
      const table = await mapped(await attached(dmabuf));
      expect(table.ranges.map(({ length }) => length)).toEqual([64 * KIB, 4 * KIB]);
    });
  });

  test('are gone for who kept the table after the release', async () => {
    const { messages } = await inKernel(async () => {
      const { user } = systemHeap();
      const fd = await user.alloc(PAGE);
      const { memory } = await mapped(await attached(user.bufferOf(fd)));
      memory.check('DMA of the device');
      await user.process.close(fd);
      await flushDelayedFput();
      expect(() => memory.check('DMA of the device')).toThrow(useAfterFree);
    });
    // The importer should have unmapped and detached.
    expect(messages('warn')).toEqual([expect.stringContaining('1 attachments')]);
  });

  test('of a buffer that cannot be attached to leave nothing', async () => {
    await inKernel(async () => {
      const { user } = systemHeap();
      const dmabuf = user.bufferOf(await user.alloc(PAGE));
      for (const place of ['system_heap_attach', 'dup_sg_table']) {
        failSlab((what) => what === place);
        expect(await dmabuf.attach(new DmaDevice('gpu'))).toBe(-ENOMEM);
      }
      expect([dmabuf.attachments, (dmabuf.priv as SystemHeapBuffer).attachments.size]).toEqual([[], 0]);
    });
  });
});

describe('userspace', () => {
  test('sees the part it mapped, in every mapping and in the kernel', async () => {
    await inKernel(async () => {
      const { user } = systemHeap();
      const fd = await user.alloc(68 * KIB);
      const all = await user.process.mmap(fd, 68 * KIB);
      const part = await user.process.mmap(fd, 8 * KIB, 60 * KIB);
      if (typeof all === 'number' || typeof part === 'number') throw new Error('mmap answers an errno');
      // Over the border of the two pieces.
      part.write(4 * KIB - 1, Uint8Array.of(1, 2));
      expect([...all.read(64 * KIB - 1, 2)]).toEqual([1, 2]);
      const dmabuf = user.bufferOf(fd);
      await dmabuf.resv.lock();
      const map = await dmabuf.vmap();
      if (typeof map === 'number') throw new Error(`dma_buf_vmap answers ${map}`);
      map.write(64 * KIB, Uint8Array.of(9));
      expect([[...map.read(64 * KIB - 1, 2)], (dmabuf.priv as SystemHeapBuffer).vmaps]).toEqual([[1, 9], 1]);
      await dmabuf.vunmap(map);
      dmabuf.resv.unlock();
      expect([[...part.read(4 * KIB, 1)], (dmabuf.priv as SystemHeapBuffer).vmaps]).toEqual([[9], 0]);
    });
  });

  test('has no access outside of its mapping, and none after munmap', async () => {
    await inKernel(async () => {
      const { user } = systemHeap();
      const area = await user.process.mmap(await user.alloc(2 * PAGE), PAGE, PAGE);
      if (typeof area === 'number') throw new Error(`mmap answers ${area}`);
      const fault = expect.objectContaining({ code: 'ERR_DEPT_BUG' });
      expect(() => area.read(PAGE - 1, 2)).toThrow(fault);
      expect(() => area.write(-1, Uint8Array.of(1))).toThrow(fault);
      await area.munmap();
      expect(() => area.read(0, 1)).toThrow(useAfterFree);
      await expect(area.munmap()).rejects.toEqual(expect.objectContaining({ code: 'ERR_DEPT_DOUBLE_FREE' }));
    });
  });
});

describe('access by the processor', () => {
  test('takes the memory from devices that have it mapped, and gives it back', async () => {
    await inKernel(async () => {
      const { user } = systemHeap();
      const dmabuf = user.bufferOf(await user.alloc(68 * KIB));
      const [uses, idle, coherent] = [
        new DmaDevice('uses it'),
        new DmaDevice('attached only'),
        new DmaDevice('coherent', { coherent: true }),
      ];
      const attachments = [];
      for (const dev of [uses, idle, coherent]) {
        const attachment = await dmabuf.attach(dev);
        if (typeof attachment === 'number') throw new Error(`dma_buf_attach answers ${attachment}`);
        attachments.push(attachment);
      }
      const table = await mapped(attachments[0] as NonNullable<(typeof attachments)[number]>);
      await mapped(attachments[2] as NonNullable<(typeof attachments)[number]>);
      uses.syncs.length = 0;
      coherent.skipped = 0;
      expect(await dmabuf.beginCpuAccess('from-device')).toBe(0);
      expect(await dmabuf.endCpuAccess('from-device')).toBe(0);
      expect(uses.syncs.map((sync) => [sync.for, sync.length, sync.direction])).toEqual([
        ['cpu', 64 * KIB, 'from-device'],
        ['cpu', 4 * KIB, 'from-device'],
        ['device', 64 * KIB, 'from-device'],
        ['device', 4 * KIB, 'from-device'],
      ]);
      expect([idle.syncs, coherent.syncs, coherent.skipped]).toEqual([[], [], 4]);
      await attachments[0]?.unmapUnlocked(table);
      uses.syncs.length = 0;
      await dmabuf.beginCpuAccess('from-device');
      expect(uses.syncs).toEqual([]);
    });
  });
});
