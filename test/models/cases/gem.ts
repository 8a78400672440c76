// Handles, flink names and DRM_IOCTL_GEM_CHANGE_HANDLE (drivers/gpu/drm/drm_gem.c).
import assert from 'node:assert/strict';
import { gemChangeHandleIoctl } from '../../../src/models/drm/gem-change-handle.ts';
import { CHANGE_HANDLE_VERSIONS, type DrmGemFixes } from '../../../src/models/drm/gem-fixes.ts';
import { drmRelease, gemHandleCreate } from '../../../src/models/drm/gem-handle.ts';
import { gemCloseIoctl, gemFlinkIoctl, gemOpenIoctl } from '../../../src/models/drm/gem-ioctl.ts';
import { explore } from '../../../src/scenario/explore.ts';
import { EINVAL, ENOENT, ENOSPC, EOPNOTSUPP } from '../../../src/sync/errno.ts';
import { type ChangeHandleSystem, changeHandleSystem, type Ioctl } from '../drm/change-handle-steps.ts';
import { type Contestant, race } from '../drm/gem-race.ts';
import { Gpu, PAGE, peek, quietly, warnings } from '../drm/gem-stage.ts';
import { exploreWorld } from '../explore-world.ts';
import type { KernelCase } from './kernel-case.ts';

const LEAKS: Partial<DrmGemFixes> = { changeHandlePut: false };

async function handleRefs(): Promise<void> {
  await quietly(async () => {
    const gpu = new Gpu();
    const [one, two] = [gpu.open(), gpu.open()];
    const object = gpu.create();
    assert.equal(object.refcount, 1);
    const handle = await gemHandleCreate(one, object);
    assert.deepEqual([object.refcount, object.handleCount], [2, 1]);
    const second = await gemHandleCreate(two, object);
    assert.deepEqual([object.refcount, object.handleCount], [2, 2]);
    await object.put();
    assert.equal(await gemCloseIoctl(one, handle), 0);
    assert.deepEqual([object.memory.freed, object.refcount], [false, 1]);
    assert.equal(await gemCloseIoctl(two, second), 0);
    assert.deepEqual([object.memory.freed, gpu.dev.objects], [true, 0]);
  });
}

async function doubleClose(): Promise<void> {
  await quietly(async () => {
    const gpu = new Gpu();
    const file = gpu.open();
    const { handle } = await gpu.handle(file);
    assert.equal(await gemCloseIoctl(file, handle), 0);
    assert.equal(await gemCloseIoctl(file, handle), -EINVAL);
  });
}

async function flink(): Promise<void> {
  await quietly(async () => {
    const gpu = new Gpu();
    const [one, two] = [gpu.open(), gpu.open()];
    const { handle } = await gpu.handle(one);
    const name = await gemFlinkIoctl(one, handle);
    assert.ok(name > 0);
    assert.equal(await gemFlinkIoctl(one, handle), name);
    const opened = [await gemOpenIoctl(two, name), await gemOpenIoctl(two, name)];
    assert.deepEqual(opened, [
      { handle: 1, size: PAGE },
      { handle: 2, size: PAGE },
    ]);
    await gemCloseIoctl(one, handle);
    await gemCloseIoctl(two, 1);
    await gemCloseIoctl(two, 2);
    assert.equal(await gemOpenIoctl(two, name), -ENOENT);
    assert.equal(gpu.dev.objects, 0);
  });
}

/** Changes the handle of an object. Whatever the answer is, `leaked` references more are left, and the object with them. */
async function change(newHandle: (h: number) => number, answer: number, fixes: Partial<DrmGemFixes>): Promise<void> {
  const leaked = fixes.changeHandlePut === false ? 1 : 0;
  await quietly(async () => {
    const gpu = new Gpu({ fixes });
    const file = gpu.open();
    const { object, handle } = await gpu.handle(file);
    const other = await gpu.handle(file);
    const [references, handles] = [object.refcount, object.handleCount];
    const to = newHandle(handle);
    assert.equal(await gemChangeHandleIoctl(file, handle, to), answer);
    assert.deepEqual([object.refcount, object.handleCount], [references + leaked, handles]);
    const [at, gone] = answer === 0 ? [to, handle] : [handle, to];
    assert.equal(await peek(file, at), object);
    if (at !== gone) assert.notEqual(await peek(file, gone), object);
    assert.equal(await peek(file, other.handle), other.object);
    assert.equal(await gemCloseIoctl(file, at), 0);
    await drmRelease(file);
    assert.deepEqual([object.memory.freed, gpu.dev.objects], [leaked === 0, leaked]);
  });
}

async function changeMissing(): Promise<void> {
  await quietly(async () => {
    const file = new Gpu().open();
    assert.equal(await gemChangeHandleIoctl(file, 999, 5), -ENOENT);
    assert.equal(file.objectIdr.size, 0);
  });
}

async function changeWithoutGem(): Promise<void> {
  await quietly(async () => {
    const file = new Gpu({ driver: { features: [] } }).open();
    assert.equal(await gemChangeHandleIoctl(file, 1, 5), -EOPNOTSUPP);
  });
}

async function changeTooBig(fixes: Partial<DrmGemFixes>, heard: readonly RegExp[]): Promise<void> {
  const messages = await warnings(async () => {
    const gpu = new Gpu({ fixes });
    const file = gpu.open();
    const { object, handle } = await gpu.handle(file);
    for (const tooBig of [0x8000_0000, 0xffff_ffff]) {
      assert.equal(await gemChangeHandleIoctl(file, handle, tooBig), -EINVAL);
    }
    assert.equal(await peek(file, handle), object);
    assert.equal(await gemChangeHandleIoctl(file, handle, 0x7fff_ffff), 0);
    assert.equal(await peek(file, 0x7fff_ffff), object);
  });
  assert.equal(messages.length, heard.length);
  for (const [at, pattern] of heard.entries()) assert.match(messages[at] ?? '', pattern);
}

const MOVES: Readonly<Record<string, Contestant>> = {
  change: (file) => gemChangeHandleIoctl(file, 1, 77),
  close: (file) => gemCloseIoctl(file, 1),
};

const STEPS: readonly Ioctl[] = [
  { op: 'change', from: 1, to: 77 },
  { op: 'close', handle: 1 },
];

/** Either the handle was moved, or it was closed. */
function onlyOne([moved, closed]: readonly number[]): string | null {
  const answers = `change ${moved}, close ${closed}`;
  return answers === `change 0, close ${-EINVAL}` || answers === `change ${-ENOENT}, close 0` ? null : answers;
}

/** Every schedule of the two, however often they interrupt each other; then every state of the same code in steps. */
async function changeAgainstClose(): Promise<void> {
  const { fault, hang, complete, schedules } = await exploreWorld(race(MOVES, { judge: onlyOne }), {
    preemptions: Number.POSITIVE_INFINITY,
  });
  assert.deepEqual({ fault, hang, complete }, { fault: null, hang: null, complete: true });
  assert.ok(schedules > 50, `only ${schedules} schedules`);
  const steps = explore(changeHandleSystem({ version: 'v6', ioctls: STEPS }), { maxStates: 1_000 });
  assert.deepEqual([steps.fault, steps.hang, steps.complete], [null, null, true]);
}

/** What goes wrong first in each version, with the fewest turns. */
const FAULTS: readonly (readonly [ChangeHandleSystem['version'], RegExp])[] = [
  ['v1', /use-after-free of drm_gem_object/],
  ['v2', /use-after-free of drm_gem_object/],
  ['v3', /1 objects leaked/],
  ['v4', /use-after-free of drm_gem_object/],
  ['v5', /use-after-free of drm_gem_object/],
];

async function changeAgainstCloseBefore(): Promise<void> {
  for (const [version, pattern] of FAULTS) {
    const { fault } = await exploreWorld(race(MOVES, { fixes: CHANGE_HANDLE_VERSIONS[version] }));
    assert.match(fault?.what ?? 'no fault', pattern, version);
    assert.notEqual(explore(changeHandleSystem({ version, ioctls: STEPS })).fault, null, version);
  }
}

async function changeDisabled(): Promise<void> {
  await quietly(async () => {
    const gpu = new Gpu({ fixes: CHANGE_HANDLE_VERSIONS['v7.2'] });
    const file = gpu.open();
    const { object, handle } = await gpu.handle(file);
    for (const [from, to] of [
      [handle, 77],
      [handle, handle],
      [999, 5],
      [handle, 0x8000_0000],
    ] as const) {
      assert.equal(await gemChangeHandleIoctl(file, from, to), -EINVAL);
    }
    assert.deepEqual([await peek(file, handle), object.refcount], [object, 1]);
    const noGem = new Gpu({ driver: { features: [] }, fixes: { changeHandleDisabled: true } }).open();
    assert.equal(await gemChangeHandleIoctl(noGem, 1, 5), -EINVAL);
  });
}

export const GEM_CASES: readonly KernelCase[] = [
  { id: 'GEM-01', title: 'handle_refs', fixed: handleRefs },
  { id: 'GEM-02', title: 'double_close', fixed: doubleClose },
  { id: 'GEM-03', title: 'flink', fixed: flink },
  {
    id: 'GEM-10',
    title: 'change_same_handle',
    fixed: async () => {
      for (const version of ['v1', 'v6'] as const) await change((h) => h, 0, CHANGE_HANDLE_VERSIONS[version]);
    },
    before: () => change((h) => h, 0, LEAKS),
  },
  {
    id: 'GEM-11',
    title: 'change_success',
    fixed: async () => {
      for (const version of ['v1', 'v6'] as const) await change(() => 77, 0, CHANGE_HANDLE_VERSIONS[version]);
    },
    before: () => change(() => 77, 0, LEAKS),
  },
  {
    id: 'GEM-12',
    title: 'change_in_use: another object has the new handle',
    fixed: async () => {
      for (const version of ['v1', 'v6'] as const) await change((h) => h + 1, -ENOSPC, CHANGE_HANDLE_VERSIONS[version]);
    },
    before: () => change((h) => h + 1, -ENOSPC, LEAKS),
  },
  { id: 'GEM-13', title: 'change_missing', fixed: changeMissing },
  { id: 'GEM-14', title: 'change_no_gem', fixed: changeWithoutGem },
  {
    id: 'GEM-17',
    title: 'change_too_big',
    fixed: () => changeTooBig({}, []),
    before: () => changeTooBig(CHANGE_HANDLE_VERSIONS.v1, [/start -2147483648 < 0/, /start -1 < 0/]),
  },
  {
    id: 'GEM-18',
    title: 'change_against_close: one of the two succeeds, in every schedule',
    fixed: changeAgainstClose,
    before: changeAgainstCloseBefore,
  },
  { id: 'GEM-20', title: 'ioctl_disabled_7_2', fixed: changeDisabled },
];
