import { describe, expect, test } from 'vitest';
import { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import { DmaFenceArray } from '../../../src/models/dma-buf/fence-array.ts';
import {
  DmaFenceChain,
  dmaFenceChainContained,
  dmaFenceChainFindSeqno,
  dmaFenceChainWalk,
  toDmaFenceChain,
} from '../../../src/models/dma-buf/fence-chain.ts';
import { dmaFenceUnwrap, dmaFenceUnwrapMerge } from '../../../src/models/dma-buf/fence-unwrap.ts';
import { dmaFenceGetStub } from '../../../src/models/dma-buf/stub-fence.ts';
import { rcu } from '../../../src/models/rcu.ts';
import { failSlab } from '../../../src/models/slab.ts';
import { EINVAL } from '../../../src/sync/errno.ts';
import { FenceChains } from '../cases/fence-chains.ts';
import { MOCK_NAMES, mockFence } from '../cases/fence-fixtures.ts';
import { inKernel } from '../stage.ts';

describe('dma_fence_chain', () => {
  test('keeps context and previous seqno while seqnos rise, else begins anew and never goes back', async () => {
    await inKernel(() => {
      const first = new DmaFenceChain(null, mockFence(), 5);
      const second = new DmaFenceChain(first.base, mockFence(), 9);
      const back = new DmaFenceChain(second.base, mockFence(), 7);
      const plain = new DmaFenceChain(mockFence(), mockFence(), 3);
      expect([second.base.context, second.previousSeqno]).toEqual([first.base.context, 5n]);
      expect(back.base.context).not.toBe(second.base.context);
      expect([back.base.seqno, back.previousSeqno]).toEqual([9n, 0n]);
      expect([plain.base.seqno, plain.previousSeqno]).toEqual([3n, 0n]);
    });
  });

  test('WARNs for a chain inside of a node; contained is the fence itself elsewhere', async () => {
    const { messages } = await inKernel(() => {
      const fence = mockFence();
      const inner = new DmaFenceChain(null, fence, 1);
      expect([dmaFenceChainContained(inner.base), dmaFenceChainContained(fence)]).toEqual([fence, fence]);
      expect([toDmaFenceChain(inner.base), toDmaFenceChain(fence)]).toEqual([inner, null]);
      new DmaFenceChain(null, inner.base, 2);
    });
    expect(messages('warn')).toHaveLength(1);
  });

  test('find_seqno refuses what is no chain and what is ahead, and keeps the reference', async () => {
    await inKernel(async () => {
      const fence = mockFence();
      expect(await dmaFenceChainFindSeqno(fence, 1)).toEqual({ ret: -EINVAL, fence });
      expect(await dmaFenceChainFindSeqno(fence, 0)).toEqual({ ret: 0, fence });
      const chain = new DmaFenceChain(null, fence, 4).base;
      expect((await dmaFenceChainFindSeqno(chain, 5)).ret).toBe(-EINVAL);
      expect(chain.refcount).toBe(1);
      await fence.signal();
      expect(await dmaFenceChainFindSeqno(chain, 3)).toEqual({ ret: 0, fence: chain });
    });
  });

  test('a walk takes signaled points out for good and puts them', async () => {
    const { misuses } = await inKernel(async (world) => {
      const chains = await FenceChains.init(4, (i) => i + 1);
      await chains.fence(1).signal();
      await chains.fence(2).signal();
      await world.sleep(1);
      const held = chains.chain(2).refcount;
      const before = await dmaFenceChainWalk(chains.tail.get());
      expect(before).toBe(chains.chain(0));
      expect(chains.chain(2).refcount).toBe(held - 1);
      expect(toDmaFenceChain(chains.tail)?.previous.dereference()).toBe(chains.chain(0));
      await before?.put();
      await chains.fini();
      await world.sleep(1);
    });
    expect(misuses).toEqual([]);
  });

  test('a plain fence in front is a point too', async () => {
    await inKernel(async () => {
      const [old, own] = [mockFence(), mockFence()];
      const chain = new DmaFenceChain(old.get(), own.get(), 1).base;
      await own.signal();
      expect(await chain.isSignaled()).toBe(false);
      await old.signal();
      expect(await chain.isSignaled()).toBe(true);
    });
  });

  test('the release of a long chain does not recurse', async () => {
    const { misuses } = await inKernel(async () => {
      let head: DmaFence | null = null;
      for (let i = 0; i < 6_000; i++) head = new DmaFenceChain(head, mockFence(), i + 1).base;
      await head?.put();
      await rcu().barrier();
      expect(head?.memory.freed).toBe(true);
    });
    expect(misuses).toEqual([]);
  });

  test('deadlines go to every point', async () => {
    await inKernel(async () => {
      const seen: number[] = [];
      const fence = (): DmaFence => mockFence({ setDeadline: (_fence, at) => void seen.push(at) });
      const chain = new DmaFenceChain(new DmaFenceChain(null, fence(), 1).base, fence(), 2).base;
      await chain.setDeadline(6);
      expect(seen).toEqual([6, 6]);
    });
  });
});

describe('unwrap', () => {
  test('leaving early puts the node', async () => {
    await inKernel(async () => {
      const chain = new DmaFenceChain(new DmaFenceChain(null, mockFence(), 1).base, mockFence(), 2).base;
      for await (const fence of dmaFenceUnwrap(chain)) {
        expect(fence.refcount).toBe(1);
        break;
      }
      expect(chain.refcount).toBe(1);
    });
  });

  test('merging what is signaled is a private stub with the newest timestamp', async () => {
    await inKernel(async (world) => {
      const [a, b] = [mockFence(), mockFence()];
      await world.sleep(4);
      await b.signal();
      await world.sleep(4);
      await a.signal();
      await world.sleep(4);
      const merged = await dmaFenceUnwrapMerge(a, b);
      expect(merged).not.toBe(await dmaFenceGetStub());
      expect([await merged?.timestamp(), merged?.context, merged?.seqno, merged?.ops]).toEqual([8, 0, 0n, null]);
    });
  });

  test('without memory it is null, and every reference is put', async () => {
    await inKernel(async () => {
      const fences = [1, 2].map((context) => new DmaFence(MOCK_NAMES, null, context, 1));
      const [a, b] = fences as [DmaFence, DmaFence];
      for (const failing of ['dma_fence_unwrap_merge', 'dma_fence_array_create']) {
        failSlab((what) => what === failing);
        expect(await dmaFenceUnwrapMerge(a, b)).toBe(null);
      }
      expect([a.refcount, b.refcount]).toEqual([1, 1]);
      failSlab((what) => what === 'dma_fence_allocate_private_stub');
      expect(await dmaFenceUnwrapMerge()).toBe(null);
    });
  });

  test('arrays in chains: everything inside, once each', async () => {
    await inKernel(async () => {
      const fences = [1, 2, 3].map((context) => new DmaFence(MOCK_NAMES, null, context, 1));
      const [a, b, c] = fences as [DmaFence, DmaFence, DmaFence];
      const chain = new DmaFenceChain(c.get(), new DmaFenceArray([b.get(), a.get()], 8, 1, false).base, 1).base;
      const merged = await dmaFenceUnwrapMerge(chain, b);
      const labels: string[] = [];
      if (merged !== null) for await (const { label } of dmaFenceUnwrap(merged)) labels.push(label);
      expect(labels).toEqual(['1:1', '2:1', '3:1']);
    });
  });

  test('the stub is detached, one for all, and never goes', async () => {
    await inKernel(async () => {
      const [a, b] = [await dmaFenceGetStub(), await dmaFenceGetStub()];
      const reader = rcu().readLock();
      expect([a === b, a.ops, await a.driverName()]).toEqual([true, null, 'detached-driver']);
      reader.unlock();
    });
  });
});
