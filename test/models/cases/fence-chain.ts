// drivers/dma-buf/st-dma-fence-chain.c, case by case.
import assert from 'node:assert/strict';
import type { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import { DmaFenceChain, dmaFenceChainFindSeqno } from '../../../src/models/dma-buf/fence-chain.ts';
import { rcu } from '../../../src/models/rcu.ts';
import { seededPick } from '../../../src/sync/choice.ts';
import type { World } from '../../../src/sync/world.ts';
import { inKernel } from '../stage.ts';
import { FenceChains } from './fence-chains.ts';
import { mockFence } from './fence-fixtures.ts';
import type { KernelCase } from './kernel-case.ts';

/** Runs the body on a timeline, ends it, and expects that nothing was misused and everything is freed. */
async function withChains(
  count: number,
  seqno: (index: number) => number,
  body: (chains: FenceChains, world: World) => Promise<void>,
): Promise<void> {
  const { misuses, findings } = await inKernel(async (world) => {
    const chains = await FenceChains.init(count, seqno);
    await body(chains, world);
    await chains.fini();
    await settle(world);
    await rcu().barrier();
    for (let i = 0; i < count; i++)
      assert.ok(chains.fence(i).memory.freed && chains.chain(i).memory.freed, `node ${i}`);
  });
  assert.deepEqual(misuses, []);
  assert.deepEqual(findings, []);
}

/** Lets every irq_work run. */
async function settle(world: World): Promise<void> {
  await world.sleep(1);
}

async function find(from: DmaFence, seqno: number): Promise<{ readonly ret: number; readonly fence: DmaFence | null }> {
  return dmaFenceChainFindSeqno(from.get(), seqno);
}

/** The node that `findSeqno` answers with; it must not fail. */
async function found(from: DmaFence, seqno: number): Promise<DmaFence | null> {
  const { ret, fence } = await find(from, seqno);
  assert.equal(ret, 0, `find_seqno(${seqno})`);
  await fence?.put();
  return fence;
}

const sanity: KernelCase = {
  id: 'STC-01',
  title: 'sanitycheck',
  fixed: async () => {
    const { misuses } = await inKernel(async (world) => {
      const fence = mockFence();
      const chain = new DmaFenceChain(null, fence.get(), 1);
      await chain.base.enableSwSignaling();
      await fence.signal();
      await fence.put();
      await chain.base.put();
      await settle(world);
      await rcu().barrier();
      assert.equal(chain.base.memory.freed, true);
      assert.equal(fence.memory.freed, true);
    });
    assert.deepEqual(misuses, []);
  },
};

const findSeqno: KernelCase = {
  id: 'STC-02',
  title: 'find_seqno',
  fixed: () =>
    withChains(
      64,
      (i) => i + 1,
      async (chains) => {
        assert.equal(await found(chains.tail, 0), chains.tail);
        for (let i = 0; i < 64; i++) {
          assert.equal(await found(chains.tail, i + 1), chains.chain(i));
          assert.equal(await found(chains.chain(i), i + 1), chains.chain(i), 'self');
          const future = await find(chains.chain(i), i + 2);
          assert.ok(future.ret < 0, 'future');
          await future.fence?.put();
          const past = await found(chains.chain(i), i);
          if (i > 0) assert.equal(past, chains.chain(i - 1));
        }
      },
    ),
};

const findSignaled: KernelCase = {
  id: 'STC-03',
  title: 'find_signaled',
  fixed: () =>
    withChains(
      2,
      (i) => i + 1,
      async (chains) => {
        await chains.fence(0).signal();
        const node = await found(chains.tail, 1);
        assert.ok(node === null || node === chains.chain(0));
      },
    ),
};

const findOutOfOrder: KernelCase = {
  id: 'STC-04',
  title: 'find_out_of_order',
  fixed: () =>
    withChains(
      3,
      (i) => i + 1,
      async (chains) => {
        await chains.fence(1).signal();
        assert.equal(await found(chains.tail, 2), chains.chain(0));
      },
    ),
};

const findGap: KernelCase = {
  id: 'STC-05',
  title: 'find_gap',
  fixed: () =>
    withChains(
      64,
      (i) => 2 * i + 2,
      async (chains) => {
        for (let i = 0; i < 64; i++) {
          assert.equal(await found(chains.tail, 2 * i + 1), chains.chain(i));
          assert.equal(await found(chains.chain(i), 2 * i + 2), chains.chain(i));
        }
      },
    ),
};

const signalForward: KernelCase = {
  id: 'STC-07',
  title: 'signal_forward',
  fixed: () =>
    withChains(
      64,
      (i) => i + 1,
      async (chains) => {
        for (let i = 0; i < 64; i++) {
          await chains.fence(i).signal();
          assert.equal(await chains.chain(i).isSignaled(), true);
          if (i + 1 < 64) assert.equal(await chains.chain(i + 1).isSignaled(), false);
        }
      },
    ),
};

const signalBackward: KernelCase = {
  id: 'STC-08',
  title: 'signal_backward',
  fixed: () =>
    withChains(
      64,
      (i) => i + 1,
      async (chains) => {
        for (let i = 63; i >= 0; i--) {
          await chains.fence(i).signal();
          if (i > 0) assert.equal(await chains.chain(i).isSignaled(), false);
        }
        for (let i = 0; i < 64; i++) assert.equal(await chains.chain(i).isSignaled(), true);
      },
    ),
};

const CHAIN_SIZE = 4096;

/** A thread waits for the newest point while the fences are signaled in some order. */
function waiting(id: string, title: string, order: (indices: number[]) => number[]): KernelCase {
  return {
    id,
    title,
    fixed: () =>
      withChains(
        CHAIN_SIZE,
        (i) => i + 1,
        async (chains, world) => {
          let result: number | null = null;
          const tail = chains.tail.get();
          world.task('waiter', async () => {
            result = await tail.wait(false, { site: 'wait_thread' });
            await tail.put();
          });
          await world.yield();
          assert.equal(result, null, 'waits');
          for (const index of order([...chains.fences.keys()])) await chains.fence(index).signal();
          await settle(world);
          assert.equal(result, 0);
        },
      ),
  };
}

/** Threads look for points while they are signaled. */
const findRace: KernelCase = {
  id: 'STC-06',
  title: 'find_race',
  fixed: () =>
    withChains(
      64,
      (i) => i + 1,
      async (chains, world) => {
        const pick = seededPick(7);
        let running = 4;
        for (let t = 0; t < 4; t++) {
          world.task(`find${t}`, async () => {
            for (let round = 0; round < 50; round++) {
              const seqno = pick(64) + 1;
              const { ret, fence } = await find(chains.tail, seqno);
              assert.equal(ret, 0);
              assert.ok(fence === null || fence.seqno <= BigInt(seqno), `${fence?.seqno} for ${seqno}`);
              await fence?.put();
              await chains.fence(pick(64)).signal();
              await world.yield();
            }
            running--;
          });
        }
        await settle(world);
        assert.equal(running, 0);
        assert.ok(chains.fences.filter((fence) => fence.testSignaledFlag()).length > 32);
      },
    ),
};

/** Fisher and Yates, with the same result every time. */
function shuffled(indices: number[]): number[] {
  const pick = seededPick(4096);
  for (let i = indices.length - 1; i > 0; i--) {
    const j = pick(i + 1);
    [indices[i], indices[j]] = [indices[j] as number, indices[i] as number];
  }
  return indices;
}

export const FENCE_CHAIN_CASES: readonly KernelCase[] = [
  sanity,
  findSeqno,
  findSignaled,
  findOutOfOrder,
  findGap,
  findRace,
  signalForward,
  signalBackward,
  waiting('STC-09', 'wait_forward', (indices) => indices),
  waiting('STC-10', 'wait_backward', (indices) => indices.toReversed()),
  waiting('STC-11', 'wait_random', shuffled),
];
