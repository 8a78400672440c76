import { describe, expect, test, vi } from 'vitest';
import { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import { dmaFenceContextAlloc } from '../../../src/models/dma-buf/fence-context.ts';
import { RESERVATION_WW_CLASS } from '../../../src/models/dma-buf/resv.ts';
import { DmaResvUsageLevel } from '../../../src/models/dma-buf/resv-usage.ts';
import { drmRelease, gemHandleCreate } from '../../../src/models/drm/gem-handle.ts';
import { gemCloseIoctl } from '../../../src/models/drm/gem-ioctl.ts';
import type { DrmGemObject } from '../../../src/models/drm/gem-object.ts';
import { gemDmaResvWait, gemLockReservations, gemUnlockReservations } from '../../../src/models/drm/gem-resv.ts';
import { gemDumbMapOffset, gemObjectLookupAtOffset } from '../../../src/models/drm/gem-vma.ts';
import { primeFdToHandle, primeHandleToFd } from '../../../src/models/drm/prime.ts';
import { failSlab } from '../../../src/models/slab.ts';
import { EACCES, EBUSY, EINTR, EINVAL, ENOENT, ENOMEM, ERESTARTSYS, ETIME } from '../../../src/sync/errno.ts';
import { WwAcquireContext } from '../../../src/sync/ww-acquire-context.ts';
import { Gpu, PAGE, quietly, warnings } from './gem-stage.ts';

const NAMES = { getDriverName: () => 'gpu', getTimelineName: () => 'ring' };

describe('drm_gem_lock_reservations', () => {
  test('in both orders: nobody hangs, and DEPT sees no circle', () =>
    quietly(async (world) => {
      const gpu = new Gpu();
      const [a, b, c] = [gpu.create(), gpu.create(), gpu.create()];
      const done: string[] = [];
      const user = (name: string, objects: readonly DrmGemObject[]): void => {
        world.task(name, async () => {
          for (let round = 0; round < 5; round++) {
            const context = new WwAcquireContext(RESERVATION_WW_CLASS);
            expect(await gemLockReservations(objects, context)).toBe(0);
            await world.sleep(1);
            expect(objects.every(({ resv }) => resv.isHeld)).toBe(true);
            gemUnlockReservations(objects, context);
            await world.yield();
          }
          done.push(name);
        });
      };
      user('one', [a, b, c]);
      user('two', [c, b, a]);
      user('three', [b, a]);
      await world.sleep(1000);
      expect(done.toSorted()).toEqual(['one', 'three', 'two']);
      expect([a, b, c].some(({ resv }) => resv.isLocked)).toBe(false);
    }));

  test('a signal ends the wait with -EINTR, and nothing stays locked', () =>
    quietly(async (world) => {
      const gpu = new Gpu();
      const [a, b] = [gpu.create(), gpu.create()];
      await b.resv.lock();
      let answer = 0;
      const context = new WwAcquireContext(RESERVATION_WW_CLASS);
      const fini = vi.spyOn(context, 'fini');
      const waiter = world.task('waiter', async () => {
        answer = await gemLockReservations([a, b], context);
      });
      await world.sleep(1);
      waiter.interrupt();
      await world.sleep(1);
      expect([answer, a.resv.isLocked, fini.mock.calls.length]).toEqual([-EINTR, false, 1]);
      b.resv.unlock();
    }));
});

describe('drm_gem_dma_resv_wait', () => {
  test('waits for writers, or for everybody', () =>
    quietly(async (world) => {
      const gpu = new Gpu();
      const file = gpu.open();
      const { object, handle } = await gpu.handle(file);
      const reader = new DmaFence(NAMES, null, dmaFenceContextAlloc(1), 1);
      await object.resv.lock();
      expect(await object.resv.reserveFences(1)).toBe(0);
      await object.resv.addFence(reader, DmaResvUsageLevel.READ);
      object.resv.unlock();
      expect(await gemDmaResvWait(file, handle, false, 10)).toBe(0);
      expect(await gemDmaResvWait(file, handle, true, 10)).toBe(-ETIME);
      expect(await gemDmaResvWait(file, 99, true, 10)).toBe(-EINVAL);
      let answer = 0;
      const waiter = world.task('waiter', async () => {
        answer = await gemDmaResvWait(file, handle, true, 1000);
      });
      await world.sleep(1);
      waiter.interrupt();
      await world.sleep(1);
      expect(answer).toBe(-ERESTARTSYS);
      await reader.signal();
      expect(await gemDmaResvWait(file, handle, true, 0)).toBe(0);
      await drmRelease(file);
      // The fence was the reservation's until the object was freed.
      expect([gpu.dev.objects, reader.refcount]).toEqual([0, 1]);
    }));
});

describe('mapping', () => {
  test('an object has one place, which a file may map as long as it has a handle for it', () =>
    quietly(async () => {
      const gpu = new Gpu();
      const [one, two] = [gpu.open(), gpu.open()];
      const object = gpu.create(2);
      const handles = [await gemHandleCreate(one, object), await gemHandleCreate(one, object)];
      await object.put();
      const offset = await gemDumbMapOffset(one, handles[0] ?? 0);
      expect([offset, await gemDumbMapOffset(one, handles[1] ?? 0)]).toEqual([offset, offset]);
      const at = (file: typeof one, pages = 2) => gemObjectLookupAtOffset(file, offset / PAGE, pages);
      expect([await at(one), object.refcount]).toEqual([object, 2]);
      expect(await at(one, 1)).toBe(object);
      await object.put();
      await object.put();
      expect([await at(two), await at(one, 3), await gemDumbMapOffset(two, 1)]).toEqual([-EACCES, -EINVAL, -ENOENT]);
      await gemCloseIoctl(one, handles[0] ?? 0);
      expect(await at(one)).toBe(object);
      await gemCloseIoctl(one, handles[1] ?? 0);
      expect(await at(one)).toBe(-EACCES);
      await object.put();
      expect([await at(one), gpu.dev.unload()]).toEqual([-EINVAL, -EBUSY]);
    }));

  test('an imported object is mapped by its exporter', () =>
    quietly(async () => {
      const [gpu, display] = [new Gpu(), new Gpu({ name: 'display' })];
      const [exporter, importer] = [gpu.open(), display.open()];
      const { handle } = await gpu.handle(exporter);
      const imported = await primeFdToHandle(importer, await primeHandleToFd(exporter, handle));
      expect(await gemDumbMapOffset(importer, imported)).toBe(-EINVAL);
      // An exported one is no imported one, although it has a dma-buf.
      expect(await gemDumbMapOffset(exporter, handle)).toBeGreaterThan(0);
    }));

  test('no memory to note the file: -ENOMEM, and no handle', () =>
    quietly(async () => {
      const gpu = new Gpu();
      const file = gpu.open();
      const object = gpu.create();
      failSlab((what) => what === 'drm_vma_node_allow');
      expect(await gemHandleCreate(file, object)).toBe(-ENOMEM);
      failSlab(() => false);
      expect([object.refcount, object.handleCount, file.objectIdr.size]).toEqual([1, 0, 0]);
    }));

  test('a place that is left when the driver goes is a WARN', async () => {
    const messages = await warnings(async () => {
      const gpu = new Gpu();
      const file = gpu.open();
      const { object, handle } = await gpu.handle(file);
      await gemDumbMapOffset(file, handle);
      object.get();
      await drmRelease(file);
      expect(gpu.dev.unload()).toBe(0);
    });
    expect(messages).toEqual([expect.stringMatching(/Memory manager not clean/)]);
  });
});
