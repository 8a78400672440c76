// Known deadlocks whose locks are those of GEM objects and their files, and what looks like one.
import { describe, expect, test } from 'vitest';
import { RESERVATION_WW_CLASS } from '../../../src/models/dma-buf/resv.ts';
import type { DrmFile } from '../../../src/models/drm/drm-file.ts';
import { DrmExec } from '../../../src/models/drm/exec.ts';
import { gemHandleCreate } from '../../../src/models/drm/gem-handle.ts';
import { gemCloseIoctl, gemFlinkIoctl } from '../../../src/models/drm/gem-ioctl.ts';
import type { DrmGemObject } from '../../../src/models/drm/gem-object.ts';
import { primeFdToHandle, primeHandleToFd } from '../../../src/models/drm/prime.ts';
import { gemPrimeExport } from '../../../src/models/drm/prime-export.ts';
import { mmapLock } from '../../../src/models/mm/mmap-lock.ts';
import { inTurns, mutex, reading, reclaiming, takes, under, writing } from '../cases/deadlock-stage.ts';
import { inKernel } from '../stage.ts';
import { Gpu, quietly } from './gem-stage.ts';

const RESV = RESERVATION_WW_CLASS.name;

/** Runs contexts in turns. @returns the classes of the circles */
async function circlesOf(build: Parameters<typeof inKernel>[0]): Promise<readonly string[]> {
  return (await inKernel(build)).circles();
}

describe('with locks of a driver', () => {
  test('D9: an import maps under the reservation, and the exporter pins user pages; the fault path is the other way round', async () => {
    const found = await circlesOf(async (world) => {
      const mmap = mmapLock();
      const pages = reading(mmap);
      const gpu = new Gpu({
        funcs: {
          getSgTable: async (object) => {
            await pages();
            return { ranges: [{ address: 0, length: object.size }], memory: object.memory };
          },
        },
      });
      const [exporter, importer] = [gpu.open(), new Gpu({ name: 'ipu6' }).open()];
      const { object, handle } = await gpu.handle(exporter);
      const fd = await primeHandleToFd(exporter, handle);
      inTurns({
        'page fault': reading(mmap, takes(object.resv)),
        import: async () => void (await primeFdToHandle(importer, fd)),
        mmap: writing(mmap),
      })(world);
    });
    expect(found).toEqual([`mmap_lock ${RESV}`]);
  });

  test('D10: a submission copies from user memory under the reservations of its objects', async () => {
    const found = await circlesOf((world) => {
      const [mmap, gpu] = [mmapLock(), new Gpu()];
      const objects = [gpu.create(), gpu.create()];
      const pushbuf = async (): Promise<void> => {
        const exec = new DrmExec();
        await exec.untilAllLocked(async () => {
          for (const object of objects) {
            const result = await exec.lockObj(object);
            if (result !== 0) return result;
          }
          return 0;
        });
        await reading(mmap)();
        await exec.fini();
      };
      const [object] = objects;
      if (object === undefined) return;
      inTurns({ pushbuf, fault: reading(mmap, takes(object.resv)), mmap: writing(mmap) })(world);
    });
    expect(found).toEqual([`mmap_lock ${RESV}`]);
  });

  test('D19: the last put of an object takes struct_mutex under gvt.lock, which the workload takes under it', async () => {
    const found = await circlesOf((world) => {
      const [gvt, struct] = [mutex('gvt_lock'), mutex('struct_mutex')];
      const gpu = new Gpu({
        funcs: {
          free: async (object) => {
            await takes(struct)();
            await object.release();
            object.kfree();
          },
        },
      });
      const object = gpu.create();
      inTurns({ destroy: under(gvt, () => object.put()), workload: under(struct, takes(gvt)) })(world);
    });
    expect(found).toEqual(['gvt_lock struct_mutex']);
  });

  test('an export func runs under object_name_lock: a driver lock it takes must not be held over a new handle', async () => {
    const found = await circlesOf(async (world) => {
      const driver = mutex('driver_lock');
      const gpu = new Gpu({
        funcs: {
          export: async (object, flags) => {
            await takes(driver)();
            return gemPrimeExport(object, flags);
          },
        },
      });
      const file = gpu.open();
      const { object, handle } = await gpu.handle(file);
      inTurns({
        export: async () => void (await primeHandleToFd(file, handle)),
        create: under(driver, async () => void (await gemHandleCreate(file, object))),
      })(world);
    });
    expect(found).toEqual(['driver_lock object_name_lock']);
  });

  test.each<[string, (file: DrmFile, object: DrmGemObject, handle: number) => Promise<unknown>]>([
    ['a handle', (file, object) => gemHandleCreate(file, object)],
    ['a name', (file, _object, handle) => gemFlinkIoctl(file, handle)],
    ['an export', (file, _object, handle) => primeHandleToFd(file, handle)],
  ])('a shrinker must not close handles: %s allocates under object_name_lock', async (_name, allocates) => {
    const found = await circlesOf(async (world) => {
      const gpu = new Gpu();
      const file = gpu.open();
      const object = gpu.create();
      // Made before DEPT can learn anything from it.
      const handle = file.objectIdr.alloc(object, 1);
      object.handleCount = 1;
      object.get();
      inTurns({
        allocates: async () => void (await allocates(file, object, handle)),
        shrinker: reclaiming(async () => void (await gemCloseIoctl(file, handle))),
      })(world);
    });
    expect(found).toContain('fs_reclaim object_name_lock');
  });
});

test('the order of prime.lock, object_name_lock and table_lock: everything at once makes no circle', () =>
  quietly(async (world) => {
    const [gpu, display] = [new Gpu(), new Gpu({ name: 'display' })];
    const [exporter, importer] = [gpu.open(), display.open()];
    const { object, handle } = await gpu.handle(exporter);
    for (const name of ['a', 'b', 'c']) {
      world.task(name, async () => {
        const mine = await gemHandleCreate(exporter, object);
        await gemFlinkIoctl(exporter, mine);
        const fd = await primeHandleToFd(exporter, mine);
        const imported = await primeFdToHandle(importer, fd);
        await primeFdToHandle(exporter, fd);
        await world.yield();
        if (name === 'c') await gemCloseIoctl(importer, imported);
        await gemCloseIoctl(exporter, mine);
      });
    }
    await world.sleep(10);
    expect(await gemCloseIoctl(exporter, handle)).toBe(0);
  }));
