// st-dma-resv, each case for every usage, and what follows from the rules of dma-resv.c.
import assert from 'node:assert/strict';
import type { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import { DmaResv, RESERVATION_WW_CLASS } from '../../../src/models/dma-buf/resv.ts';
import type { DmaResvFixes } from '../../../src/models/dma-buf/resv-fixes.ts';
import { DmaResvIter, dmaResvForEachFence } from '../../../src/models/dma-buf/resv-iter.ts';
import { DmaResvList } from '../../../src/models/dma-buf/resv-list.ts';
import { type DmaResvUsage, DmaResvUsageLevel } from '../../../src/models/dma-buf/resv-usage.ts';
import { MAX_SCHEDULE_TIMEOUT } from '../../../src/models/jiffies.ts';
import { rcu } from '../../../src/models/rcu.ts';
import { EALREADY, EDEADLK } from '../../../src/sync/errno.ts';
import type { World } from '../../../src/sync/world.ts';
import { WwAcquireContext } from '../../../src/sync/ww-acquire-context.ts';
import { inKernel, quietly } from '../stage.ts';
import { fenceOf, mockFence } from './fence-fixtures.ts';
import type { KernelCase } from './kernel-case.ts';

const { KERNEL, WRITE, READ, BOOKKEEP } = DmaResvUsageLevel;

/** Runs a body of the kernel's suite for each usage, and expects silence. */
function forEachUsage(body: (usage: DmaResvUsage, world: World) => Promise<void>): () => Promise<void> {
  return async () => {
    for (const usage of [KERNEL, WRITE, READ, BOOKKEEP]) {
      const { misuses, circles } = await inKernel((world) => body(usage, world));
      assert.deepEqual([misuses, circles()], [[], []]);
    }
  };
}

/** A locked object with one fence in it. */
async function withFence(usage: DmaResvUsage): Promise<{ readonly resv: DmaResv; readonly fence: DmaFence }> {
  const [resv, fence] = [new DmaResv(), mockFence()];
  await fence.enableSwSignaling();
  assert.equal(await resv.lock(), 0);
  assert.equal(await resv.reserveFences(1), 0);
  await resv.addFence(fence, usage);
  return { resv, fence };
}

/** Everything goes, and with it every reference. */
async function end(resv: DmaResv, ...fences: readonly DmaFence[]): Promise<void> {
  await resv.fini();
  for (const fence of fences) await fence.put();
  await rcu().barrier();
  for (const fence of fences) assert.ok(fence.memory.freed, `${fence.label} is left`);
}

const selftests: readonly KernelCase[] = [
  {
    id: 'STR-01',
    title: 'sanitycheck',
    fixed: forEachUsage(async () => {
      const resv = new DmaResv();
      assert.equal(await resv.lock(), 0);
      resv.unlock();
      await resv.fini();
    }),
  },
  {
    id: 'STR-02',
    title: 'test_signaling',
    fixed: forEachUsage(async (usage) => {
      const { resv, fence } = await withFence(usage);
      assert.equal(await resv.testSignaled(usage), false);
      await fence.signal();
      assert.equal(await resv.testSignaled(usage), true);
      resv.unlock();
      await end(resv, fence);
    }),
  },
  {
    id: 'STR-03',
    title: 'test_for_each',
    fixed: forEachUsage(async (usage) => {
      const { resv, fence } = await withFence(usage);
      const cursor = new DmaResvIter(resv, usage);
      const seen = [...dmaResvForEachFence(cursor)];
      assert.deepEqual([seen.length, seen[0] === fence, cursor.fenceUsage], [1, true, usage]);
      await fence.signal();
      resv.unlock();
      await end(resv, fence);
    }),
  },
  {
    id: 'STR-04',
    title: 'test_for_each_unlocked',
    fixed: forEachUsage(async (usage) => {
      const { resv, fence } = await withFence(usage);
      resv.unlock();
      const cursor = new DmaResvIter(resv, usage);
      assert.equal(await cursor.firstUnlocked(), fence);
      assert.deepEqual([cursor.isRestarted, cursor.fenceUsage, fence.refcount], [true, usage, 3]);
      cursor.fences = new DmaResvList(0);
      assert.equal(await cursor.nextUnlocked(), fence);
      assert.deepEqual([cursor.isRestarted, cursor.fenceUsage, fence.refcount], [true, usage, 3]);
      assert.equal(await cursor.nextUnlocked(), null);
      assert.deepEqual([cursor.isRestarted, fence.refcount], [false, 2]);
      await cursor.end();
      await fence.signal();
      await end(resv, fence);
    }),
  },
  {
    id: 'STR-05',
    title: 'test_get_fences',
    fixed: forEachUsage(async (usage) => {
      const { resv, fence } = await withFence(usage);
      resv.unlock();
      const fences = await resv.getFences(usage);
      assert.ok(typeof fences !== 'number' && fences.length === 1 && fences[0] === fence);
      await fence.signal();
      for (const each of fences) await each.put();
      await end(resv, fence);
    }),
  },
];

async function usageInclusion(): Promise<void> {
  await quietly(async () => {
    const resv = new DmaResv();
    const levels = [KERNEL, WRITE, READ, BOOKKEEP] as const;
    const fences = levels.map((level) => fenceOf(level + 1, 1));
    await resv.lock();
    assert.equal(await resv.reserveFences(4), 0);
    // Against the order of the levels, which does not count.
    for (const level of levels.toReversed()) await resv.addFence(fences[level] as DmaFence, level);
    for (const level of levels) {
      const found = [...dmaResvForEachFence(new DmaResvIter(resv, level))];
      const wanted = fences.slice(0, level + 1);
      assert.deepEqual(new Set(found), new Set(wanted));
      const references = await resv.getFences(level);
      assert.ok(typeof references !== 'number');
      assert.deepEqual(new Set(references), new Set(wanted));
      for (const fence of references) await fence.put();
    }
    resv.unlock();
  });
}

async function lazyRelease(): Promise<void> {
  await quietly(async () => {
    const { resv, fence } = await withFence(WRITE);
    await fence.signal();
    assert.equal(fence.refcount, 2);
    // The list has 4 slots, and nobody needs this one yet.
    assert.equal(await resv.reserveFences(3), 0);
    assert.equal(fence.refcount, 2);
    assert.equal(await resv.reserveFences(4), 0);
    assert.equal(fence.refcount, 1);
    resv.unlock();
    await end(resv, fence);
  });
}

/** One lock after the other by two contexts that would wait for each other. */
async function wwDie(): Promise<void> {
  const answers: Record<string, number> = {};
  await quietly(async (world) => {
    const [a, b] = [new DmaResv({ label: 'A' }), new DmaResv({ label: 'B' })];
    const [old, young] = [new WwAcquireContext(RESERVATION_WW_CLASS), new WwAcquireContext(RESERVATION_WW_CLASS)];
    world.task('young', async () => {
      assert.equal(await b.lock(young), 0);
      await world.sleep(10);
      answers['young A'] = await a.lock(young);
      b.unlock();
      await world.sleep(10);
      await a.lockSlow(young);
      answers['young B'] = await b.lock(young);
      answers['young A again'] = await a.lock(young);
      assert.equal(a.lockingContext, young);
      young.done();
      a.unlock();
      b.unlock();
      young.fini();
    });
    world.task('old', async () => {
      assert.equal(await a.lock(old), 0);
      await world.sleep(15);
      answers['old B'] = await b.lock(old);
      old.done();
      await world.sleep(15);
      a.unlock();
      b.unlock();
      old.fini();
    });
    await world.sleep(100);
    await a.fini();
    await b.fini();
  });
  assert.deepEqual(answers, { 'young A': -EDEADLK, 'old B': 0, 'young B': 0, 'young A again': -EALREADY });
}

/** What is in the object after a second fence of a context was added. */
async function added(
  fixes: Partial<DmaResvFixes>,
  first: readonly [seqno: number, usage: DmaResvUsage],
  second: readonly [seqno: number, usage: DmaResvUsage],
): Promise<string[]> {
  let labels: string[] = [];
  await quietly(async () => {
    const resv = new DmaResv({ fixes });
    await resv.lock();
    assert.equal(await resv.reserveFences(2), 0);
    for (const [seqno, usage] of [first, second]) await resv.addFence(fenceOf(7, seqno), usage);
    labels = [...dmaResvForEachFence(new DmaResvIter(resv, BOOKKEEP))].map(({ label }) => label);
    resv.unlock();
  });
  return labels;
}

/** The same fence over and over, with one slot. */
async function sameFence(addTestsSame: boolean): Promise<string[]> {
  const { messages } = await inKernel(
    async () => {
      const [resv, fence] = [new DmaResv({ fixes: { addTestsSame } }), fenceOf(7, 1)];
      await resv.lock();
      assert.equal(await resv.reserveFences(1), 0);
      for (let i = 0; i < 5; i++) await resv.addFence(fence, WRITE);
      assert.equal(fence.refcount, 2);
      resv.unlock();
    },
    { mayCrash: true },
  );
  return messages('bug');
}

/** A preempt fence becomes an update of the page table, whose owner then lets go of it. */
async function replaced(replaceTakesReference: boolean): Promise<string[]> {
  const { messages } = await inKernel(
    async () => {
      const resv = new DmaResv({ fixes: { replaceTakesReference } });
      const [preempt, update, other] = [fenceOf(7, 1), fenceOf(8, 1), fenceOf(9, 1)];
      await resv.lock();
      assert.equal(await resv.reserveFences(3), 0);
      await resv.addFence(preempt, BOOKKEEP);
      await resv.addFence(other, READ);
      await resv.replaceFences(7, update, KERNEL);
      const cursor = new DmaResvIter(resv, BOOKKEEP);
      const found = [...dmaResvForEachFence(cursor)];
      assert.ok(found[0] === update && found[1] === other && found.length === 2);
      assert.equal(preempt.refcount, 1);
      resv.unlock();
      for (const fence of [preempt, update, other]) {
        await fence.signal();
        await fence.put();
      }
      await rcu().barrier();
      await resv.testSignaled(BOOKKEEP);
      await resv.fini();
    },
    { mayCrash: true },
  );
  return messages('use-after-free');
}

/** Jiffies that a look at three unsignaled fences takes. */
async function zeroTimeout(zeroTimeoutOnlyLooks: boolean): Promise<number> {
  let jiffies = -1;
  await quietly(async (world) => {
    const resv = new DmaResv({ fixes: { zeroTimeoutOnlyLooks } });
    await resv.lock();
    assert.equal(await resv.reserveFences(3), 0);
    for (const context of [1, 2, 3]) await resv.addFence(fenceOf(context, 1), READ);
    resv.unlock();
    const before = world.jiffies;
    assert.equal(await resv.waitTimeout(READ, false, 0), 0);
    jiffies = world.jiffies - before;
    assert.equal(await resv.waitTimeout(KERNEL, false, 0), 1);
    assert.equal(await resv.waitTimeout(KERNEL, false, MAX_SCHEDULE_TIMEOUT), MAX_SCHEDULE_TIMEOUT);
  });
  return jiffies;
}

export const RESV_CASES: readonly KernelCase[] = [
  ...selftests,
  { id: 'STR-06', title: 'usage_inclusion', fixed: usageInclusion },
  { id: 'STR-08', title: 'lazy_release', fixed: lazyRelease },
  { id: 'STR-10', title: 'ww_die', fixed: wwDie },
  {
    id: 'STR-LATE',
    title: 'a fence takes the place of an earlier one, not of a later one',
    fixed: async () => {
      assert.deepEqual(await added({}, [1, READ], [2, READ]), ['7:2']);
      assert.deepEqual(await added({}, [2, READ], [1, READ]), ['7:2', '7:1']);
      assert.deepEqual(await added({}, [1, READ], [2, WRITE]), ['7:2']);
      assert.deepEqual(await added({}, [1, WRITE], [2, READ]), ['7:1', '7:2']);
      assert.deepEqual(await added({}, [0xffff_ffff, READ], [1, READ]), ['7:1']);
    },
    before: async () => {
      const before = { addTestsLater: false };
      assert.deepEqual(await added(before, [2, READ], [1, READ]), ['7:1']);
    },
  },
  {
    id: 'STR-SAME',
    title: 'the same fence again needs no slot',
    fixed: async () => assert.deepEqual(await sameFence(true), []),
    before: async () => assert.match((await sameFence(false))[0] ?? '', /kernel BUG: dma_resv_add_fence.* slot/),
  },
  {
    id: 'STR-REPL',
    title: 'a replacement is held by every place it gets',
    fixed: async () => assert.deepEqual(await replaced(true), []),
    before: async () => assert.match((await replaced(false))[0] ?? '', /use-after-free of dma_fence 8:1/),
  },
  {
    id: 'STR-ZERO',
    title: 'a wait with timeout 0 takes no time',
    fixed: async () => assert.equal(await zeroTimeout(true), 0),
    before: async () => assert.equal(await zeroTimeout(false), 1),
  },
];
