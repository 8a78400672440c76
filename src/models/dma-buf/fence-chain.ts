import { EINVAL } from '../../sync/errno.ts';
import { IrqWork } from '../irq-work.ts';
import { rcu } from '../rcu.ts';
import { RcuPointer } from '../rcu-pointer.ts';
import { warnOn } from '../warn.ts';
import { DmaFence } from './fence.ts';
import { DmaFenceCallback } from './fence-callback.ts';
import { registerDmaFenceContainer } from './fence-container.ts';
import { dmaFenceContextAlloc } from './fence-context.ts';
import { DmaFenceFollower } from './fence-follower.ts';
import type { DmaFenceOps } from './fence-ops.ts';
import type { DmaFenceOptions } from './fence-struct.ts';

const chains = new WeakMap<DmaFence, DmaFenceChain>();

/** `to_dma_fence_chain`: null for a fence that is no chain node. */
export function toDmaFenceChain(fence: DmaFence): DmaFenceChain | null {
  return chains.get(fence) ?? null;
}

/** `dma_fence_chain_contained`: the fence of a chain node, else the fence itself. */
export function dmaFenceChainContained(fence: DmaFence): DmaFence {
  return chains.get(fence)?.fence ?? fence;
}

/**
 * `struct dma_fence_chain` (drivers/dma-buf/dma-fence-chain.c): a point of a timeline. It is signaled when its own fence
 * and those of all points before it are.
 */
export class DmaFenceChain {
  readonly base: DmaFence;
  /** The contained fence. */
  readonly fence: DmaFence;
  readonly previous: RcuPointer<DmaFence>;
  /** Seqno of the point before when the chain was made; 0 for the first one. */
  readonly previousSeqno: bigint;
  readonly #callback = new DmaFenceCallback();
  readonly #work: IrqWork;
  readonly #follower: DmaFenceFollower;

  /** `dma_fence_chain_init`: takes over the references to `previous` and `fence`. WARNs when `fence` is a chain node. */
  constructor(previous: DmaFence | null, fence: DmaFence, seqno: bigint | number, options: DmaFenceOptions = {}) {
    const before = previous === null ? null : toDmaFenceChain(previous);
    let own = BigInt(seqno);
    let context: number;
    if (before !== null && own > before.base.seqno) {
      context = before.base.context;
      this.previousSeqno = before.base.seqno;
    } else {
      context = dmaFenceContextAlloc(1);
      this.previousSeqno = 0n;
      // A seqno of the chain never goes back.
      if (before !== null && before.base.seqno > own) own = before.base.seqno;
    }
    this.fence = fence;
    this.previous = new RcuPointer(previous);
    const lockClass = 'dma_fence_chain_lock';
    this.base = new DmaFence(CHAIN_OPS, null, context, own, { lockClass, ...options, seqno64: true });
    const name = `dma_fence_chain ${this.base.label}`;
    this.#work = new IrqWork(name, () => this.#rearm());
    this.#follower = new DmaFenceFollower(name, () => this.base);
    chains.set(this.base, this);
    registerDmaFenceContainer(this.base);
    warnOn(toDmaFenceChain(fence) !== null, `dma_fence_chain_init: contained fence ${fence.label} is a chain`);
  }

  /** `dma_fence_chain_enable_signaling`: one callback, with a reference, on the newest fence that is not signaled yet. */
  async enableSignaling(): Promise<boolean> {
    this.base.get();
    for (let node: DmaFence | null = this.base.get(); node !== null; node = await dmaFenceChainWalk(node)) {
      const fence = dmaFenceChainContained(node).get();
      if ((await fence.addCallback(this.#callback, () => this.#signaledOne(fence))) === 0) {
        if (this.#callback.linked) this.#follower.waitsFor(fence);
        await node.put();
        return true;
      }
      await fence.put();
    }
    await this.base.put();
    return false;
  }

  /** `dma_fence_chain_signaled` */
  async signaled(): Promise<boolean> {
    for (let node: DmaFence | null = this.base.get(); node !== null; node = await dmaFenceChainWalk(node)) {
      if (await dmaFenceChainContained(node).isSignaled()) continue;
      await node.put();
      return false;
    }
    return true;
  }

  /** `dma_fence_chain_release`: unlinks one node after the other, because a recursion would overflow the stack. */
  async release(): Promise<void> {
    for (let node = this.previous.dereference(); node !== null; node = this.previous.dereference()) {
      const before = toDmaFenceChain(node);
      if (node.refcount > 1 || before === null) break;
      this.previous.assign(before.previous.assign(null));
      await node.put();
    }
    await this.previous.dereference()?.put();
    await this.fence.put();
    this.base.free();
  }

  /** `dma_fence_chain_set_deadline` */
  async setDeadline(deadline: number): Promise<void> {
    for (let node: DmaFence | null = this.base.get(); node !== null; node = await dmaFenceChainWalk(node)) {
      await dmaFenceChainContained(node).setDeadline(deadline);
    }
  }

  /** `dma_fence_chain_cb`: under the lock of the contained fence, so the rest is put off. */
  async #signaledOne(fence: DmaFence): Promise<void> {
    this.#follower.fired(fence);
    this.#work.queue();
    await fence.put();
  }

  /** `dma_fence_chain_irq_work` */
  async #rearm(): Promise<void> {
    if (!(await this.enableSignaling())) {
      this.#follower.end();
      await this.base.signal();
    }
    await this.base.put();
  }
}

/**
 * `dma_fence_chain_walk`: puts `node` and returns the one before it with a reference, null at the end. Points before it
 * that are signaled are taken out of the chain for good.
 */
export async function dmaFenceChainWalk(node: DmaFence): Promise<DmaFence | null> {
  const chain = toDmaFenceChain(node);
  if (chain === null) {
    await node.put();
    return null;
  }
  // One reader for the whole walk: no spinlock holder sleeps in it.
  const reader = rcu().readLock();
  let previous = getSafe(chain.previous);
  while (previous !== null) {
    const before = toDmaFenceChain(previous);
    const { fence } = before ?? { fence: previous };
    if (!fence.testSignaledFlag() && !(await fence.isSignaled())) break;
    const replacement = before === null ? null : getSafe(before.previous);
    const isReplaced = chain.previous.compareExchange(previous, replacement);
    const dropped = isReplaced ? previous : replacement;
    if (dropped?.putUnlessLast() === false) await dropped.put();
    if (!previous.putUnlessLast()) await previous.put();
    previous = getSafe(chain.previous);
  }
  reader.unlock();
  if (!node.putUnlessLast()) await node.put();
  return previous;
}

/** `dma_fence_chain_get_prev`, inside a reader. */
function getSafe(slot: RcuPointer<DmaFence>): DmaFence | null {
  for (;;) {
    const fence = slot.dereference();
    if (fence === null || fence.getRcu() !== null) return fence;
  }
}

/**
 * `dma_fence_chain_find_seqno`: the oldest node that has to be waited for until the timeline has reached `seqno`. The
 * reference to `head` becomes one to the result, which is null when all is signaled.
 *
 * @returns -EINVAL, and `head` as it was, when it is no chain or not that far yet
 */
export async function dmaFenceChainFindSeqno(
  head: DmaFence,
  seqno: bigint | number,
): Promise<{ readonly ret: number; readonly fence: DmaFence | null }> {
  const wanted = BigInt(seqno);
  if (wanted === 0n) return { ret: 0, fence: head };
  const chain = toDmaFenceChain(head);
  if (chain === null || chain.base.seqno < wanted) return { ret: -EINVAL, fence: head };
  let node: DmaFence | null = head.get();
  while (node !== null && node.context === head.context) {
    const point = toDmaFenceChain(node);
    if (point === null || point.previousSeqno < wanted) break;
    node = await dmaFenceChainWalk(node);
  }
  await head.put();
  return { ret: 0, fence: node };
}

function chainOf(fence: DmaFence): DmaFenceChain {
  return chains.get(fence) as DmaFenceChain;
}

const CHAIN_OPS: DmaFenceOps = Object.freeze({
  getDriverName: () => 'dma_fence_chain',
  getTimelineName: () => 'unbound',
  enableSignaling: (fence: DmaFence) => chainOf(fence).enableSignaling(),
  signaled: (fence: DmaFence) => chainOf(fence).signaled(),
  release: (fence: DmaFence) => chainOf(fence).release(),
  setDeadline: (fence: DmaFence, deadline: number) => chainOf(fence).setDeadline(deadline),
});
