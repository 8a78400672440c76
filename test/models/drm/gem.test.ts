import { describe, expect, test } from 'vitest';
import { DrmFile } from '../../../src/models/drm/drm-file.ts';
import {
  drmRelease,
  gemHandleCreate,
  gemObjectHandleGet,
  gemObjectHandleGetIfExists,
  gemObjectHandlePut,
} from '../../../src/models/drm/gem-handle.ts';
import { gemCloseIoctl, gemFlinkIoctl, gemOpenIoctl } from '../../../src/models/drm/gem-ioctl.ts';
import { DrmGemObject } from '../../../src/models/drm/gem-object.ts';
import { failSlab } from '../../../src/models/slab.ts';
import { EBUSY, EINVAL, ENODEV, ENOENT, ENOMEM, EOPNOTSUPP, EPERM } from '../../../src/sync/errno.ts';
import { inKernel } from '../stage.ts';
import { Gpu, PAGE, peek, quietly, warnings } from './gem-stage.ts';

const UAF = expect.objectContaining({ code: 'ERR_DEPT_USE_AFTER_FREE' });

describe('an object', () => {
  test('is freed with its last reference, and found out when it is used after that', async () => {
    const messages = await warnings(
      async () => {
        const gpu = new Gpu();
        const object = gpu.create();
        expect([object.refcount, object.get().refcount, gpu.dev.objects]).toEqual([1, 2, 1]);
        await object.put();
        await object.put();
        expect([object.memory.freed, gpu.dev.objects]).toEqual([true, 0]);
        await expect(object.put()).rejects.toEqual(UAF);
        expect(() => object.get()).toThrow(UAF);
        expect(() => object.handleCount).toThrow(UAF);
      },
      { kind: 'use-after-free' },
    );
    expect(messages).toEqual([
      expect.stringMatching(/drm_gem_object_put.*freed by drm_gem_object_free/),
      expect.stringMatching(/drm_gem_object_get/),
      expect.stringMatching(/handle_count/),
    ]);
  });

  test('has whole pages, and a free func', async () => {
    const { messages } = await inKernel(async () => {
      const gpu = new Gpu();
      const bad = (): unknown => new DrmGemObject(gpu.dev, PAGE + 1, gpu.funcs);
      expect(bad).toThrow(expect.objectContaining({ code: 'ERR_DEPT_BUG' }));
      const none = new DrmGemObject(gpu.dev, PAGE, {} as typeof gpu.funcs);
      await none.put();
      expect([none.memory.freed, gpu.dev.objects]).toEqual([false, 1]);
    });
    expect([messages('bug').length, messages('warn')]).toEqual([1, [expect.stringMatching(/without funcs.free/)]]);
  });

  test('memory that is freed twice is found', async () => {
    const twice = async (object: DrmGemObject): Promise<void> => {
      await object.release();
      object.kfree();
      object.kfree();
    };
    const messages = await warnings(
      async () => {
        const object = new Gpu({ funcs: { free: twice } }).create();
        await expect(object.put()).rejects.toMatchObject({ code: 'ERR_DEPT_DOUBLE_FREE' });
      },
      { kind: 'double-free' },
    );
    expect(messages).toHaveLength(1);
  });
});

describe('handles', () => {
  test('all of them own one reference, and the smallest free number is given out', () =>
    quietly(async () => {
      const gpu = new Gpu();
      const [one, two] = [gpu.open(), gpu.open()];
      const object = gpu.create();
      expect(await gemHandleCreate(one, object)).toBe(1);
      expect(await gemHandleCreate(one, object)).toBe(2);
      expect(await gemHandleCreate(two, object)).toBe(1);
      expect([object.refcount, object.handleCount]).toEqual([2, 3]);
      expect(await gemCloseIoctl(one, 1)).toBe(0);
      expect(await gemHandleCreate(one, object)).toBe(1);
      await object.put();
      await drmRelease(one);
      expect([object.refcount, object.handleCount]).toEqual([1, 1]);
      await drmRelease(two);
      expect([gpu.dev.objects, gpu.dev.references, gpu.dev.unload()]).toEqual([0, 1, 0]);
    }));

  test('a handle is of its file only', () =>
    quietly(async () => {
      const gpu = new Gpu();
      const [one, two] = [gpu.open(), gpu.open()];
      const { object, handle } = await gpu.handle(one);
      expect(await peek(one, handle)).toBe(object);
      expect(await peek(two, handle)).toBeNull();
      expect(await gemCloseIoctl(two, handle)).toBe(-EINVAL);
      expect(await peek(one, 0)).toBeNull();
    }));

  test.each([
    ['never given out', 7],
    ['0', 0],
    ['above INT_MAX', 0xffff_ffff],
  ])('closing one that was %s answers -EINVAL', (_name, handle) =>
    quietly(async () => {
      const file = new Gpu().open();
      expect(await gemCloseIoctl(file, handle)).toBe(-EINVAL);
    }),
  );

  test('one that is closed is not known while its object is let go, and its number is not given out before', () =>
    quietly(async (world) => {
      const seen: unknown[] = [];
      const gpu = new Gpu({
        funcs: {
          close: async (object, file) => {
            seen.push(await peek(file, 1), await gemCloseIoctl(file, 1), object.handleCount);
            await world.sleep(10);
          },
        },
      });
      const file = gpu.open();
      const { handle } = await gpu.handle(file);
      world.task('meanwhile', async () => {
        await world.sleep(5);
        seen.push((await gpu.handle(file)).handle);
      });
      expect(await gemCloseIoctl(file, handle)).toBe(0);
      expect(seen).toEqual([null, -EINVAL, 1, 2]);
    }));

  test('the open func may refuse, and nothing is left', () =>
    quietly(async () => {
      let answer = -EPERM;
      const gpu = new Gpu({ funcs: { open: () => answer } });
      const file = gpu.open();
      const object = gpu.create();
      expect(await gemHandleCreate(file, object)).toBe(-EPERM);
      expect([object.refcount, object.handleCount, file.objectIdr.size]).toEqual([1, 0, 0]);
      expect(object.vmaNode.isAllowed(file)).toBe(false);
      answer = 0;
      expect(await gemHandleCreate(file, object)).toBe(1);
    }));

  test('a handle that is half made is not seen by anybody', () =>
    quietly(async () => {
      const seen: unknown[] = [];
      const gpu = new Gpu({
        funcs: {
          open: async (_object, file) => {
            seen.push(await peek(file, 1), await gemCloseIoctl(file, 1), await gemFlinkIoctl(file, 1));
            return 0;
          },
        },
      });
      const { object } = await gpu.handle(gpu.open());
      expect(seen).toEqual([null, -EINVAL, -ENOENT]);
      expect(object.handleCount).toBe(1);
    }));

  test('no memory for the number: -ENOMEM, and nothing is left', () =>
    quietly(async () => {
      const gpu = new Gpu();
      const file = gpu.open();
      const object = gpu.create();
      failSlab((what) => what === 'idr_alloc');
      expect(await gemHandleCreate(file, object)).toBe(-ENOMEM);
      failSlab(() => false);
      expect([object.refcount, object.handleCount, file.objectIdr.size]).toEqual([1, 0, 0]);
    }));

  test('planes of framebuffers count, where there is a handle already', () =>
    quietly(async () => {
      const gpu = new Gpu();
      const file = gpu.open();
      const object = gpu.create();
      expect(await gemObjectHandleGetIfExists(object)).toBe(false);
      const handle = await gemHandleCreate(file, object);
      expect(await gemObjectHandleGetIfExists(object)).toBe(true);
      const name = await gemFlinkIoctl(file, handle);
      await gemCloseIoctl(file, handle);
      // The plane keeps the name, too.
      expect([object.refcount, object.handleCount, object.name]).toEqual([2, 1, name]);
      await gemObjectHandlePut(object);
      expect([object.refcount, object.handleCount, object.name]).toEqual([1, 0, 0]);
    }));

  test('one too few is a WARN and changes nothing; so is the missing lock', async () => {
    const messages = await warnings(async () => {
      const object = new Gpu().create();
      await gemObjectHandlePut(object);
      expect([object.refcount, object.handleCount]).toEqual([1, 0]);
      gemObjectHandleGet(object);
    });
    expect(messages).toEqual([
      expect.stringMatching(/handle_put_unlocked\(gpu object 1\) without a handle/),
      expect.stringMatching(/handle_get without object_name_lock/),
    ]);
  });

  test('a driver without GEM has none of the ioctls', () =>
    quietly(async () => {
      const file = new Gpu({ driver: { features: ['DRIVER_MODESET'] } }).open();
      expect(await gemCloseIoctl(file, 1)).toBe(-EOPNOTSUPP);
      expect(await gemFlinkIoctl(file, 1)).toBe(-EOPNOTSUPP);
      expect(await gemOpenIoctl(file, 1)).toBe(-EOPNOTSUPP);
    }));
});

describe('flink names', () => {
  test('are of the device, from 1, and go with the last handle', () =>
    quietly(async () => {
      const gpu = new Gpu();
      const [one, two] = [gpu.open(), gpu.open()];
      const { object, handle } = await gpu.handle(one);
      expect(await gemFlinkIoctl(one, handle)).toBe(1);
      const opened = await gemOpenIoctl(two, 1);
      expect(opened).toEqual({ handle: 1, size: PAGE });
      expect([object.refcount, object.handleCount]).toEqual([1, 2]);
      await gemCloseIoctl(one, handle);
      expect(await gemOpenIoctl(one, 1)).toEqual({ handle: 1, size: PAGE });
      await drmRelease(one);
      await drmRelease(two);
      expect(gpu.dev.objects).toBe(0);
      expect(await gemOpenIoctl(gpu.open(), 1)).toBe(-ENOENT);
    }));

  test('a number that is free again is given to the next object', () =>
    quietly(async () => {
      const gpu = new Gpu();
      const file = gpu.open();
      const [first, second, third] = [await gpu.handle(file), await gpu.handle(file), await gpu.handle(file)];
      expect(await gemFlinkIoctl(file, first.handle)).toBe(1);
      expect(await gemFlinkIoctl(file, second.handle)).toBe(2);
      await gemCloseIoctl(file, first.handle);
      expect(await gemFlinkIoctl(file, third.handle)).toBe(1);
    }));

  test('what cannot be named: no handle, no memory', () =>
    quietly(async () => {
      const gpu = new Gpu();
      const file = gpu.open();
      const { object, handle } = await gpu.handle(file);
      expect(await gemFlinkIoctl(file, 9)).toBe(-ENOENT);
      expect(await gemOpenIoctl(file, 0)).toBe(-ENOENT);
      failSlab((what) => what === 'idr_alloc');
      expect(await gemFlinkIoctl(file, handle)).toBe(-ENOMEM);
      failSlab(() => false);
      expect([object.name, object.refcount]).toEqual([0, 1]);
      const name = await gemFlinkIoctl(file, handle);
      failSlab((what) => what === 'idr_alloc');
      expect(await gemOpenIoctl(file, name)).toBe(-ENOMEM);
      failSlab(() => false);
      expect([object.refcount, object.handleCount]).toEqual([1, 1]);
    }));
});

describe('a file', () => {
  test('holds the device and its module, and takes its handles with it', () =>
    quietly(async () => {
      const gpu = new Gpu();
      const file = gpu.open();
      const { object } = await gpu.handle(file);
      expect([gpu.dev.references, gpu.module.references, gpu.dev.unload()]).toEqual([2, 1, -EBUSY]);
      await drmRelease(file);
      expect([object.memory.freed, gpu.dev.references, gpu.dev.unload()]).toEqual([true, 1, 0]);
      expect(DrmFile.open(gpu.dev)).toBe(-ENODEV);
    }));

  test('is not used after it was closed, nor its device after that', async () => {
    const messages = await warnings(
      async () => {
        const gpu = new Gpu();
        const file = gpu.open();
        const object = gpu.create();
        await drmRelease(file);
        await expect(drmRelease(file)).rejects.toEqual(UAF);
        await expect(gemCloseIoctl(file, 1)).rejects.toEqual(UAF);
        expect(gpu.dev.unload()).toBe(0);
        expect(() => gpu.dev.put()).toThrow(UAF);
        expect(() => gpu.dev.get()).toThrow(UAF);
        await expect(gemObjectHandleGetIfExists(object)).rejects.toEqual(UAF);
      },
      { kind: 'use-after-free' },
    );
    expect(messages.map((message) => /of (drm_\w+)/.exec(message)?.[1])).toEqual([
      'drm_file',
      'drm_file',
      'drm_device',
      'drm_device',
      'drm_device',
    ]);
  });

  test('lets its handles go in the order of their numbers', () =>
    quietly(async () => {
      const closed: unknown[] = [];
      const gpu = new Gpu({ funcs: { close: (object) => void closed.push(object) } });
      const file = gpu.open();
      const objects = [];
      for (let i = 0; i < 3; i++) objects.push((await gpu.handle(file)).object);
      await gemCloseIoctl(file, 1);
      objects.push((await gpu.handle(file)).object);
      await drmRelease(file);
      expect(closed).toEqual([objects[0], objects[3], objects[1], objects[2]]);
    }));

  test('an object that outlives the module of its driver calls a func that is gone', async () => {
    const messages = await warnings(
      async () => {
        const gpu = new Gpu();
        const object = gpu.create();
        expect(gpu.dev.unload()).toBe(0);
        await expect(object.put()).rejects.toEqual(UAF);
      },
      { kind: 'use-after-free' },
    );
    expect(messages).toEqual([expect.stringMatching(/module gpu in a read of gem_funcs.free/)]);
  });
});
