// PRIME: handles as file descriptors and back (drivers/gpu/drm/drm_prime.c), and what GEM_CHANGE_HANDLE does to it.
import assert from 'node:assert/strict';
import { dmaBufs } from '../../../src/models/dma-buf/dma-buf-list.ts';
import { gemChangeHandleIoctl } from '../../../src/models/drm/gem-change-handle.ts';
import { CHANGE_HANDLE_VERSIONS, type DrmGemFixes } from '../../../src/models/drm/gem-fixes.ts';
import { drmRelease } from '../../../src/models/drm/gem-handle.ts';
import { gemCloseIoctl } from '../../../src/models/drm/gem-ioctl.ts';
import { primeFdToHandle, primeHandleToFd } from '../../../src/models/drm/prime.ts';
import { flushDelayedFput } from '../../../src/models/fs/file.ts';
import { O_CLOEXEC, O_RDWR } from '../../../src/models/fs/open-flags.ts';
import { failSlab } from '../../../src/models/slab.ts';
import { EBADF, EBUSY, EINVAL, ENOENT, ENOMEM } from '../../../src/sync/errno.ts';
import { closeFd, Gpu, peek, quietly } from '../drm/gem-stage.ts';
import { inKernel } from '../stage.ts';
import type { KernelCase } from './kernel-case.ts';

async function changePrime(): Promise<void> {
  await quietly(async () => {
    const gpu = new Gpu();
    const file = gpu.open();
    const { object, handle } = await gpu.handle(file);
    const fd = await primeHandleToFd(file, handle);
    const references = [object.refcount, object.dmaBuf?.references];
    assert.equal(await gemChangeHandleIoctl(file, handle, 77), 0);
    assert.equal(await primeFdToHandle(file, fd), 77);
    assert.equal(await primeHandleToFd(file, handle), -ENOENT);
    assert.deepEqual([object.refcount, object.dmaBuf?.references], references);
  });
}

/** No memory for PRIME's table: the handle stays what it was. */
async function changePrimeNoMemory(fixes: Partial<DrmGemFixes>, leaked: number): Promise<void> {
  await quietly(async () => {
    const gpu = new Gpu({ fixes });
    const file = gpu.open();
    const { object, handle } = await gpu.handle(file);
    const fd = await primeHandleToFd(file, handle);
    const references = object.refcount;
    failSlab((what) => what === 'drm_prime_add_buf_handle');
    assert.equal(await gemChangeHandleIoctl(file, handle, 77), -ENOMEM);
    failSlab(() => false);
    assert.deepEqual(
      [object.refcount, await peek(file, handle), await peek(file, 77)],
      [references + leaked, object, null],
    );
    assert.equal(await primeFdToHandle(file, fd), handle);
  });
}

/** One driver exports, another imports; a handle of `changed` is moved; everything is closed. */
async function moduleUnload(changed: 'exporter' | 'importer', fixes: Partial<DrmGemFixes>): Promise<readonly number[]> {
  let left: readonly number[] = [];
  await quietly(async () => {
    const [gpu, display] = [new Gpu({ fixes }), new Gpu({ name: 'display', fixes })];
    const [exporter, importer] = [gpu.open(), display.open()];
    const { handle } = await gpu.handle(exporter);
    const fd = await primeHandleToFd(exporter, handle);
    const imported = await primeFdToHandle(importer, fd);
    const [file, moved] = changed === 'exporter' ? [exporter, handle] : [importer, imported];
    assert.equal(await gemChangeHandleIoctl(file, moved, 77), 0);
    assert.equal(await gemCloseIoctl(file, 77), 0);
    await closeFd(fd);
    await drmRelease(exporter);
    await drmRelease(importer);
    await flushDelayedFput();
    left = [gpu.dev.objects, display.dev.objects, gpu.dev.unload(), display.dev.unload()];
  });
  return left;
}

async function moduleUnloadFixed(): Promise<void> {
  for (const version of ['v1', 'v6'] as const) {
    const fixes = CHANGE_HANDLE_VERSIONS[version];
    assert.deepEqual(await moduleUnload('importer', fixes), [0, 0, 0, 0]);
    assert.deepEqual(await moduleUnload('exporter', fixes), [0, 0, 0, 0]);
  }
}

async function moduleUnloadBefore(): Promise<void> {
  const { v0 } = CHANGE_HANDLE_VERSIONS;
  // The imported object that nobody frees never detaches: the exporter's module stays.
  assert.deepEqual(await moduleUnload('importer', v0), [1, 1, -EBUSY, 0]);
  // The module goes, and leaves an object behind.
  assert.deepEqual(await moduleUnload('exporter', v0), [1, 0, 0, 0]);
}

async function sameBuffer(): Promise<void> {
  await quietly(async () => {
    const gpu = new Gpu();
    const [one, two] = [gpu.open(), gpu.open()];
    const { object, handle } = await gpu.handle(one);
    const fds = [await primeHandleToFd(one, handle), await primeHandleToFd(one, handle, O_RDWR)];
    assert.deepEqual(dmaBufs(), [object.dmaBuf]);
    for (const fd of fds) assert.equal(await primeFdToHandle(one, fd), handle);
    const mine = await primeFdToHandle(two, fds[0] ?? -1);
    assert.deepEqual([await peek(two, mine), object.importAttach, object.handleCount], [object, null, 2]);
  });
}

async function cycle(): Promise<void> {
  await quietly(async () => {
    const gpu = new Gpu();
    const file = gpu.open();
    const { object, handle } = await gpu.handle(file);
    await closeFd(await primeHandleToFd(file, handle));
    // The object holds its dma-buf, and that one the object.
    assert.deepEqual([object.refcount, object.dmaBuf?.references], [2, 2]);
    await gemCloseIoctl(file, handle);
    await flushDelayedFput();
    assert.deepEqual([object.memory.freed, dmaBufs()], [true, []]);
  });
}

async function refused(): Promise<void> {
  await quietly(async () => {
    const gpu = new Gpu();
    const file = gpu.open();
    const { handle } = await gpu.handle(file);
    const fd = await primeHandleToFd(file, handle);
    assert.equal(await primeHandleToFd(file, handle, O_CLOEXEC | 1), -EINVAL);
    assert.equal(await primeHandleToFd(file, 999), -ENOENT);
    assert.equal(await primeFdToHandle(file, 99), -EBADF);
    assert.equal(await primeFdToHandle(new Gpu({ imports: false }).open(), fd), -EINVAL);
  });
}

async function lockTwice(primeRemoveCallerLocks: boolean): Promise<void> {
  const run = await inKernel(
    async () => {
      const gpu = new Gpu({ fixes: { primeRemoveCallerLocks } });
      const file = gpu.open();
      const { handle } = await gpu.handle(file);
      await primeHandleToFd(file, handle);
      await gemChangeHandleIoctl(file, handle, 77);
    },
    { mayHang: true },
  );
  const [stuck, circles] = primeRemoveCallerLocks ? [[], []] : [['test'], ['prime.lock']];
  assert.deepEqual([run.stuck, run.circles()], [stuck, circles]);
}

export const GEM_PRIME_CASES: readonly KernelCase[] = [
  { id: 'GEM-15', title: 'change_prime', fixed: changePrime },
  {
    id: 'GEM-16',
    title: 'change_prime_no_memory',
    fixed: async () => {
      for (const version of ['v1', 'v6'] as const) await changePrimeNoMemory(CHANGE_HANDLE_VERSIONS[version], 0);
    },
    before: () => changePrimeNoMemory({ changeHandlePut: false }, 1),
  },
  { id: 'GEM-19', title: 'module_unload', fixed: moduleUnloadFixed, before: moduleUnloadBefore },
  { id: 'GEM-SAME', title: 'one object, one dma-buf, one handle in each file', fixed: sameBuffer },
  { id: 'GEM-LOOP', title: 'object and dma-buf keep each other until the last handle is closed', fixed: cycle },
  { id: 'GEM-BAD', title: 'what PRIME refuses', fixed: refused },
  {
    id: 'GEM-AA',
    title: 'drm_prime_remove_buf_handle takes prime.lock again',
    fixed: () => lockTwice(true),
    before: () => lockTwice(false),
  },
];
