import { describe, expect, test } from 'vitest';
import type { DmaBuf } from '../../../src/models/dma-buf/dma-buf.ts';
import type { DmaBufAttachment } from '../../../src/models/dma-buf/dma-buf-attachment.ts';
import type { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import type { DmaResvUsage } from '../../../src/models/dma-buf/resv-usage.ts';
import { DmaDevice } from '../../../src/models/dma-device.ts';
import { Lifetime } from '../../../src/models/lifetime.ts';
import { failSlab } from '../../../src/models/slab.ts';
import { EBUSY, EINVAL, EIO, ENOMEM, ERESTARTSYS } from '../../../src/sync/errno.ts';
import { mockFence } from '../cases/fence-fixtures.ts';
import { inKernel } from '../stage.ts';
import { attached, MockExporter, mapped } from './mock-exporter.ts';

const doubleFree = expect.objectContaining({ code: 'ERR_DEPT_DOUBLE_FREE' });
const useAfterFree = expect.objectContaining({ code: 'ERR_DEPT_USE_AFTER_FREE' });
const importer = { invalidateMappings: () => undefined };

/** Adds an unsignaled fence to the buffer. */
async function pending(dmabuf: DmaBuf, usage: DmaResvUsage): Promise<DmaFence> {
  const fence = mockFence();
  await dmabuf.resv.lock();
  await dmabuf.resv.reserveFences(1);
  await dmabuf.resv.addFence(fence, usage);
  dmabuf.resv.unlock();
  return fence;
}

describe('attach', () => {
  test('tells the exporter, and is listed, newest first', async () => {
    await inKernel(async () => {
      const exporter = new MockExporter();
      const dmabuf = await exporter.export();
      const [gpu, display] = [await attached(dmabuf, 'gpu'), await attached(dmabuf, 'display', importer)];
      expect(dmabuf.attachments).toEqual([display, gpu]);
      expect([gpu.isDynamic, display.isDynamic, display.peer2peer]).toEqual([false, true, false]);
      await gpu.detach();
      expect(dmabuf.attachments).toEqual([display]);
      expect(exporter.calls).toEqual(['attach gpu', 'attach display', 'detach gpu']);
    });
  });

  test('takes peer2peer from the importer, and the exporter may take it back', async () => {
    await inKernel(async () => {
      const exporter = new MockExporter();
      const p2p = { ...importer, allowPeer2peer: true };
      expect((await attached(await exporter.export(), 'gpu', p2p)).peer2peer).toBe(true);
      const attach = (_dmabuf: DmaBuf, attachment: DmaBufAttachment): number => {
        attachment.peer2peer = false;
        return 0;
      };
      const far = await exporter.export({ ops: { ...exporter.ops, attach } });
      expect((await attached(far, 'gpu', p2p)).peer2peer).toBe(false);
    });
  });

  test('without a device, or with an importer that cannot follow a move, it WARNs and is -EINVAL', async () => {
    const { messages } = await inKernel(async () => {
      const dmabuf = await new MockExporter().export();
      expect(await dmabuf.attach(null as never)).toBe(-EINVAL);
      expect(await dmabuf.dynamicAttach(new DmaDevice('gpu'), {} as never)).toBe(-EINVAL);
      expect(dmabuf.attachments).toEqual([]);
    });
    expect(messages('warn')).toHaveLength(2);
  });

  test('answers what the exporter does, and -ENOMEM', async () => {
    await inKernel(async () => {
      const exporter = new MockExporter();
      const dmabuf = await exporter.export();
      exporter.answers.set('attach', -EBUSY);
      expect(await dmabuf.attach(new DmaDevice('far'))).toBe(-EBUSY);
      failSlab((what) => what === 'dma_buf_dynamic_attach');
      expect(await dmabuf.attach(new DmaDevice('near'))).toBe(-ENOMEM);
      expect([dmabuf.attachments, exporter.calls]).toEqual([[], ['attach far']]);
    });
  });
});

describe('map', () => {
  test('of a static importer pins first, and unpins after the unmap', async () => {
    await inKernel(async () => {
      const exporter = new MockExporter();
      const attachment = await attached(await exporter.export());
      const table = await mapped(attachment);
      expect(attachment.mapped).toBe(1);
      await attachment.unmapUnlocked(table);
      expect(attachment.mapped).toBe(0);
      expect(exporter.calls).toEqual(['attach gpu', 'pin gpu', 'map gpu', 'unmap gpu', 'unpin gpu']);
    });
  });

  test('of a dynamic importer neither pins nor waits', async () => {
    await inKernel(async () => {
      const exporter = new MockExporter();
      const dmabuf = await exporter.export();
      await pending(dmabuf, 0);
      const attachment = await attached(dmabuf, 'gpu', importer);
      await attachment.unmapUnlocked(await mapped(attachment));
      expect(exporter.calls).toEqual(['attach gpu', 'map gpu', 'unmap gpu']);
    });
  });

  test('of a static importer waits for what moves the buffer, and for nothing else', async () => {
    await inKernel(async (world) => {
      const dmabuf = await new MockExporter().export();
      for (const usage of [1, 2, 3] as const) await pending(dmabuf, usage);
      const attachment = await attached(dmabuf);
      await mapped(attachment);
      const move = await pending(dmabuf, 0);
      world.timer(() => void world.softirq(() => move.signal()), 20);
      await mapped(attachment);
      expect(world.now()).toBe(20);
    });
  });

  test('that is interrupted while it waits is undone', async () => {
    await inKernel(async (world) => {
      const exporter = new MockExporter();
      const dmabuf = await exporter.export();
      await pending(dmabuf, 0);
      const attachment = await attached(dmabuf);
      let result: unknown = null;
      const task = world.task('importer', async () => {
        result = await attachment.mapUnlocked('to-device');
      });
      await world.sleep(1);
      task.interrupt();
      await world.sleep(1);
      expect([result, attachment.mapped, dmabuf.resv.isLocked]).toEqual([-ERESTARTSYS, 0, false]);
      expect(exporter.calls).toEqual(['attach gpu', 'pin gpu', 'map gpu', 'unmap gpu', 'unpin gpu']);
    });
  });

  test('answers what the exporter does, -ENOMEM for nothing, and takes the pin back', async () => {
    await inKernel(async () => {
      const exporter = new MockExporter();
      const attachment = await attached(await exporter.export());
      exporter.answers.set('map', -EIO);
      expect(await attachment.mapUnlocked('to-device')).toBe(-EIO);
      expect(exporter.calls).toEqual(['attach gpu', 'pin gpu', 'map gpu', 'unpin gpu']);
      const nothing = await attached(await exporter.export({ ops: { ...exporter.ops, mapDmaBuf: () => null } }));
      expect(await nothing.mapUnlocked('to-device')).toBe(-ENOMEM);
      exporter.answers.set('pin', -ENOMEM);
      expect(await attachment.mapUnlocked('to-device')).toBe(-ENOMEM);
      expect(exporter.calls.at(-1)).toBe('pin gpu');
    });
  });

  test('an exporter that accepted the device and then cannot pin WARNs', async () => {
    const { messages } = await inKernel(async () => {
      const exporter = new MockExporter();
      const attachment = await attached(await exporter.export());
      exporter.answers.set('pin', -EBUSY);
      expect(await attachment.mapUnlocked('to-device')).toBe(-EBUSY);
    });
    expect(messages('warn')).toHaveLength(1);
  });

  test('unmapping twice, and a table of somebody else, are found', async () => {
    const { messages } = await inKernel(async () => {
      const dmabuf = await new MockExporter().export();
      const attachment = await attached(dmabuf);
      const table = await mapped(attachment);
      await attachment.unmapUnlocked(table);
      await expect(attachment.unmapUnlocked(table)).rejects.toEqual(doubleFree);
      expect(dmabuf.resv.isLocked).toBe(false);
      await attachment.unmapUnlocked({ ranges: [], memory: new Lifetime('other') });
    });
    expect(messages('warn')).toEqual([expect.stringContaining('never mapped')]);
  });

  test('what is still mapped when the device detaches is used after it was freed', async () => {
    await inKernel(async () => {
      const attachment = await attached(await new MockExporter().export());
      const table = await mapped(attachment);
      await attachment.detach();
      await expect(attachment.unmapUnlocked(table)).rejects.toEqual(useAfterFree);
      await expect(attachment.mapUnlocked('to-device')).rejects.toEqual(useAfterFree);
      await expect(attachment.detach()).rejects.toEqual(useAfterFree);
      await expect(attachment.pin()).rejects.toEqual(useAfterFree);
      await expect(attachment.unpin()).rejects.toEqual(useAfterFree);
    });
  });
});

describe('pin', () => {
  test('is for dynamic importers, under the reservation', async () => {
    const { messages } = await inKernel(async () => {
      const exporter = new MockExporter();
      const dmabuf = await exporter.export();
      const [dynamic, fixed] = [await attached(dmabuf, 'gpu', importer), await attached(dmabuf, 'display')];
      await dmabuf.resv.lock();
      expect(await dynamic.pin()).toBe(0);
      await dynamic.unpin();
      expect(exporter.calls.slice(-2)).toEqual(['pin gpu', 'unpin gpu']);
      exporter.answers.set('pin', -ENOMEM);
      expect(await dynamic.pin()).toBe(-ENOMEM);
      expect(await fixed.pin()).toBe(-ENOMEM);
      dmabuf.resv.unlock();
      await dynamic.unpin();
    });
    expect(messages('warn')).toEqual([
      expect.stringContaining('dma_buf_pin of a static attachment'),
      expect.stringContaining('dma_buf_unpin('),
    ]);
  });

  test('needs no op of the exporter', async () => {
    await inKernel(async () => {
      const exporter = new MockExporter();
      const dmabuf = await exporter.export({ ops: exporter.opsWithout('pin', 'unpin') });
      const attachment = await attached(dmabuf, 'gpu', importer);
      await dmabuf.resv.lock();
      expect(await attachment.pin()).toBe(0);
      await attachment.unpin();
      dmabuf.resv.unlock();
    });
  });
});

describe('a move', () => {
  test('is told to dynamic importers only', async () => {
    await inKernel(async () => {
      const dmabuf = await new MockExporter().export();
      const told: string[] = [];
      const follows = {
        invalidateMappings: (attachment: DmaBufAttachment) => void told.push(attachment.dev.name),
      };
      await attached(dmabuf, 'gpu', follows);
      await attached(dmabuf, 'display');
      await attached(dmabuf, 'nic', follows);
      await dmabuf.resv.lock();
      await dmabuf.invalidateMappings();
      dmabuf.resv.unlock();
      expect(told).toEqual(['nic', 'gpu']);
    });
  });
});
