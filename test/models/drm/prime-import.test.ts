import { describe, expect, test } from 'vitest';
import { dmaBufGet } from '../../../src/models/dma-buf/dma-buf.ts';
import { dmaBufs } from '../../../src/models/dma-buf/dma-buf-list.ts';
import { DrmFile } from '../../../src/models/drm/drm-file.ts';
import { drmRelease } from '../../../src/models/drm/gem-handle.ts';
import { gemCloseIoctl } from '../../../src/models/drm/gem-ioctl.ts';
import type { DrmGemObject, DrmGemObjectFuncs } from '../../../src/models/drm/gem-object.ts';
import type { DrmGemShmemObject } from '../../../src/models/drm/gem-shmem.ts';
import { primeFdToHandle, primeHandleToFd } from '../../../src/models/drm/prime.ts';
import { GEM_PRIME_DMABUF_OPS, gemDmabufExport } from '../../../src/models/drm/prime-export.ts';
import { vgemDevice } from '../../../src/models/drm/vgem.ts';
import { flushDelayedFput, KernelFile } from '../../../src/models/fs/file.ts';
import { current } from '../../../src/models/process.ts';
import { failSlab } from '../../../src/models/slab.ts';
import { EBADF, EBUSY, EINVAL, ENODEV, ENOMEM, ENOSYS, EPERM } from '../../../src/sync/errno.ts';
import { MockExporter } from '../dma-buf/mock-exporter.ts';
import { closeFd, Gpu, PAGE, peek, quietly } from './gem-stage.ts';

describe('import', () => {
  test('of what the file exported is the handle it came from', () =>
    quietly(async () => {
      const gpu = new Gpu();
      const file = gpu.open();
      const { object, handle } = await gpu.handle(file);
      const fd = await primeHandleToFd(file, handle);
      expect(await primeFdToHandle(file, fd)).toBe(handle);
      expect([object.handleCount, object.importAttach]).toEqual([1, null]);
    }));

  test('of an own object into another file is a handle for it, and no import', () =>
    quietly(async () => {
      const gpu = new Gpu();
      const [one, two] = [gpu.open(), gpu.open()];
      const { object, handle } = await gpu.handle(one);
      const fd = await primeHandleToFd(one, handle);
      const mine = await primeFdToHandle(two, fd);
      expect([await primeFdToHandle(two, fd), await peek(two, mine)]).toEqual([mine, object]);
      expect([object.refcount, object.handleCount, object.importAttach]).toEqual([2, 2, null]);
      expect(object.dmaBuf?.attachments).toEqual([]);
      await drmRelease(one);
      await closeFd(fd);
      expect([dmaBufs().length, object.handleCount]).toEqual([1, 1]);
      await drmRelease(two);
      await flushDelayedFput();
      expect([dmaBufs().length, gpu.dev.objects, gpu.dev.unload()]).toEqual([0, 0, 0]);
    }));

  test('of an object whose last handle is closed brings it back', () =>
    quietly(async () => {
      const gpu = new Gpu();
      const file = gpu.open();
      const { object, handle } = await gpu.handle(file);
      const fd = await primeHandleToFd(file, handle);
      await gemCloseIoctl(file, handle);
      expect([object.handleCount, object.dmaBuf]).toEqual([0, null]);
      expect(await primeFdToHandle(file, fd)).toBe(1);
      expect([await peek(file, 1), object.handleCount, object.dmaBuf]).toEqual([object, 1, dmaBufs()[0]]);
    }));

  test('of a foreign buffer attaches to it, and holds it until the last handle goes', () =>
    quietly(async () => {
      const [gpu, display] = [new Gpu(), new Gpu({ name: 'display' })];
      const [exporter, importer] = [gpu.open(), display.open()];
      const { object, handle } = await gpu.handle(exporter);
      const fd = await primeHandleToFd(exporter, handle);
      const imported = await primeFdToHandle(importer, fd);
      expect(await primeFdToHandle(importer, fd)).toBe(imported);
      const copy = (await peek(importer, imported)) as DrmGemShmemObject;
      expect([copy.size, copy.resv, copy.dmaBuf]).toEqual([PAGE, object.resv, object.dmaBuf]);
      expect([copy.importAttach?.dev, copy.importAttach?.mapped]).toEqual([display.dev.dma, 1]);
      expect(copy.getSgTable()).toBe(object.getSgTable());
      await closeFd(fd);
      await drmRelease(exporter);
      expect([object.memory.freed, gpu.dev.unload()]).toEqual([false, -EBUSY]);
      await gemCloseIoctl(importer, imported);
      await flushDelayedFput();
      expect([copy.memory.freed, object.memory.freed, gpu.dev.unload()]).toEqual([true, true, 0]);
    }));

  test('what was imported is exported as what it is', () =>
    quietly(async () => {
      const [gpu, display] = [new Gpu(), new Gpu({ name: 'display' })];
      const [exporter, importer] = [gpu.open(), display.open()];
      const { object, handle } = await gpu.handle(exporter);
      const imported = await primeFdToHandle(importer, await primeHandleToFd(exporter, handle));
      const fd = await primeHandleToFd(importer, imported);
      expect(await dmaBufGet(fd)).toBe(object.dmaBuf);
      expect(await primeFdToHandle(exporter, fd)).toBe(handle);
      await object.dmaBuf?.put();
    }));

  test('of a buffer of a driver without GEM', () =>
    quietly(async () => {
      const heap = new MockExporter();
      const buffer = await heap.export();
      const fd = buffer.fd();
      const gpu = new Gpu();
      const file = gpu.open();
      const handle = await primeFdToHandle(file, fd);
      expect([(await peek(file, handle))?.size, heap.calls]).toEqual([
        buffer.size,
        ['attach gpu', 'pin gpu', 'map gpu'],
      ]);
      await closeFd(fd);
      await gemCloseIoctl(file, handle);
      await flushDelayedFput();
      expect(heap.calls.slice(3)).toEqual(['unmap gpu', 'unpin gpu', 'detach gpu', 'release']);
    }));

  test('that the driver refuses in the end gives back the mapping as well', () =>
    quietly(async () => {
      const heap = new MockExporter();
      const fd = (await heap.export()).fd();
      const file = new Gpu({ driver: { gemPrimeImportSgTable: () => -ENODEV } }).open();
      expect(await primeFdToHandle(file, fd)).toBe(-ENODEV);
      expect(heap.calls).toEqual(['attach gpu', 'pin gpu', 'map gpu', 'unmap gpu', 'unpin gpu', 'detach gpu']);
    }));

  test.each<[string, (gpu: Gpu) => Gpu]>([
    ['another device of the same driver', () => new Gpu()],
    ['the same device, for a dma-buf with ops of its driver', (gpu) => gpu],
  ])('by %s is an import', (_name, importing) =>
    quietly(async () => {
      const ops = { ...GEM_PRIME_DMABUF_OPS };
      const own: DrmGemObjectFuncs['export'] = (object, flags) =>
        gemDmabufExport({ expName: 'own', owner: object.dev.module, ops, size: object.size, flags, priv: object });
      const gpu = new Gpu({ funcs: importing.length > 0 ? { export: own } : {} });
      const [file, importer] = [gpu.open(), importing(gpu).open()];
      const { object, handle } = await gpu.handle(file);
      const copy = await peek(importer, await primeFdToHandle(importer, await primeHandleToFd(file, handle)));
      expect([copy === object, copy?.importAttach?.dmabuf]).toEqual([false, object.dmaBuf]);
    }),
  );

  test('by vgem', () =>
    quietly(async () => {
      const gpu = new Gpu();
      const file = gpu.open();
      const { object, handle } = await gpu.handle(file);
      const vgem = vgemDevice();
      const other = DrmFile.open(vgem);
      if (typeof other === 'number') throw new Error(`open() answers ${other}`);
      expect(await primeFdToHandle(other, await primeHandleToFd(file, handle))).toBe(1);
      expect(object.dmaBuf?.attachments).toHaveLength(1);
      await drmRelease(other);
      expect([object.dmaBuf?.attachments, vgem.unload()]).toEqual([[], 0]);
    }));

  test('what is no dma-buf, or none that the driver can take', () =>
    quietly(async () => {
      const gpu = new Gpu();
      const file = gpu.open();
      const fd = await primeHandleToFd(file, (await gpu.handle(file)).handle);
      const other = current().files.getUnusedFd();
      current().files.install(other, new KernelFile({ name: 'socket', ops: {} }));
      const cannot = new Gpu({ name: 'cannot', imports: false }).open();
      expect(await primeFdToHandle(file, 77)).toBe(-EBADF);
      expect(await primeFdToHandle(file, -1)).toBe(-EBADF);
      expect(await primeFdToHandle(file, other)).toBe(-EINVAL);
      expect(await primeFdToHandle(cannot, fd)).toBe(-EINVAL);
    }));

  test.each<[string, number, ConstructorParameters<typeof Gpu>[0], ConstructorParameters<typeof Gpu>[0]]>([
    ['the exporter has no table', -ENOSYS, { maps: false }, {}],
    ['the exporter cannot pin', -EBUSY, { funcs: { pin: () => -EBUSY } }, {}],
    ['the exporter cannot map', -ENOMEM, { funcs: { getSgTable: () => -ENOMEM } }, {}],
    ['the importer refuses', -ENODEV, {}, { driver: { gemPrimeImportSgTable: () => -ENODEV } }],
    ['the importer has an import of its own', -EPERM, {}, { driver: { gemPrimeImport: () => -EPERM } }],
    ['the importer refuses the handle', -EPERM, {}, { funcs: { open: () => -EPERM } }],
  ])('%s: %i, and nothing is left', (_name, answer, exporting, importing) =>
    quietly(async () => {
      const [gpu, display] = [new Gpu(exporting), new Gpu({ name: 'display', ...importing })];
      const [exporter, importer] = [gpu.open(), display.open()];
      const { object, handle } = await gpu.handle(exporter);
      const fd = await primeHandleToFd(exporter, handle);
      const before = object.dmaBuf?.references;
      expect(await primeFdToHandle(importer, fd)).toBe(answer);
      expect([object.dmaBuf?.references, object.dmaBuf?.attachments.length]).toEqual([before, 0]);
      expect([display.dev.objects, importer.objectIdr.size, importer.prime.size]).toEqual([0, 0, 0]);
      expect([importer.prime.lock.isLocked, display.dev.objectNameLock.isLocked]).toEqual([false, false]);
    }),
  );

  test.each(['drm_prime_add_buf_handle', 'idr_alloc', 'dma_buf_dynamic_attach'])('no memory in %s', (what) =>
    quietly(async () => {
      const [gpu, display] = [new Gpu(), new Gpu({ name: 'display' })];
      const [exporter, importer] = [gpu.open(), display.open()];
      const { object, handle } = await gpu.handle(exporter);
      const fd = await primeHandleToFd(exporter, handle);
      const before = object.dmaBuf?.references;
      failSlab((each) => each === what);
      expect(await primeFdToHandle(importer, fd)).toBe(-ENOMEM);
      failSlab(() => false);
      expect([object.dmaBuf?.references, object.dmaBuf?.attachments.length]).toEqual([before, 0]);
      expect([display.dev.objects, importer.objectIdr.size, importer.prime.size]).toEqual([0, 0, 0]);
      expect(await primeFdToHandle(importer, fd)).toBe(1);
    }),
  );

  test('pins the buffer where the exporter can, and unpins it', () =>
    quietly(async () => {
      let pins = 0;
      const pin = ({ resv }: DrmGemObject): number => {
        expect(resv.isHeld).toBe(true);
        pins++;
        return 0;
      };
      const unpin = (): void => {
        pins--;
      };
      const [gpu, display] = [new Gpu({ funcs: { pin, unpin } }), new Gpu({ name: 'display' })];
      const [exporter, importer] = [gpu.open(), display.open()];
      const fd = await primeHandleToFd(exporter, (await gpu.handle(exporter)).handle);
      await primeFdToHandle(importer, fd);
      expect(pins).toBe(1);
      await drmRelease(importer);
      expect(pins).toBe(0);
    }));
});
