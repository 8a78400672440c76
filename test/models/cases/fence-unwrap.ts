// drivers/dma-buf/st-dma-fence-unwrap.c, case by case.
import assert from 'node:assert/strict';
import { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import { DmaFenceArray } from '../../../src/models/dma-buf/fence-array.ts';
import { DmaFenceChain } from '../../../src/models/dma-buf/fence-chain.ts';
import { dmaFenceContextAlloc } from '../../../src/models/dma-buf/fence-context.ts';
import { dmaFenceUnwrap, dmaFenceUnwrapMerge } from '../../../src/models/dma-buf/fence-unwrap.ts';
import { dmaFenceGetStub } from '../../../src/models/dma-buf/stub-fence.ts';
import { rcu } from '../../../src/models/rcu.ts';
import { inKernel } from '../stage.ts';
import { MOCK_NAMES } from './fence-fixtures.ts';
import type { KernelCase } from './kernel-case.ts';

/** `mock_fence`: a context of its own, seqno 1, signaling enabled. */
async function mock(context: number = dmaFenceContextAlloc(1), seqno = 1): Promise<DmaFence> {
  const fence = new DmaFence(MOCK_NAMES, null, context, seqno);
  await fence.enableSwSignaling();
  return fence;
}

/** Consumes the references. */
function array(...fences: readonly DmaFence[]): DmaFence {
  return new DmaFenceArray(fences, dmaFenceContextAlloc(1), 1, false).base;
}

/** Consumes the references. */
function chain(previous: DmaFence | null, fence: DmaFence, seqno = 1): DmaFence {
  return new DmaFenceChain(previous, fence, seqno).base;
}

async function leaves(head: DmaFence): Promise<DmaFence[]> {
  const seen: DmaFence[] = [];
  for await (const fence of dmaFenceUnwrap(head)) seen.push(fence);
  return seen;
}

async function merge(...fences: readonly DmaFence[]): Promise<DmaFence> {
  const merged = await dmaFenceUnwrapMerge(...fences);
  assert.ok(merged !== null);
  return merged;
}

/** Equal without regard to order, each once. */
function sameFences(actual: readonly DmaFence[], expected: readonly DmaFence[]): void {
  assert.equal(actual.length, expected.length);
  assert.deepEqual(new Set(actual), new Set(expected));
}

/**
 * The body makes fences and says with which references it is left; signals the mocks, puts those, and expects that every
 * fence is freed without a warning.
 */
function unwrapCase(
  id: string,
  title: string,
  body: () => Promise<{ mocks: readonly DmaFence[]; owned: readonly DmaFence[] }>,
): KernelCase {
  const fixed = async (): Promise<void> => {
    const { misuses } = await inKernel(async () => {
      const { mocks, owned } = await body();
      for (const fence of mocks) if (!fence.memory.freed) await fence.signal();
      for (const fence of owned) await fence.put();
      await rcu().barrier();
      for (const fence of [...mocks, ...owned]) assert.equal(fence.memory.freed, true, `${fence.label} is leaked`);
    });
    assert.deepEqual(misuses, []);
  };
  return { id, title, fixed };
}

export const FENCE_UNWRAP_CASES: readonly KernelCase[] = [
  unwrapCase('STU-01', 'sanitycheck', async () => {
    const fence = await mock();
    const head = chain(null, array(fence));
    await head.put();
    await rcu().barrier();
    assert.equal(head.memory.freed, true);
    assert.equal(fence.memory.freed, true);
    return { mocks: [fence], owned: [] };
  }),
  unwrapCase('STU-02', 'unwrap_array', async () => {
    const mocks = [await mock(), await mock()];
    const head = array(...mocks);
    sameFences(await leaves(head), mocks);
    return { mocks, owned: [head] };
  }),
  unwrapCase('STU-03', 'unwrap_chain', async () => {
    const [first, second] = [await mock(), await mock()];
    const head = chain(first, second);
    sameFences(await leaves(head), [first, second]);
    return { mocks: [first, second], owned: [head] };
  }),
  unwrapCase('STU-04', 'unwrap_chain_array', async () => {
    const mocks = [await mock(), await mock()];
    const head = chain(null, array(...mocks));
    sameFences(await leaves(head), mocks);
    return { mocks, owned: [head] };
  }),
  unwrapCase('STU-05', 'unwrap_merge', async () => {
    const [first, second] = [await mock(), await mock()];
    const merged = await merge(first, second);
    sameFences(await leaves(merged), [first, second]);
    return { mocks: [first, second], owned: [merged, first, second] };
  }),
  unwrapCase('STU-06', 'unwrap_merge_duplicate', async () => {
    const fence = await mock();
    const merged = await merge(fence, fence);
    assert.deepEqual(await leaves(merged), [fence]);
    assert.equal(merged, fence, 'one fence is left, so it is the result');
    return { mocks: [fence], owned: [merged, fence] };
  }),
  unwrapCase('STU-07', 'unwrap_merge_seqno', async () => {
    const first = dmaFenceContextAlloc(2);
    const f1 = await mock(first + 1, 1);
    const f2 = await mock(first + 1, 2);
    const f3 = await mock(first, 1);
    const merged = await merge(f1, f2, f3);
    assert.deepEqual(labels(await leaves(merged)), labels([f3, f2]));
    return { mocks: [f1, f2, f3], owned: [merged, f1, f2, f3] };
  }),
  unwrapCase('STU-08', 'unwrap_merge_order', async () => {
    const [f1, f2] = [await mock(), await mock()];
    const a1 = array(f1.get(), f2.get());
    const c2 = chain(chain(null, f1.get(), 1), f2.get(), 2);
    const merged = await merge(a1, c2);
    assert.deepEqual(labels(await leaves(merged)), labels([f1, f2]));
    return { mocks: [f1, f2], owned: [merged, a1, c2, f1, f2] };
  }),
  unwrapCase('STU-09', 'unwrap_merge_complex', async () => {
    const [f1, f2] = [await mock(), await mock()];
    const m1 = await merge(f1, f2);
    const a = array(f2.get(), f1.get());
    const stub = await dmaFenceGetStub();
    const merged = await merge(m1, a, stub);
    sameFences(await leaves(merged), [f1, f2]);
    await stub.put();
    return { mocks: [f1, f2], owned: [merged, m1, a, f1, f2] };
  }),
  unwrapCase('STU-10', 'unwrap_merge_complex_seqno', async () => {
    const c0 = dmaFenceContextAlloc(2);
    const f1 = await mock(c0, 2);
    const f2 = await mock(c0 + 1, 1);
    const f3 = await mock(c0, 1);
    const f4 = await mock(c0 + 1, 2);
    const [a1, a2] = [array(f1.get(), f2.get()), array(f3.get(), f4.get())];
    const merged = await merge(a1, a2);
    assert.deepEqual(labels(await leaves(merged)), labels([f1, f4]));
    return { mocks: [f1, f2, f3, f4], owned: [merged, a1, a2, f1, f2, f3, f4] };
  }),
];

function labels(fences: readonly DmaFence[]): string[] {
  return fences.map(({ label }) => label);
}
