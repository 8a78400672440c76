import { describe, expect, test } from 'vitest';
import { dmaBufs } from '../../../src/models/dma-buf/dma-buf-list.ts';
import { drmRelease } from '../../../src/models/drm/gem-handle.ts';
import { gemCloseIoctl, gemFlinkIoctl, gemOpenIoctl } from '../../../src/models/drm/gem-ioctl.ts';
import { DrmGemShmemObject } from '../../../src/models/drm/gem-shmem.ts';
import { primeHandleToDmabuf, primeHandleToFd } from '../../../src/models/drm/prime.ts';
import { gemPrimeExport } from '../../../src/models/drm/prime-export.ts';
import { flushDelayedFput } from '../../../src/models/fs/file.ts';
import { O_CLOEXEC, O_RDWR } from '../../../src/models/fs/open-flags.ts';
import { current, Process } from '../../../src/models/process.ts';
import { failSlab } from '../../../src/models/slab.ts';
import { EBUSY, EINVAL, EMFILE, ENOENT, ENOMEM, EOPNOTSUPP, EPERM } from '../../../src/sync/errno.ts';
import { closeFd, Gpu, PAGE, quietly, warnings } from './gem-stage.ts';

describe('export', () => {
  test('gives the same dma-buf each time, which holds the object, the device and the module', () =>
    quietly(async () => {
      const gpu = new Gpu();
      const file = gpu.open();
      const { object, handle } = await gpu.handle(file);
      const fds = [await primeHandleToFd(file, handle), await primeHandleToFd(file, handle, O_CLOEXEC | O_RDWR)];
      expect(fds).toEqual([0, 1]);
      expect(dmaBufs()).toEqual([object.dmaBuf]);
      const [dmaBuf] = dmaBufs();
      // The object's, that of the file's tables, and one of each descriptor.
      expect([dmaBuf?.references, dmaBuf?.size, dmaBuf?.resv, dmaBuf?.flags]).toEqual([
        4,
        PAGE,
        object.resv,
        O_CLOEXEC,
      ]);
      expect([object.refcount, gpu.dev.references, gpu.module.references]).toEqual([2, 3, 2]);
      await drmRelease(file);
      expect([dmaBuf?.references, object.refcount, object.dmaBuf, gpu.dev.unload()]).toEqual([2, 1, null, -EBUSY]);
      for (const fd of fds) await closeFd(fd);
      expect([dmaBufs(), object.memory.freed, gpu.dev.references, gpu.dev.unload()]).toEqual([[], true, 1, 0]);
    }));

  test('the object and its dma-buf keep each other no longer than there is a handle', () =>
    quietly(async () => {
      const gpu = new Gpu();
      const file = gpu.open();
      const { object, handle } = await gpu.handle(file);
      await closeFd(await primeHandleToFd(file, handle));
      expect([dmaBufs().length, object.refcount]).toEqual([1, 2]);
      await gemCloseIoctl(file, handle);
      await flushDelayedFput();
      expect([dmaBufs().length, object.memory.freed]).toEqual([0, true]);
    }));

  test('another handle of the object is the same dma-buf', () =>
    quietly(async () => {
      const gpu = new Gpu();
      const [one, two] = [gpu.open(), gpu.open()];
      const { object, handle } = await gpu.handle(one);
      const opened = await gemOpenIoctl(two, await gemFlinkIoctl(one, handle));
      const again = typeof opened === 'number' ? opened : opened.handle;
      const dmaBuf = await primeHandleToDmabuf(one, handle, O_CLOEXEC);
      expect(await primeHandleToDmabuf(two, again, O_CLOEXEC)).toBe(dmaBuf);
      expect(object.dmaBuf).toBe(dmaBuf);
      await object.dmaBuf?.put();
      await object.dmaBuf?.put();
    }));

  test('what is refused: flags, handles, descriptors, memory', () =>
    quietly(async () => {
      const gpu = new Gpu();
      const file = gpu.open();
      const { object, handle } = await gpu.handle(file);
      for (const flags of [1, 0x8000, O_CLOEXEC | 1]) expect(await primeHandleToFd(file, handle, flags)).toBe(-EINVAL);
      expect(await primeHandleToFd(file, 9)).toBe(-ENOENT);
      for (const what of ['dma_buf_export', 'drm_prime_add_buf_handle']) {
        failSlab((each) => each === what);
        expect([what, await primeHandleToFd(file, handle)]).toEqual([what, -ENOMEM]);
        failSlab(() => false);
      }
      expect([current().files.open, file.prime.size]).toEqual([[], 0]);
      const poor = new Process('poor', { maxFiles: 0 });
      expect(await poor.run(() => primeHandleToFd(file, handle))).toBe(-EMFILE);
      // The second failure left the dma-buf with the object, for the next export.
      expect([dmaBufs().length, object.refcount]).toEqual([1, 2]);
      expect(await primeHandleToFd(file, handle)).toBe(0);
    }));

  test('an object that counts no handle, as a race of GEM_CHANGE_HANDLE leaves it, is not exported', () =>
    quietly(async () => {
      const gpu = new Gpu();
      const file = gpu.open();
      const { object, handle } = await gpu.handle(file);
      object.handleCount = 0;
      expect(await primeHandleToFd(file, handle)).toBe(-ENOENT);
      object.handleCount = 1;
      expect([object.dmaBuf, object.refcount, current().files.open]).toEqual([null, 1, []]);
    }));

  test('its bytes can be mapped into the kernel, as long as the object is there', async () => {
    const messages = await warnings(
      async () => {
        const gpu = new Gpu();
        const file = gpu.open();
        const { object, handle } = await gpu.handle(file);
        const fd = await primeHandleToFd(file, handle);
        const { dmaBuf } = object;
        await object.resv.lock();
        const map = await dmaBuf?.vmap();
        if (map === undefined || typeof map === 'number') throw new Error(`dma_buf_vmap answers ${map}`);
        expect([...map.read(0, 2)]).toEqual([0, 0]);
        map.write(1, Uint8Array.of(7));
        expect([...object.vmap().read(0, 3)]).toEqual([0, 7, 0]);
        await dmaBuf?.vunmap(map);
        object.resv.unlock();
        const table = object.getSgTable();
        await gemCloseIoctl(file, handle);
        await closeFd(fd);
        expect([object.memory.freed, table.memory.freed]).toEqual([true, true]);
        expect(() => map.read(0, 1)).toThrow(expect.objectContaining({ code: 'ERR_DEPT_USE_AFTER_FREE' }));
      },
      { kind: 'use-after-free' },
    );
    expect(messages).toEqual([expect.stringMatching(/pages of gpu object 1 in a read of the vmap/)]);
  });

  test('a driver without vmap answers -EOPNOTSUPP, which dma_buf_vmap WARNs about', async () => {
    const messages = await warnings(async () => {
      const gpu = new Gpu();
      const { vmap: _none, ...funcs } = gpu.funcs;
      const object = new DrmGemShmemObject(gpu.dev, PAGE, funcs);
      const dmaBuf = await gemPrimeExport(object, O_CLOEXEC);
      if (typeof dmaBuf === 'number') throw new Error(`gemPrimeExport() answers ${dmaBuf}`);
      await object.resv.lock();
      expect(await dmaBuf.vmap()).toBe(-EOPNOTSUPP);
      object.resv.unlock();
      await dmaBuf.put();
    });
    expect(messages).toEqual([expect.stringMatching(/dma_buf_vmap: the exporter answers -95/)]);
  });

  test('a driver may have its own', () =>
    quietly(async () => {
      const gpu = new Gpu({ funcs: { export: () => -EPERM } });
      const file = gpu.open();
      const { object, handle } = await gpu.handle(file);
      expect(await primeHandleToFd(file, handle)).toBe(-EPERM);
      expect([object.refcount, object.dmaBuf, current().files.open]).toEqual([1, null, []]);
    }));
});
