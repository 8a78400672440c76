import { describe, expect, test } from 'vitest';
import type { DmaBuf } from '../../../src/models/dma-buf/dma-buf.ts';
import { dmaBufDebugShow } from '../../../src/models/dma-buf/dma-buf-debugfs.ts';
import {
  DMA_BUF_SYNC_END,
  DMA_BUF_SYNC_READ,
  DMA_BUF_SYNC_RW,
  DMA_BUF_SYNC_WRITE,
  type DmaBufIoctlArgument,
} from '../../../src/models/dma-buf/dma-buf-ioctl.ts';
import type { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import { DmaFenceArray } from '../../../src/models/dma-buf/fence-array.ts';
import { dmaFenceContextAlloc } from '../../../src/models/dma-buf/fence-context.ts';
import type { DmaResvUsage } from '../../../src/models/dma-buf/resv-usage.ts';
import { SyncFile, syncFileGetFence } from '../../../src/models/dma-buf/sync-file.ts';
import { EPOLLIN, EPOLLOUT } from '../../../src/models/fs/epoll.ts';
import { flushDelayedFput } from '../../../src/models/fs/file.ts';
import { Process } from '../../../src/models/process.ts';
import { failSlab } from '../../../src/models/slab.ts';
import { EBADF, EFAULT, EINVAL, EIO, EMFILE, ENOMEM, ENOTTY, ERESTARTSYS } from '../../../src/sync/errno.ts';
import type { World } from '../../../src/sync/world.ts';
import { fenceOf } from '../cases/fence-fixtures.ts';
import { inKernel } from '../stage.ts';
import { attached, MockExporter } from './mock-exporter.ts';

const [KERNEL, WRITE, READ, BOOKKEEP] = [0, 1, 2, 3] as const;

function fenceOfItsOwn(): DmaFence {
  return fenceOf(dmaFenceContextAlloc(1), 1);
}

async function add(dmabuf: DmaBuf, usage: DmaResvUsage, fence: DmaFence = fenceOfItsOwn()): Promise<DmaFence> {
  await dmabuf.resv.lock();
  await dmabuf.resv.reserveFences(1);
  await dmabuf.resv.addFence(fence, usage);
  dmabuf.resv.unlock();
  return fence;
}

function signalAfter(world: World, fence: DmaFence, ms: number): void {
  world.timer(() => void world.softirq(() => fence.signal(), 'gpu'), ms);
}

/** A buffer that a process has open. */
async function opened(exporter: MockExporter = new MockExporter()): Promise<{
  readonly dmabuf: DmaBuf;
  readonly process: Process;
  readonly fd: number;
  readonly ioctl: (command: string, argument?: DmaBufIoctlArgument) => Promise<number>;
}> {
  const dmabuf = await exporter.export();
  const process = new Process('app');
  const fd = await process.run(() => dmabuf.fd());
  return { dmabuf, process, fd, ioctl: (command, argument) => process.ioctl(fd, command, argument) };
}

describe('access by the processor', () => {
  test.each([
    ['from-device', [KERNEL, WRITE]],
    ['to-device', [KERNEL, WRITE, READ]],
    ['bidirectional', [KERNEL, WRITE, READ]],
  ] as const)('%s waits for the fences of %j', async (direction, waitsFor) => {
    for (const usage of [KERNEL, WRITE, READ, BOOKKEEP]) {
      await inKernel(async (world) => {
        const dmabuf = await new MockExporter().export();
        signalAfter(world, await add(dmabuf, usage), 50);
        expect(await dmabuf.beginCpuAccess(direction)).toBe(0);
        expect(world.now()).toBe((waitsFor as readonly number[]).includes(usage) ? 50 : 0);
      });
    }
  });

  test('asks the exporter first, and does not wait when that fails', async () => {
    await inKernel(async (world) => {
      const exporter = new MockExporter();
      const dmabuf = await exporter.export();
      signalAfter(world, await add(dmabuf, WRITE), 50);
      exporter.answers.set('begin to-device', -EIO);
      exporter.answers.set('end to-device', -EIO);
      expect([await dmabuf.beginCpuAccess('to-device'), await dmabuf.endCpuAccess('to-device')]).toEqual([-EIO, -EIO]);
      expect([world.now(), exporter.calls]).toEqual([0, ['begin to-device', 'end to-device']]);
    });
  });

  test('ends with a signal to the process', async () => {
    await inKernel(async (world) => {
      const dmabuf = await new MockExporter().export();
      await add(dmabuf, WRITE);
      let result = 1;
      const task = world.task('app', async () => {
        result = await dmabuf.beginCpuAccess('from-device');
      });
      await world.sleep(1);
      task.interrupt();
      await world.sleep(1);
      expect(result).toBe(-ERESTARTSYS);
    });
  });
});

describe('DMA_BUF_IOCTL_SYNC', () => {
  test.each([
    [DMA_BUF_SYNC_READ, 'begin from-device'],
    [DMA_BUF_SYNC_WRITE, 'begin to-device'],
    [DMA_BUF_SYNC_RW, 'begin bidirectional'],
    [DMA_BUF_SYNC_READ | DMA_BUF_SYNC_END, 'end from-device'],
    [DMA_BUF_SYNC_WRITE | DMA_BUF_SYNC_END, 'end to-device'],
    [DMA_BUF_SYNC_RW | DMA_BUF_SYNC_END, 'end bidirectional'],
  ])('flags %i: %s', async (flags, call) => {
    await inKernel(async () => {
      const exporter = new MockExporter();
      const { ioctl } = await opened(exporter);
      expect([await ioctl('DMA_BUF_IOCTL_SYNC', { flags }), exporter.calls]).toEqual([0, [call]]);
    });
  });

  test.each([0, DMA_BUF_SYNC_END, 8, DMA_BUF_SYNC_RW | 8, -1])('flags %i are -EINVAL', async (flags) => {
    await inKernel(async () => {
      const exporter = new MockExporter();
      const { ioctl } = await opened(exporter);
      expect([await ioctl('DMA_BUF_IOCTL_SYNC', { flags }), exporter.calls]).toEqual([-EINVAL, []]);
    });
  });
});

test('other ioctls, arguments that cannot be read, and closed descriptors', async () => {
  await inKernel(async () => {
    const { ioctl, process } = await opened();
    expect(await ioctl('DMA_HEAP_IOCTL_ALLOC')).toBe(-ENOTTY);
    for (const command of ['SYNC', 'EXPORT_SYNC_FILE', 'IMPORT_SYNC_FILE']) {
      expect(await ioctl(`DMA_BUF_IOCTL_${command}`)).toBe(-EFAULT);
    }
    expect(await ioctl('DMA_BUF_SET_NAME')).toBe(-EFAULT);
    expect(await process.ioctl(77, 'DMA_BUF_IOCTL_SYNC', { flags: 1 })).toBe(-EBADF);
  });
});

test('a name has up to 31 bytes, and the last one counts', async () => {
  await inKernel(async () => {
    const { dmabuf, ioctl } = await opened();
    expect(dmabuf.name).toBeNull();
    expect(await ioctl('DMA_BUF_SET_NAME', { name: 'x'.repeat(31) })).toBe(0);
    expect(await ioctl('DMA_BUF_SET_NAME', { name: 'x'.repeat(32) })).toBe(-EINVAL);
    expect(await ioctl('DMA_BUF_SET_NAME', { name: 'ä'.repeat(16) })).toBe(-EINVAL);
    expect(dmabuf.name).toBe('x'.repeat(31));
    expect([await ioctl('DMA_BUF_SET_NAME', { name: '' }), dmabuf.name]).toEqual([0, '']);
  });
});

describe('sync files', () => {
  test.each([0, 4, DMA_BUF_SYNC_RW | 4])('flags %i are -EINVAL for export and import', async (flags) => {
    await inKernel(async () => {
      const { ioctl, process } = await opened();
      expect(await ioctl('DMA_BUF_IOCTL_EXPORT_SYNC_FILE', { flags })).toBe(-EINVAL);
      expect(await ioctl('DMA_BUF_IOCTL_IMPORT_SYNC_FILE', { flags, fd: 0 })).toBe(-EINVAL);
      expect(process.files.open).toEqual([0]);
    });
  });

  test('export for reading has what writers did, for writing what readers did too', async () => {
    await inKernel(async () => {
      const { dmabuf, ioctl, process } = await opened();
      const [writer, reader] = [await add(dmabuf, WRITE), await add(dmabuf, READ)];
      await add(dmabuf, BOOKKEEP);
      const exported = async (flags: number): Promise<DmaFence | null> => {
        const argument: DmaBufIoctlArgument = { flags };
        expect(await ioctl('DMA_BUF_IOCTL_EXPORT_SYNC_FILE', argument)).toBe(0);
        return await process.run(() => syncFileGetFence(argument.fd ?? -1));
      };
      expect(await exported(DMA_BUF_SYNC_READ)).toBe(writer);
      const both = await exported(DMA_BUF_SYNC_WRITE);
      await writer.signal();
      expect(await both?.isSignaled()).toBe(false);
      await reader.signal();
      expect(await both?.isSignaled()).toBe(true);
    });
  });

  test('export of an idle buffer is signaled', async () => {
    await inKernel(async () => {
      const { ioctl, process } = await opened();
      const argument: DmaBufIoctlArgument = { flags: DMA_BUF_SYNC_RW };
      expect(await ioctl('DMA_BUF_IOCTL_EXPORT_SYNC_FILE', argument)).toBe(0);
      expect(await process.poll(argument.fd ?? -1, EPOLLIN, 0)).toBe(EPOLLIN);
    });
  });

  test('export that fails leaves no descriptor', async () => {
    await inKernel(async () => {
      const { dmabuf, ioctl, process } = await opened();
      await add(dmabuf, WRITE);
      const argument = { flags: DMA_BUF_SYNC_READ };
      for (const fails of ['sync_file_create', 'dma_resv_get_fences']) {
        failSlab((what) => what === fails);
        expect(await ioctl('DMA_BUF_IOCTL_EXPORT_SYNC_FILE', argument)).toBe(-ENOMEM);
      }
      failSlab(() => false);
      expect(process.files.open).toEqual([0]);
      const full = new Process('full', { maxFiles: 1 });
      const fd = full.files.receive(dmabuf.file);
      expect(await full.ioctl(fd, 'DMA_BUF_IOCTL_EXPORT_SYNC_FILE', argument)).toBe(-EMFILE);
    });
  });

  test('import adds the fences inside, as those of a writer or of a reader', async () => {
    await inKernel(async () => {
      const { dmabuf, ioctl, process } = await opened();
      const members = [fenceOfItsOwn(), fenceOfItsOwn()];
      const array = new DmaFenceArray(members, dmaFenceContextAlloc(1), 1, false);
      const { file } = SyncFile.create(array.base) as SyncFile;
      const fd = process.files.receive(file);
      const references = [file.references, array.base.refcount];
      expect(await ioctl('DMA_BUF_IOCTL_IMPORT_SYNC_FILE', { flags: DMA_BUF_SYNC_READ, fd })).toBe(0);
      expect(await dmabuf.resv.getFences(WRITE)).toEqual([]);
      expect(await dmabuf.resv.getFences(READ)).toEqual(members);
      expect(await ioctl('DMA_BUF_IOCTL_IMPORT_SYNC_FILE', { flags: DMA_BUF_SYNC_RW, fd })).toBe(0);
      expect(await dmabuf.resv.getFences(WRITE)).toEqual(members);
      expect([file.references, array.base.refcount]).toEqual(references);
    });
  });

  test('import of what is no sync file is -EINVAL, without memory -ENOMEM', async () => {
    await inKernel(async () => {
      const { dmabuf, fd, ioctl, process } = await opened();
      const flags = DMA_BUF_SYNC_WRITE;
      expect(await ioctl('DMA_BUF_IOCTL_IMPORT_SYNC_FILE', { flags, fd })).toBe(-EINVAL);
      expect(await ioctl('DMA_BUF_IOCTL_IMPORT_SYNC_FILE', { flags, fd: 77 })).toBe(-EINVAL);
      const fence = fenceOfItsOwn();
      const syncFile = process.files.receive((SyncFile.create(fence) as SyncFile).file);
      failSlab((what) => what === 'dma_resv_reserve_fences');
      const references = fence.refcount;
      expect(await ioctl('DMA_BUF_IOCTL_IMPORT_SYNC_FILE', { flags, fd: syncFile })).toBe(-ENOMEM);
      expect([fence.refcount, dmabuf.resv.isLocked]).toEqual([references, false]);
    });
  });

  test('a sync file wakes who polls it, and lets go of its fence when it is closed', async () => {
    await inKernel(async (world) => {
      const process = new Process('app');
      const fence = fenceOfItsOwn();
      const { file } = SyncFile.create(fence) as SyncFile;
      const fd = process.files.receive(file);
      await file.put();
      expect(await process.poll(fd, EPOLLIN, 0)).toBe(0);
      signalAfter(world, fence, 30);
      expect([await process.poll(fd, EPOLLIN), world.now()]).toEqual([EPOLLIN, 30]);
      await process.close(fd);
      await flushDelayedFput();
      expect(fence.refcount).toBe(1);
    });
  });
});

describe('poll', () => {
  test.each([
    [KERNEL, 0],
    [WRITE, 0],
    [READ, EPOLLIN],
    [BOOKKEEP, EPOLLIN | EPOLLOUT],
  ] as const)('with a fence of usage %i: %i', async (usage, events) => {
    await inKernel(async () => {
      const { dmabuf, process, fd } = await opened();
      const fence = await add(dmabuf, usage);
      expect(await process.poll(fd, EPOLLIN | EPOLLOUT, 0)).toBe(events);
      await fence.signal();
      expect(await process.poll(fd, EPOLLIN | EPOLLOUT, 0)).toBe(EPOLLIN | EPOLLOUT);
      expect(dmabuf.references).toBe(1);
    });
  });

  test('sleeps until the fence is signaled, or the time is over', async () => {
    await inKernel(async (world) => {
      const { dmabuf, process, fd } = await opened();
      signalAfter(world, await add(dmabuf, WRITE), 40);
      expect([await process.poll(fd, EPOLLIN, 15), world.now()]).toEqual([0, 15]);
      expect([await process.poll(fd, EPOLLIN), world.now()]).toEqual([EPOLLIN, 40]);
    });
  });

  test('installs one callback for all who poll, which holds the file', async () => {
    await inKernel(async (world) => {
      const { dmabuf, process, fd } = await opened();
      const fence = await add(dmabuf, WRITE);
      const references = fence.refcount;
      for (let i = 0; i < 3; i++) expect(await process.poll(fd, EPOLLIN, 0)).toBe(0);
      expect([dmabuf.references, fence.refcount - references]).toEqual([2, 1]);
      const woken: string[] = [];
      for (const name of ['one', 'two']) {
        world.task(name, async () => {
          if ((await process.poll(fd, EPOLLIN)) === EPOLLIN) woken.push(name);
        });
      }
      await world.sleep(1);
      await fence.signal();
      await world.sleep(1);
      expect([woken, dmabuf.references, fence.refcount]).toEqual([['one', 'two'], 1, references]);
    });
  });

  test('closing the last descriptor leaves the buffer to the callback', async () => {
    await inKernel(async () => {
      const { dmabuf, process, fd } = await opened();
      const fence = await add(dmabuf, WRITE);
      await process.poll(fd, EPOLLIN, 0);
      await process.close(fd);
      await flushDelayedFput();
      expect([dmabuf.references, dmabuf.released]).toEqual([1, false]);
      await fence.signal();
      await flushDelayedFput();
      expect([dmabuf.released, fence.refcount]).toEqual([true, 1]);
    });
  });

  test('before, the callback did not hold the file, and the release met it', async () => {
    const { messages, thrown } = await inKernel(
      async () => {
        const exporter = new MockExporter();
        const dmabuf = await exporter.export({ fixes: { pollHoldsFile: false } });
        await add(dmabuf, WRITE);
        const process = new Process('app');
        const fd = await process.run(() => dmabuf.fd());
        await process.poll(fd, EPOLLIN, 0);
        await process.close(fd);
      },
      { mayCrash: true },
    );
    expect(messages('bug')).toEqual([expect.stringContaining('a fence callback of poll')]);
    expect(thrown).toEqual([expect.objectContaining({ code: 'ERR_DEPT_BUG' })]);
  });

  test('asks for nothing it does not know', async () => {
    await inKernel(async () => {
      const { dmabuf } = await opened();
      // And does not wait for the reservation to say so.
      await dmabuf.resv.lock();
      expect(await dmabuf.file.poll(0x2000)).toBe(0);
      dmabuf.resv.unlock();
    });
  });
});

test('debugfs shows each buffer, its fences, its devices and the total', async () => {
  await inKernel(async () => {
    const { dmabuf, ioctl } = await opened();
    await ioctl('DMA_BUF_SET_NAME', { name: 'frame' });
    await attached(dmabuf, 'gpu');
    const fence = await add(dmabuf, WRITE);
    await new MockExporter().export({ expName: 'other', size: 4096 });
    expect(await dmaBufDebugShow()).toBe(
      [
        '',
        'Dma-buf Objects:',
        'size    \tflags   \tmode    \tcount   \texp_name\tino     \tname',
        '00004096\t00000002\t00000003\t00000001\tother\t00000002\t<none>',
        '\tAttached Devices:',
        'Total 0 devices attached',
        '',
        '00016384\t00000002\t00000003\t00000001\tmock\t00000001\tframe',
        `\twrite fence:${fence.label} mock mock unsignalled`,
        '\tAttached Devices:',
        '\tgpu',
        'Total 1 devices attached',
        '',
        '',
        'Total 2 objects, 20480 bytes',
        '',
      ].join('\n'),
    );
  });
});
