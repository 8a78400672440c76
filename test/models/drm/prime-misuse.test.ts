import { describe, expect, test } from 'vitest';
import { drmRelease } from '../../../src/models/drm/gem-handle.ts';
import { gemCloseIoctl } from '../../../src/models/drm/gem-ioctl.ts';
import type { DrmGemObject } from '../../../src/models/drm/gem-object.ts';
import { primeFdToHandle, primeHandleToFd } from '../../../src/models/drm/prime.ts';
import { flushDelayedFput } from '../../../src/models/fs/file.ts';
import { EBUSY, EINVAL } from '../../../src/sync/errno.ts';
import { inKernel } from '../stage.ts';
import { closeFd, Gpu, quietly, warnings } from './gem-stage.ts';

describe('what a driver must not do', () => {
  test('export or put a dma-buf under its reservation', async () => {
    const messages = await warnings(async () => {
      const gpu = new Gpu();
      const file = gpu.open();
      const { object, handle } = await gpu.handle(file);
      await object.resv.lock();
      const fd = await primeHandleToFd(file, handle);
      object.resv.unlock();
      expect(fd).toBe(0);
    });
    expect(messages).toEqual([expect.stringMatching(/dma_buf_export\(\) while .* is held/)]);
  });

  test('unload while somebody imports: the module is held, and the table is not poison before', () =>
    quietly(async () => {
      const [gpu, display] = [new Gpu(), new Gpu({ name: 'display' })];
      const [exporter, importer] = [gpu.open(), display.open()];
      const fd = await primeHandleToFd(exporter, (await gpu.handle(exporter)).handle);
      await primeFdToHandle(importer, fd);
      await closeFd(fd);
      await drmRelease(exporter);
      expect([gpu.module.references, gpu.dev.unload(), gpu.module.unloaded]).toEqual([1, -EBUSY, false]);
      await drmRelease(importer);
      await flushDelayedFput();
      expect(gpu.dev.unload()).toBe(0);
    }));

  test('import a buffer as an object that has another one', async () => {
    const messages = await warnings(async () => {
      let answer: DrmGemObject | null = null;
      const gpu = new Gpu({ driver: { gemPrimeImport: () => answer?.get() ?? -EINVAL } });
      const file = gpu.open();
      const [one, two] = [await gpu.handle(file), await gpu.handle(file)];
      answer = two.object;
      await primeHandleToFd(file, two.handle);
      const fd = await primeHandleToFd(file, one.handle);
      await gemCloseIoctl(file, one.handle);
      expect(await primeFdToHandle(file, fd)).toBe(1);
      expect(two.object.dmaBuf).not.toBeNull();
    });
    expect(messages).toEqual([expect.stringMatching(/gpu object 2 has another dma-buf/)]);
  });

  test('put references that are not its own: the object is freed with its dma-buf, which then uses it', async () => {
    const run = await inKernel(
      async () => {
        const gpu = new Gpu();
        const file = gpu.open();
        const { object, handle } = await gpu.handle(file);
        await primeHandleToFd(file, handle);
        await object.put();
        await object.put();
        expect(object.memory.freed).toBe(true);
        await gemCloseIoctl(file, handle);
      },
      { mayCrash: true },
    );
    expect(run.messages('warn')).toEqual([expect.stringMatching(/drm_gem_private_object_fini.* with a dma-buf/)]);
    expect(run.thrown).toMatchObject([{ code: 'ERR_DEPT_USE_AFTER_FREE' }]);
  });

  test('tell PRIME of handles without its lock', async () => {
    const messages = await warnings(async () => {
      const gpu = new Gpu();
      const file = gpu.open();
      await file.prime.remove((await gpu.handle(file)).handle);
    });
    expect(messages).toEqual([expect.stringMatching(/drm_prime_remove_buf_handle without prime.lock/)]);
  });
});
