import { describe, expect, test } from 'vitest';
import { dmaBufGet } from '../../../src/models/dma-buf/dma-buf.ts';
import { dmaBufs } from '../../../src/models/dma-buf/dma-buf-list.ts';
import { DrmFile } from '../../../src/models/drm/drm-file.ts';
import { gemChangeHandleIoctl } from '../../../src/models/drm/gem-change-handle.ts';
import { CHANGE_HANDLE_VERSIONS, type ChangeHandleVersion } from '../../../src/models/drm/gem-fixes.ts';
import { drmRelease } from '../../../src/models/drm/gem-handle.ts';
import { gemCloseIoctl, gemFlinkIoctl, gemOpenIoctl } from '../../../src/models/drm/gem-ioctl.ts';
import type { DrmGemObject, DrmGemObjectFuncs } from '../../../src/models/drm/gem-object.ts';
import type { DrmGemShmemObject } from '../../../src/models/drm/gem-shmem.ts';
import { primeFdToHandle, primeHandleToDmabuf, primeHandleToFd } from '../../../src/models/drm/prime.ts';
import { GEM_PRIME_DMABUF_OPS, gemDmabufExport } from '../../../src/models/drm/prime-export.ts';
import { vgemDevice } from '../../../src/models/drm/vgem.ts';
import { flushDelayedFput, KernelFile } from '../../../src/models/fs/file.ts';
import { O_CLOEXEC, O_RDWR } from '../../../src/models/fs/open-flags.ts';
import { current, Process } from '../../../src/models/process.ts';
import { failSlab } from '../../../src/models/slab.ts';
import { EBADF, EBUSY, EINVAL, EMFILE, ENODEV, ENOENT, ENOMEM, ENOSYS, EPERM } from '../../../src/sync/errno.ts';
import { MockExporter } from '../dma-buf/mock-exporter.ts';
import { exploreWorld } from '../explore-world.ts';
import { inKernel } from '../stage.ts';
import { type Contestant, race } from './gem-race.ts';
import { closeFd, Gpu, PAGE, peek, quietly, warnings } from './gem-stage.ts';

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

  test('what is refused: flags, handles, descriptors, memory, a module that is going', () =>
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

  test('a driver may have its own', () =>
    quietly(async () => {
      const gpu = new Gpu({ funcs: { export: () => -EPERM } });
      const file = gpu.open();
      const { object, handle } = await gpu.handle(file);
      expect(await primeHandleToFd(file, handle)).toBe(-EPERM);
      expect([object.refcount, object.dmaBuf, current().files.open]).toEqual([1, null, []]);
    }));
});

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

  test('tell PRIME of handles without its lock', async () => {
    const messages = await warnings(async () => {
      const gpu = new Gpu();
      const file = gpu.open();
      await file.prime.remove((await gpu.handle(file)).handle);
    });
    expect(messages).toEqual([expect.stringMatching(/drm_prime_remove_buf_handle without prime.lock/)]);
  });
});

describe('GEM_CHANGE_HANDLE of an exported object', () => {
  test.each(['v0', 'v1', 'v2', 'v4', 'v5', 'v6'] as const)(
    '%s: PRIME knows the new handle, and not the old one',
    (version) =>
      quietly(async () => {
        const gpu = new Gpu({ fixes: CHANGE_HANDLE_VERSIONS[version] });
        const file = gpu.open();
        const { object, handle } = await gpu.handle(file);
        const fd = await primeHandleToFd(file, handle);
        const references = object.dmaBuf?.references;
        expect(await gemChangeHandleIoctl(file, handle, 77)).toBe(0);
        expect([await primeFdToHandle(file, fd), file.prime.size, object.dmaBuf?.references]).toEqual([
          77,
          1,
          references,
        ]);
        expect(await primeHandleToFd(file, handle)).toBe(-ENOENT);
        expect(await primeHandleToFd(file, 77)).toBe(1);
        await gemCloseIoctl(file, 77);
        expect(file.prime.size).toBe(0);
      }),
  );

  test.each(['v1', 'v5', 'v6'] as const)('%s, without memory: -ENOMEM, and the old handle is as it was', (version) =>
    quietly(async () => {
      const gpu = new Gpu({ fixes: CHANGE_HANDLE_VERSIONS[version] });
      const file = gpu.open();
      const { object, handle } = await gpu.handle(file);
      const fd = await primeHandleToFd(file, handle);
      const references = object.refcount;
      failSlab((what) => what === 'drm_prime_add_buf_handle');
      expect(await gemChangeHandleIoctl(file, handle, 77)).toBe(-ENOMEM);
      failSlab(() => false);
      expect([await peek(file, handle), await peek(file, 77), file.objectIdr.size]).toEqual([object, null, 1]);
      expect([await primeFdToHandle(file, fd), object.refcount]).toEqual([handle, references]);
    }),
  );

  test('the first attempt, without memory, puts the object into a slot that is gone', async () => {
    const messages = await warnings(async () => {
      const gpu = new Gpu({ fixes: CHANGE_HANDLE_VERSIONS.v3 });
      const file = gpu.open();
      const { object, handle } = await gpu.handle(file);
      await primeHandleToFd(file, handle);
      failSlab((what) => what === 'drm_prime_add_buf_handle');
      expect(await gemChangeHandleIoctl(file, handle, 77)).toBe(-ENOMEM);
      failSlab(() => false);
      expect(await peek(file, handle)).toBe(object);
    });
    expect(messages).toEqual([expect.stringMatching(/handle 77 is not there/)]);
  });

  test('the first attempt leaves the dma-buf with the file that is closed, which syzbot found', async () => {
    const messages = await warnings(async () => {
      const gpu = new Gpu({ fixes: CHANGE_HANDLE_VERSIONS.v3 });
      const file = gpu.open();
      const { handle } = await gpu.handle(file);
      await primeHandleToFd(file, handle);
      await gemChangeHandleIoctl(file, handle, 77);
      await drmRelease(file);
    });
    expect(messages).toEqual([expect.stringMatching(/drm_prime_destroy_file_private: 1 dma-bufs/)]);
  });

  test('with a PRIME that takes its lock by itself, the change waits for itself, and DEPT says so', async () => {
    const run = await inKernel(
      async () => {
        const gpu = new Gpu({ fixes: { primeRemoveCallerLocks: false } });
        const file = gpu.open();
        const { handle } = await gpu.handle(file);
        await primeHandleToFd(file, handle);
        await gemChangeHandleIoctl(file, handle, 77);
      },
      { mayHang: true },
    );
    expect([run.stuck, run.circles()]).toEqual([['test'], ['prime.lock']]);
  });

  test('every schedule against an import and a close', async () => {
    const fds = new WeakMap<object, number>();
    const prepare: Contestant = async (file) => {
      fds.set(file, await primeHandleToFd(file, 1));
      return 0;
    };
    const contestants: Readonly<Record<string, Contestant>> = {
      change: (file) => gemChangeHandleIoctl(file, 1, 77),
      import: (file) => primeFdToHandle(file, fds.get(file) ?? -1),
      close: (file) => gemCloseIoctl(file, 1),
    };
    // A close that comes first makes way for a new handle 1, which the change may find.
    const judge = ([, handle]: readonly number[]): string | null => {
      return [1, 2, 77].includes(handle ?? 0) ? null : `import ${handle}`;
    };
    const search = (version: ChangeHandleVersion) =>
      exploreWorld(race(contestants, { prepare, judge, fixes: CHANGE_HANDLE_VERSIONS[version] }), {
        preemptions: 1,
      });
    const { fault, hang, complete } = await search('v6');
    expect({ fault, hang, complete }).toEqual({ fault: null, hang: null, complete: true });
    expect((await search('v1')).fault).not.toBeNull();
  });

  test('every schedule of an export against the close of its handle: the dma-buf goes, or is not made', async () => {
    const contestants: Readonly<Record<string, Contestant>> = {
      export: async (file) => Math.min(0, await primeHandleToFd(file, 1)),
      close: (file) => gemCloseIoctl(file, 1),
    };
    const judge = ([exported, closed]: readonly number[]): string | null =>
      closed === 0 && (exported === 0 || exported === -ENOENT) ? null : `export ${exported}, close ${closed}`;
    const { fault, hang, complete } = await exploreWorld(race(contestants, { judge }), { preemptions: 3 });
    expect({ fault, hang, complete }).toEqual({ fault: null, hang: null, complete: true });
  });
});
