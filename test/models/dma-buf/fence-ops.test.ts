import { describe, expect, test } from 'vitest';
import type { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import { DmaFenceCallback } from '../../../src/models/dma-buf/fence-callback.ts';
import { dmaFenceGetRcuSafe } from '../../../src/models/dma-buf/fence-get.ts';
import { rcu } from '../../../src/models/rcu.ts';
import { RcuPointer } from '../../../src/models/rcu-pointer.ts';
import { bugOn } from '../../../src/models/warn.ts';
import type { World } from '../../../src/sync/world.ts';
import { mockFence, moduleFence } from '../cases/fence-fixtures.ts';
import { nameRace } from '../cases/fence-lifetime.ts';
import { exploreWorld } from '../explore-world.ts';
import { inKernel } from '../stage.ts';

const NOTHING = { fault: null, hang: null, complete: true };

test('get_rcu_safe never answers with a fence that was replaced before it was referenced', async () => {
  const seen = new Set<string>();
  const { fault, hang, complete } = await exploreWorld((world) => {
    const [old, fresh] = [mockFence(), mockFence()];
    const slot = new RcuPointer<DmaFence>(old);
    let isReferenced = false;
    let met: DmaFence | null = null;
    world.task('reader', async () => {
      const reader = rcu().readLock();
      met = await dmaFenceGetRcuSafe(slot);
      reader.unlock();
      seen.add(met === old ? 'old' : 'fresh');
    });
    world.task('writer', async () => {
      isReferenced = old.refcount > 1;
      slot.assign(fresh);
    });
    return () => (met === old && !isReferenced && slot.dereference() !== old ? 'a fence that was gone' : null);
  });
  expect({ fault, hang, complete }).toEqual(NOTHING);
  expect(seen).toEqual(new Set(['old', 'fresh']));
});

describe('ops under RCU', () => {
  test('detached at signal, before the callbacks run', async () => {
    await inKernel(async () => {
      const fence = mockFence();
      let during: unknown = 'not called';
      await fence.addCallback(new DmaFenceCallback(), (f) => {
        during = f.ops;
      });
      await fence.signal();
      expect(during).toBe(null);
    });
  });

  test('names are the op’s until the detach, then constants; with release they stay', async () => {
    await inKernel(async () => {
      const reader = rcu().readLock();
      const [plain, kept] = [mockFence(), mockFence({ release: (fence) => fence.free() })];
      expect([await plain.driverName(), await plain.timelineName()]).toEqual(['mock', 'mock']);
      await plain.signal();
      await kept.signal();
      expect([await plain.driverName(), await plain.timelineName()]).toEqual(['detached-driver', 'signaled-timeline']);
      expect(await kept.driverName()).toBe('mock');
      reader.unlock();
    });
  });

  test('a name op that looks at fence.ops again finds NULL (drm_crtc)', async () => {
    const crtc = (): DmaFence =>
      mockFence({
        getDriverName: (fence) => {
          bugOn(fence.ops === null, 'fence_to_crtc: fence->ops != &drm_crtc_fence_ops');
          return 'crtc';
        },
      });
    const { fault } = await exploreWorld(nameRace(crtc, () => undefined));
    expect(fault?.what).toMatch(/fence_to_crtc/);
  });

  test('every op is read inside a reader, so a grace period after the signal is enough to unload', async () => {
    const race = (world: World) => {
      const { fence, module } = moduleFence({
        enableSignaling: () => true,
        signaled: () => false,
        setDeadline: () => undefined,
      });
      const used = fence.get();
      world.task('user', async () => {
        await used.setDeadline(1);
        await used.enableSwSignaling();
        await used.isSignaled();
        await used.put();
      });
      world.task('rmmod', async () => {
        await fence.signal();
        await rcu().synchronize();
        module.unload();
        await fence.put();
      });
      return () => null;
    };
    const { fault, hang, complete, schedules } = await exploreWorld(race, { preemptions: 4 });
    expect({ fault, hang, complete }).toEqual(NOTHING);
    expect(schedules).toBeGreaterThan(50);
  });
});
