import { describe, expect, test } from 'vitest';
import { gemChangeHandleIoctl } from '../../../src/models/drm/gem-change-handle.ts';
import { CHANGE_HANDLE_VERSIONS, type ChangeHandleVersion } from '../../../src/models/drm/gem-fixes.ts';
import { drmRelease } from '../../../src/models/drm/gem-handle.ts';
import { gemCloseIoctl } from '../../../src/models/drm/gem-ioctl.ts';
import { primeFdToHandle, primeHandleToFd } from '../../../src/models/drm/prime.ts';
import { failSlab } from '../../../src/models/slab.ts';
import { ENOENT, ENOMEM } from '../../../src/sync/errno.ts';
import { exploreWorld } from '../explore-world.ts';
import { inKernel } from '../stage.ts';
import { type Contestant, race } from './gem-race.ts';
import { Gpu, peek, quietly, warnings } from './gem-stage.ts';

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
