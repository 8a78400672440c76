// drivers/dma-buf/st-dma-fence.c, case by case.
import assert from 'node:assert/strict';
import type { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import { DmaFenceCallback } from '../../../src/models/dma-buf/fence-callback.ts';
import { dmaFenceGetStub } from '../../../src/models/dma-buf/stub-fence.ts';
import { hz, jiffiesToMs } from '../../../src/models/jiffies.ts';
import { rcu } from '../../../src/models/rcu.ts';
import { EIO, ENOENT, ETIME } from '../../../src/sync/errno.ts';
import { KernelCompletion } from '../../../src/sync/kernel-completion.ts';
import type { World } from '../../../src/sync/world.ts';
import { inKernel } from '../stage.ts';
import { mockFence, oldMockFence } from './fence-fixtures.ts';
import { raceSignalCallback } from './fence-race.ts';
import type { KernelCase } from './kernel-case.ts';

/** `mock_wait`, whose answers were its own: -ETIME after the timeout, else what was left of it. */
async function mockWait(fence: DmaFence, _intr: boolean, timeout: number): Promise<number> {
  const done = new KernelCompletion({ name: 'mock_wait' });
  const callback = new DmaFenceCallback();
  if ((await fence.addCallback(callback, () => done.complete())) !== 0) return timeout;
  const left = timeout === 0 ? 0 : await done.waitTimeout(jiffiesToMs(timeout));
  return (await fence.removeCallback(callback)) ? -ETIME : Math.ceil(left / jiffiesToMs(1));
}

/** Runs the body and expects no warning; returns nothing so that it can be a case. */
async function clean(body: (world: World) => Promise<void>): Promise<void> {
  const { misuses, findings } = await inKernel(body);
  assert.deepEqual(misuses, []);
  assert.deepEqual(findings, []);
}

/** A callback that remembers that it was called. */
class Witness extends DmaFenceCallback {
  seen = false;
  readonly see = (): void => {
    this.seen = true;
  };
}

const sanity: KernelCase = {
  id: 'STF-01',
  title: 'sanitycheck',
  fixed: () =>
    clean(async () => {
      const fence = mockFence();
      await fence.enableSwSignaling();
      await fence.signal();
      await fence.put();
      assert.equal(fence.memory.freed, false, 'not before a grace period');
      await rcu().barrier();
      assert.equal(fence.memory.freed, true);
    }),
};

const signaling: KernelCase = {
  id: 'STF-02',
  title: 'test_signaling',
  fixed: () => clean(() => signalTwice(mockFence(), true)),
  before: () => clean(() => signalTwice(oldMockFence(), false)),
};

async function signalTwice(fence: DmaFence, isDetached: boolean): Promise<void> {
  await fence.enableSwSignaling();
  assert.equal(await fence.isSignaled(), false);
  assert.equal(await fence.checkAndSignal(), false);
  assert.equal(await fence.isSignaled(), true);
  assert.equal(await fence.checkAndSignal(), true);
  assert.equal(fence.ops === null, isDetached);
  await fence.put();
}

const addCallback: KernelCase = {
  id: 'STF-03',
  title: 'test_add_callback',
  fixed: () =>
    clean(async () => {
      const [fence, it] = [mockFence(), new Witness()];
      assert.equal(await fence.addCallback(it, it.see), 0);
      await fence.signal();
      assert.equal(it.seen, true);
      await fence.put();
    }),
};

const lateAddCallback: KernelCase = {
  id: 'STF-04',
  title: 'test_late_add_callback',
  fixed: () =>
    clean(async () => {
      const [fence, it] = [mockFence(), new Witness()];
      await fence.enableSwSignaling();
      await fence.signal();
      assert.equal(await fence.addCallback(it, it.see), -ENOENT);
      await fence.signal();
      assert.equal(it.seen, false);
      await fence.put();
    }),
};

const removeCallback: KernelCase = {
  id: 'STF-05',
  title: 'test_rm_callback',
  fixed: () =>
    clean(async () => {
      const [fence, it] = [mockFence(), new Witness()];
      assert.equal(await fence.addCallback(it, it.see), 0);
      assert.equal(await fence.removeCallback(it), true);
      await fence.signal();
      assert.equal(it.seen, false);
      await fence.put();
    }),
};

const lateRemoveCallback: KernelCase = {
  id: 'STF-06',
  title: 'test_late_rm_callback',
  fixed: () =>
    clean(async () => {
      const [fence, it] = [mockFence(), new Witness()];
      assert.equal(await fence.addCallback(it, it.see), 0);
      await fence.signal();
      assert.equal(it.seen, true);
      assert.equal(await fence.removeCallback(it), false);
      await fence.put();
    }),
};

const status: KernelCase = {
  id: 'STF-07',
  title: 'test_status',
  fixed: () =>
    clean(async () => {
      const fence = mockFence();
      await fence.enableSwSignaling();
      assert.equal(await fence.getStatus(), 0);
      await fence.signal();
      assert.equal(await fence.getStatus(), 1);
      await fence.put();
    }),
};

const error: KernelCase = {
  id: 'STF-08',
  title: 'test_error',
  fixed: () =>
    clean(async () => {
      const fence = mockFence();
      await fence.enableSwSignaling();
      fence.setError(-EIO);
      assert.equal(await fence.getStatus(), 0);
      await fence.signal();
      assert.equal(await fence.getStatus(), -EIO);
      await fence.put();
    }),
};

async function poll(fence: DmaFence, unsignaled: number, signaled: number): Promise<void> {
  await fence.enableSwSignaling();
  assert.equal(await fence.waitTimeout(false, 0), unsignaled);
  await fence.signal();
  assert.equal(await fence.waitTimeout(false, 0), signaled);
  await fence.put();
}

const wait: KernelCase = {
  id: 'STF-09',
  title: 'test_wait',
  fixed: () => clean(() => poll(mockFence(), 0, 1)),
  before: () => clean(() => poll(oldMockFence({ wait: mockWait }), -ETIME, 0)),
};

async function waitForTimer(world: World, fence: DmaFence, timedOut: number, patience: number): Promise<void> {
  await fence.enableSwSignaling();
  assert.equal(await fence.waitTimeout(false, 1), timedOut);
  world.timer(() => void world.softirq(() => fence.signal(), 'timer'), jiffiesToMs(1));
  const left = await fence.waitTimeout(false, patience);
  assert.equal(left, patience - 1, 'the timer fires after one jiffy');
  await fence.signal();
  await fence.put();
}

const waitTimeout: KernelCase = {
  id: 'STF-10',
  title: 'test_wait_timeout',
  fixed: () => clean((world) => waitForTimer(world, mockFence(), 0, hz())),
  before: () => clean((world) => waitForTimer(world, oldMockFence({ wait: mockWait }), -ETIME, 2)),
};

const stub: KernelCase = {
  id: 'STF-11',
  title: 'test_stub',
  fixed: () =>
    clean(async () => {
      const fences: DmaFence[] = [];
      for (let i = 0; i < 64; i++) fences.push(await dmaFenceGetStub());
      for (const fence of fences) assert.equal(await fence.isSignaled(), true);
      for (const fence of fences) await fence.put();
      await rcu().barrier();
      assert.equal(fences[0]?.memory.freed, false);
      assert.equal(fences[0]?.refcount, 1);
    }),
};

export const FENCE_CASES: readonly KernelCase[] = [
  sanity,
  signaling,
  addCallback,
  lateAddCallback,
  removeCallback,
  lateRemoveCallback,
  status,
  error,
  wait,
  waitTimeout,
  stub,
  raceSignalCallback,
];
