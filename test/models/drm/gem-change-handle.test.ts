import { describe, expect, test } from 'vitest';
import { gemChangeHandleIoctl } from '../../../src/models/drm/gem-change-handle.ts';
import { CHANGE_HANDLE_VERSIONS, type ChangeHandleVersion, drmGemFixes } from '../../../src/models/drm/gem-fixes.ts';
import { drmRelease } from '../../../src/models/drm/gem-handle.ts';
import { gemCloseIoctl, gemFlinkIoctl, gemOpenIoctl } from '../../../src/models/drm/gem-ioctl.ts';
import { cpuRelax } from '../../../src/models/race-window.ts';
import { failSlab } from '../../../src/models/slab.ts';
import { EINVAL, ENOENT, ENOMEM, ENOSPC } from '../../../src/sync/errno.ts';
import { exploreWorld } from '../explore-world.ts';
import { type Contestant, type RaceOptions, race } from './gem-race.ts';
import { Gpu, PAGE, peek, quietly, warnings } from './gem-stage.ts';

const VERSIONS = Object.keys(CHANGE_HANDLE_VERSIONS) as ChangeHandleVersion[];
const WORKING = VERSIONS.filter((version) => version !== 'v3' && version !== 'v7.2');

describe.each(WORKING)('GEM_CHANGE_HANDLE %s', (version) => {
  const fixes = CHANGE_HANDLE_VERSIONS[version];
  const leaked = version === 'v0' ? 1 : 0;

  test('moves the object there and back, and the old number is free', () =>
    quietly(async () => {
      const gpu = new Gpu({ fixes });
      const file = gpu.open();
      const { object, handle } = await gpu.handle(file);
      expect(await gemChangeHandleIoctl(file, handle, 5)).toBe(0);
      expect([await peek(file, handle), await peek(file, 5)]).toEqual([null, object]);
      expect((await gpu.handle(file)).handle).toBe(handle);
      expect(await gemChangeHandleIoctl(file, 5, handle)).toBe(-ENOSPC);
      await gemCloseIoctl(file, handle);
      expect(await gemChangeHandleIoctl(file, 5, handle)).toBe(0);
      await drmRelease(file);
      expect(gpu.dev.objects).toBe(leaked);
    }));

  test('keeps the flink name, and other handles of the object', () =>
    quietly(async () => {
      const gpu = new Gpu({ fixes });
      const [one, two] = [gpu.open(), gpu.open()];
      const { object, handle } = await gpu.handle(one);
      const name = await gemFlinkIoctl(one, handle);
      expect(await gemOpenIoctl(two, name)).toEqual({ handle: 1, size: PAGE });
      expect(await gemChangeHandleIoctl(one, handle, 77)).toBe(0);
      expect([await peek(one, 77), await peek(two, 1)]).toEqual([object, object]);
      expect([await gemFlinkIoctl(one, 77), object.handleCount]).toEqual([name, 2]);
    }));

  test('answers -ENOENT for a closed handle, -ENOMEM without memory, and changes nothing', () =>
    quietly(async () => {
      const gpu = new Gpu({ fixes });
      const file = gpu.open();
      const { object, handle } = await gpu.handle(file);
      failSlab((what) => what === 'idr_alloc');
      expect(await gemChangeHandleIoctl(file, handle, 77)).toBe(-ENOMEM);
      failSlab(() => false);
      expect([await peek(file, handle), await peek(file, 77)]).toEqual([object, null]);
      expect([file.objectIdr.size, object.refcount]).toEqual([1, 1 + leaked]);
      await gemCloseIoctl(file, handle);
      expect(await gemChangeHandleIoctl(file, handle, 77)).toBe(-ENOENT);
      expect(file.objectIdr.size).toBe(0);
    }));
});

test('the first attempt against the race never puts the object back: neither handle has it, and it leaks', () =>
  quietly(async () => {
    const gpu = new Gpu({ fixes: CHANGE_HANDLE_VERSIONS.v3 });
    const file = gpu.open();
    const { handle } = await gpu.handle(file);
    expect(await gemChangeHandleIoctl(file, handle, 77)).toBe(0);
    expect([await peek(file, handle), await peek(file, 77), await gemCloseIoctl(file, 77)]).toEqual([
      null,
      null,
      -EINVAL,
    ]);
    await drmRelease(file);
    expect(gpu.dev.objects).toBe(1);
  }));

test('the same handle twice: 0 without a look at it since v6, -ENOENT before when it is none', () =>
  quietly(async () => {
    for (const [version, answer] of [
      ['v5', -ENOENT],
      ['v6', 0],
    ] as const) {
      const file = new Gpu({ fixes: CHANGE_HANDLE_VERSIONS[version] }).open();
      expect(await gemChangeHandleIoctl(file, 999, 999)).toBe(answer);
    }
  }));

test('a toggle that is off takes with it what builds on it', () => {
  const { v0, v2, v3, v4, v5, v6 } = CHANGE_HANDLE_VERSIONS;
  const like = (chosen: Parameters<typeof drmGemFixes>[0]) => ({ ...drmGemFixes(chosen), changeHandleNotZero: false });
  expect(like({})).toEqual(v6);
  expect(like({ changeHandleTwoStage: false })).toEqual(v5);
  expect(like({ changeHandleNullsOld: false })).toEqual(v4);
  expect(like({ changeHandleInstalls: false })).toEqual(v3);
  expect(like({ changeHandleNullsNew: false })).toEqual(v2);
  expect(like({ changeHandlePut: false })).toEqual({ ...v0, changeHandleRange: true });
  for (const version of VERSIONS)
    expect(drmGemFixes(CHANGE_HANDLE_VERSIONS[version])).toEqual(CHANGE_HANDLE_VERSIONS[version]);
});

describe('handle 0', () => {
  test('is refused', () =>
    quietly(async () => {
      const gpu = new Gpu();
      const file = gpu.open();
      const { object, handle } = await gpu.handle(file);
      expect(await gemChangeHandleIoctl(file, handle, 0)).toBe(-EINVAL);
      expect(await gemChangeHandleIoctl(file, 0, 5)).toBe(-ENOENT);
      expect(await peek(file, handle)).toBe(object);
    }));

  test('before, the object moved to the first free handle, and the answer was 0', () =>
    quietly(async () => {
      const gpu = new Gpu({ fixes: CHANGE_HANDLE_VERSIONS.v1 });
      const file = gpu.open();
      const { object, handle } = await gpu.handle(file);
      expect(await gemChangeHandleIoctl(file, handle, 0)).toBe(0);
      expect([await peek(file, handle), await peek(file, 0), await peek(file, 2)]).toEqual([null, null, object]);
    }));

  test('before, in v6, the object was lost with a WARN', async () => {
    const messages = await warnings(async () => {
      const gpu = new Gpu({ fixes: { changeHandleNotZero: false } });
      const file = gpu.open();
      const { handle } = await gpu.handle(file);
      expect(await gemChangeHandleIoctl(file, handle, 0)).toBe(0);
      await drmRelease(file);
      expect(gpu.dev.objects).toBe(1);
    });
    expect(messages).toEqual([expect.stringMatching(/handle 0 has something else/)]);
  });
});

describe('in every schedule', () => {
  const change: Contestant = (file) => gemChangeHandleIoctl(file, 1, 77);
  const ANY = { preemptions: Number.POSITIVE_INFINITY } as const;

  test.each<[string, Readonly<Record<string, Contestant>>]>([
    ['two changes of one handle', { change, other: (file) => gemChangeHandleIoctl(file, 1, 78) }],
    ['two changes to one handle', { change, other: change }],
    ['a close of the new handle', { change, close: (file) => gemCloseIoctl(file, 77) }],
    ['a name for the old handle', { change, flink: (file) => gemFlinkIoctl(file, 1) }],
  ])('%s: the handles are those the object counts, and nothing leaks', async (_name, contestants) => {
    const { fault, hang, complete } = await exploreWorld(race(contestants), ANY);
    expect({ fault, hang, complete }).toEqual({ fault: null, hang: null, complete: true });
  });

  test('two changes of one handle: only one finds it', async () => {
    const contestants = { change, other: (file: Parameters<Contestant>[0]) => gemChangeHandleIoctl(file, 1, 78) };
    const judge = (answers: readonly number[]): string | null =>
      answers.toSorted((a, b) => a - b).join(' ') === `${-ENOENT} 0` ? null : `answers ${answers.join(' ')}`;
    expect((await exploreWorld(race(contestants, { judge }), ANY)).fault).toBeNull();
    for (const version of ['v1', 'v2', 'v4', 'v5'] as const) {
      const fixes = CHANGE_HANDLE_VERSIONS[version];
      const { fault } = await exploreWorld(race(contestants, { fixes }));
      expect([version, fault?.what]).toEqual([version, expect.stringMatching(/use-after-free of drm_gem_object/)]);
    }
  });

  test('a name and the close of the last handle: no name is left', async () => {
    const contestants: Readonly<Record<string, Contestant>> = {
      flink: (file) => gemFlinkIoctl(file, 1),
      close: (file) => gemCloseIoctl(file, 1),
    };
    const judge: RaceOptions['judge'] = ([name, closed], file) => {
      if (closed !== 0 || (name !== 1 && name !== -ENOENT)) return `flink ${name}, close ${closed}`;
      return file.dev.objectNameIdr.size === 0 ? null : 'a name of a freed object';
    };
    const { fault, hang, complete } = await exploreWorld(race(contestants, { judge }), ANY);
    expect({ fault, hang, complete }).toEqual({ fault: null, hang: null, complete: true });
  });

  test('a change, a close and a new handle, with two preemptions', async () => {
    const contestants: Readonly<Record<string, Contestant>> = {
      change,
      close: (file) => gemCloseIoctl(file, 1),
      open: async (file) => {
        const opened = await gemOpenIoctl(file, 1);
        return typeof opened === 'number' ? opened : 0;
      },
    };
    const prepare: Contestant = (file) => gemFlinkIoctl(file, 1);
    const { fault, hang, complete } = await exploreWorld(race(contestants, { prepare }));
    expect({ fault, hang, complete }).toEqual({ fault: null, hang: null, complete: true });
  });

  test('as released, the leak keeps the object of a handle that is not counted', async () => {
    const close: Contestant = (file) => gemCloseIoctl(file, 1);
    const { fault } = await exploreWorld(race({ change, close }, { fixes: CHANGE_HANDLE_VERSIONS.v0, leaks: 1 }));
    expect(fault?.what).toBe('1 handles, handle_count 0');
  });

  test('the third attempt refuses a close that comes once both numbers are given out; the second did not', async () => {
    const close: Contestant = async (file) => {
      while (file.objectIdr.size === 1 && file.objectIdr.find(77) === null) await cpuRelax();
      return gemCloseIoctl(file, 1);
    };
    const both = ([moved, closed]: readonly number[]): string | null => (moved === closed ? 'both succeed' : null);
    const search = (version: ChangeHandleVersion) =>
      exploreWorld(race({ change, close }, { fixes: CHANGE_HANDLE_VERSIONS[version], judge: both }));
    expect((await search('v4')).fault?.what).toMatch(/both succeed|use-after-free/);
    const { fault, hang, complete } = await search('v5');
    expect({ fault, hang, complete }).toEqual({ fault: null, hang: null, complete: true });
  });
});
