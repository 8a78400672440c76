import { describe, expect, test } from 'vitest';
import { DmaBuf, dmaBufGet } from '../../../src/models/dma-buf/dma-buf.ts';
import { dmaBufs } from '../../../src/models/dma-buf/dma-buf-list.ts';
import type { DmaBufOps } from '../../../src/models/dma-buf/dma-buf-ops.ts';
import { DmaResv } from '../../../src/models/dma-buf/resv.ts';
import { DmaDevice } from '../../../src/models/dma-device.ts';
import { flushDelayedFput, KernelFile } from '../../../src/models/fs/file.ts';
import { current, Process } from '../../../src/models/process.ts';
import { failSlab } from '../../../src/models/slab.ts';
import { EBADF, EBUSY, EINVAL, EMFILE, ENOENT, ENOMEM, EOVERFLOW } from '../../../src/sync/errno.ts';
import { inKernel } from '../stage.ts';
import { attached, MockExporter, PAGE } from './mock-exporter.ts';

const useAfterFree = expect.objectContaining({ code: 'ERR_DEPT_USE_AFTER_FREE' });
const kernelBug = expect.objectContaining({ code: 'ERR_DEPT_BUG' });

describe('export', () => {
  test.each<['priv' | keyof DmaBufOps]>([['priv'], ['mapDmaBuf'], ['unmapDmaBuf'], ['release'], ['pin'], ['unpin']])(
    'without %s it WARNs and is -EINVAL',
    async (what) => {
      const { messages } = await inKernel(async () => {
        const exporter = new MockExporter();
        const info = what === 'priv' ? { priv: null } : { ops: exporter.opsWithout(what) };
        expect(await DmaBuf.export({ ...exporter.info(), ...info })).toBe(-EINVAL);
        expect([exporter.module.references, dmaBufs()]).toEqual([0, []]);
      });
      expect(messages('warn')).toHaveLength(1);
    },
  );

  test('an exporter without pin and unpin is complete', async () => {
    await inKernel(async () => {
      const exporter = new MockExporter();
      expect((await exporter.export({ ops: exporter.opsWithout('pin', 'unpin') })).references).toBe(1);
    });
  });

  test('holds the module of the exporter until it is released', async () => {
    await inKernel(async () => {
      const exporter = new MockExporter();
      const dmabuf = await exporter.export();
      expect(exporter.module.unload()).toBe(-EBUSY);
      await dmabuf.put();
      await flushDelayedFput();
      expect(exporter.module.unload()).toBe(0);
      expect(await DmaBuf.export(exporter.info())).toBe(-ENOENT);
    });
  });

  test('out of memory leaves nothing behind', async () => {
    await inKernel(async () => {
      const exporter = new MockExporter();
      failSlab((what) => what === 'dma_buf_export');
      expect(await DmaBuf.export(exporter.info())).toBe(-ENOMEM);
      expect([exporter.module.references, dmaBufs()]).toEqual([0, []]);
    });
  });

  test('lists the newest first', async () => {
    await inKernel(async () => {
      const exporter = new MockExporter();
      const [first, second] = [await exporter.export(), await exporter.export()];
      expect(dmaBufs()).toEqual([second, first]);
    });
  });
});

describe('references', () => {
  test('the last put releases, in a context of its own', async () => {
    await inKernel(async () => {
      const exporter = new MockExporter();
      const dmabuf = await exporter.export();
      dmabuf.get();
      await dmabuf.put();
      expect([dmabuf.references, exporter.calls]).toEqual([1, []]);
      await dmabuf.put();
      expect([dmabuf.references, exporter.calls, dmaBufs()]).toEqual([0, [], [dmabuf]]);
      await flushDelayedFput();
      expect([dmabuf.released, exporter.calls, dmaBufs()]).toEqual([true, ['release'], []]);
    });
  });

  test('one put too many and every use after the release are found', async () => {
    await inKernel(async () => {
      const dmabuf = await new MockExporter().export();
      await dmabuf.put();
      await expect(dmabuf.put()).rejects.toEqual(useAfterFree);
      expect(() => dmabuf.file.get()).toThrow(useAfterFree);
      expect(dmabuf.file.getUnlessZero()).toBe(false);
      await flushDelayedFput();
      expect(() => dmabuf.get()).toThrow(useAfterFree);
      expect(() => dmabuf.fd()).toThrow(useAfterFree);
      expect(() => dmabuf.attach(new DmaDevice('gpu'))).toThrow(useAfterFree);
      await expect(dmabuf.invalidateMappings()).rejects.toEqual(useAfterFree);
      await expect(dmabuf.beginCpuAccess('to-device')).rejects.toEqual(useAfterFree);
      await expect(dmabuf.endCpuAccess('to-device')).rejects.toEqual(useAfterFree);
      await expect(dmabuf.setName('late')).rejects.toEqual(useAfterFree);
      expect(() => dmabuf.vmap()).toThrow(useAfterFree);
      await expect(dmabuf.mmap(undefined as never, 0)).rejects.toEqual(useAfterFree);
    });
  });

  test('its own reservation goes with it, a given one stays', async () => {
    await inKernel(async () => {
      const [exporter, given] = [new MockExporter(), new DmaResv()];
      const [own, shared] = [await exporter.export(), await exporter.export({ resv: given })];
      expect(shared.resv).toBe(given);
      await own.put();
      await shared.put();
      await flushDelayedFput();
      expect(await given.lock()).toBe(0);
      given.unlock();
      await expect(own.resv.lock()).rejects.toEqual(useAfterFree);
    });
  });

  test('a release with attachments WARNs', async () => {
    const { messages } = await inKernel(async () => {
      const dmabuf = await new MockExporter().export();
      await attached(dmabuf);
      await dmabuf.put();
    });
    expect(messages('warn')).toEqual([expect.stringContaining('1 attachments')]);
  });
});

describe('descriptors', () => {
  test('a descriptor takes over the reference, dma_buf_get adds one', async () => {
    await inKernel(async () => {
      const dmabuf = await new MockExporter().export();
      const process = new Process('app');
      await process.run(async () => {
        const fd = dmabuf.fd();
        expect([fd, dmabuf.references]).toEqual([0, 1]);
        expect(await dmaBufGet(fd)).toBe(dmabuf);
        expect(dmabuf.references).toBe(2);
        await dmabuf.put();
        expect(await process.close(fd)).toBe(0);
        expect(await process.close(fd)).toBe(-EBADF);
        expect(await dmaBufGet(fd)).toBe(-EBADF);
      });
      await flushDelayedFput();
      expect(dmabuf.released).toBe(true);
    });
  });

  test('another file is -EINVAL, and keeps its references', async () => {
    await inKernel(async () => {
      const file = new KernelFile({ name: 'regular', ops: {} });
      const fd = current().files.receive(file);
      expect(await dmaBufGet(fd)).toBe(-EINVAL);
      expect(file.references).toBe(2);
    });
  });

  test('without a free descriptor the reference stays with the caller', async () => {
    await inKernel(async () => {
      const dmabuf = await new MockExporter().export();
      await new Process('full', { maxFiles: 0 }).run(() => expect(dmabuf.fd()).toBe(-EMFILE));
      expect(dmabuf.references).toBe(1);
    });
  });

  test('a process that exits closes what it has', async () => {
    await inKernel(async () => {
      const dmabuf = await new MockExporter().export();
      const [one, two] = [new Process('one'), new Process('two')];
      await one.run(() => dmabuf.fd());
      two.files.receive(dmabuf.file);
      await one.exit();
      expect(dmabuf.references).toBe(1);
      await two.exit();
      await flushDelayedFput();
      expect(dmabuf.released).toBe(true);
    });
  });
});

describe('vmap', () => {
  const bytes = { read: () => new Uint8Array(), write: () => undefined };

  test('is one mapping for all, and goes with the last of them', async () => {
    await inKernel(async () => {
      const exporter = new MockExporter();
      let unmaps = 0;
      const ops = { ...exporter.ops, vmap: () => bytes, vunmap: () => void unmaps++ };
      const dmabuf = await exporter.export({ ops });
      await dmabuf.resv.lock();
      expect([await dmabuf.vmap(), await dmabuf.vmap(), dmabuf.vmappingCounter]).toEqual([bytes, bytes, 2]);
      await dmabuf.vunmap(bytes);
      expect([dmabuf.vmappingCounter, unmaps]).toEqual([1, 0]);
      await expect(dmabuf.vunmap({ ...bytes })).rejects.toEqual(kernelBug);
      await dmabuf.vunmap(bytes);
      expect([dmabuf.vmappingCounter, unmaps]).toEqual([0, 1]);
      await expect(dmabuf.vunmap(bytes)).rejects.toEqual(kernelBug);
      dmabuf.resv.unlock();
    });
  });

  test('an exporter without it is -EINVAL, one that cannot WARNs', async () => {
    const { messages } = await inKernel(async () => {
      const exporter = new MockExporter();
      const [none, fails] = [
        await exporter.export(),
        await exporter.export({ ops: { ...exporter.ops, vmap: () => -ENOMEM } }),
      ];
      for (const dmabuf of [none, fails]) await dmabuf.resv.lock();
      expect([await none.vmap(), await fails.vmap(), fails.vmappingCounter]).toEqual([-EINVAL, -ENOMEM, 0]);
      for (const dmabuf of [none, fails]) dmabuf.resv.unlock();
    });
    expect(messages('warn')).toEqual([expect.stringContaining('answers -12')]);
  });

  test('a release while it is mapped is a BUG', async () => {
    const { messages, thrown } = await inKernel(
      async () => {
        const exporter = new MockExporter();
        const dmabuf = await exporter.export({ ops: { ...exporter.ops, vmap: () => bytes } });
        await dmabuf.resv.lock();
        await dmabuf.vmap();
        dmabuf.resv.unlock();
        await dmabuf.put();
      },
      { mayCrash: true },
    );
    expect(messages('bug')).toEqual([expect.stringContaining('1 vmaps')]);
    expect(thrown).toEqual([kernelBug]);
  });
});

describe('mapping into an address space', () => {
  const mmap = { mmap: () => 0 };

  test('keeps the file until it is unmapped', async () => {
    await inKernel(async () => {
      const exporter = new MockExporter();
      const dmabuf = await exporter.export({ ops: { ...exporter.ops, ...mmap } });
      const process = new Process('app');
      const fd = await process.run(() => dmabuf.fd());
      const area = await process.mmap(fd, dmabuf.size);
      await process.close(fd);
      expect([typeof area, dmabuf.references]).toEqual(['object', 1]);
      if (typeof area !== 'number') await area.munmap();
      await flushDelayedFput();
      expect(dmabuf.released).toBe(true);
    });
  });

  test('past the end, and without the op, it is -EINVAL', async () => {
    await inKernel(async () => {
      const exporter = new MockExporter();
      const process = new Process('app');
      const [can, cannot] = [await exporter.export({ ops: { ...exporter.ops, ...mmap } }), await exporter.export()];
      const [fd, other] = await process.run(() => [can.fd(), cannot.fd()]);
      expect(await process.mmap(fd as number, 5 * PAGE)).toBe(-EINVAL);
      expect(await process.mmap(fd as number, PAGE, 4 * PAGE)).toBe(-EINVAL);
      expect(await process.mmap(fd as number, PAGE, 3 * PAGE)).toBeTypeOf('object');
      expect(await process.mmap(other as number, PAGE)).toBe(-EINVAL);
      expect([can.references, cannot.references]).toEqual([2, 1]);
    });
  });

  test('dma_buf_mmap checks the offset the driver asks for', async () => {
    await inKernel(async () => {
      const exporter = new MockExporter();
      const [can, cannot] = [await exporter.export({ ops: { ...exporter.ops, ...mmap } }), await exporter.export()];
      const process = new Process('app');
      const area = await process.mmap(await process.run(() => can.fd()), PAGE);
      if (typeof area === 'number') throw new Error(`mmap answers ${area}`);
      expect([await can.mmap(area, 3), await can.mmap(area, 4)]).toEqual([0, -EINVAL]);
      expect(await can.mmap(area, Number.MAX_SAFE_INTEGER)).toBe(-EOVERFLOW);
      expect(await cannot.mmap(area, 0)).toBe(-EINVAL);
    });
  });

  test('lseek tells the size, and knows nothing but the two ends', async () => {
    await inKernel(async () => {
      const { file, size } = await new MockExporter().export();
      expect([file.llseek(0, 'SEEK_END'), file.llseek(0, 'SEEK_SET')]).toEqual([size, 0]);
      expect([file.llseek(1, 'SEEK_SET'), file.llseek(-1, 'SEEK_END'), file.llseek(0, 'SEEK_CUR')]).toEqual([
        -EINVAL,
        -EINVAL,
        -EINVAL,
      ]);
      expect(file.ops.llseek?.(new KernelFile({ name: 'regular', ops: {} }), 0, 'SEEK_END')).toBe(-EBADF);
      expect(await file.ops.mmap?.(new KernelFile({ name: 'regular', ops: {} }), undefined as never)).toBe(-EINVAL);
    });
  });
});

describe('the locking convention', () => {
  type Use = (dmabuf: DmaBuf, exporter: MockExporter) => unknown;

  test.each<[string, Use]>([
    ['dma_buf_put', (dmabuf) => dmabuf.put()],
    ['dma_buf_fd', (dmabuf) => dmabuf.get().fd()],
    ['dma_buf_get', (dmabuf) => dmaBufGet(current().files.receive(dmabuf.file))],
    ['dma_buf_export', (dmabuf, exporter) => exporter.export({ resv: dmabuf.resv })],
    ['dma_buf_begin_cpu_access', (dmabuf) => dmabuf.beginCpuAccess('to-device')],
    ['dma_buf_end_cpu_access', (dmabuf) => dmabuf.endCpuAccess('to-device')],
    ['dma_buf_mmap', (dmabuf) => dmabuf.mmap({ pages: 1 } as never, 0)],
  ])('%s WARNs while the reservation is held', async (operation, use) => {
    const { messages } = await inKernel(async () => {
      const exporter = new MockExporter();
      const dmabuf = await exporter.export();
      await dmabuf.resv.lock();
      await use(dmabuf, exporter);
      dmabuf.resv.unlock();
    });
    expect(messages('warn')).toEqual([expect.stringContaining(`${operation}() while`)]);
  });

  test.each<[string, Use]>([
    ['dma_buf_dynamic_attach', (dmabuf) => attached(dmabuf)],
    ['dma_buf_detach', async (dmabuf) => await dmabuf.attachments[0]?.detach()],
    ['dma_buf_map_attachment_unlocked', async (dmabuf) => await dmabuf.attachments[0]?.mapUnlocked('to-device')],
  ])('%s waits for the reservation for ever then', async (operation, use) => {
    const run = await inKernel(
      async () => {
        const exporter = new MockExporter();
        const dmabuf = await exporter.export();
        await attached(dmabuf);
        await dmabuf.resv.lock();
        await use(dmabuf, exporter);
      },
      { mayHang: true },
    );
    expect(run.messages('warn')).toEqual([expect.stringContaining(`${operation}() while`)]);
    expect(run.stuck).toEqual(['test']);
    expect(run.circles()).toEqual(['reservation_ww_class']);
  });

  test.each<[string, Use]>([
    ['dma_buf_map_attachment', async (dmabuf) => await dmabuf.attachments[0]?.map('to-device')],
    ['dma_buf_vmap', (dmabuf) => dmabuf.vmap()],
    ['dma_buf_invalidate_mappings', (dmabuf) => dmabuf.invalidateMappings()],
  ])('%s WARNs without the reservation', async (operation, use) => {
    const { messages } = await inKernel(async () => {
      const exporter = new MockExporter();
      const dmabuf = await exporter.export();
      await attached(dmabuf);
      await use(dmabuf, exporter);
    });
    expect(messages('warn')).toEqual([expect.stringContaining(`${operation}(`)]);
  });
});
