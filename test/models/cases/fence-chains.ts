import { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import { DmaFenceChain } from '../../../src/models/dma-buf/fence-chain.ts';
import { MOCK_NAMES } from './fence-fixtures.ts';

/** `struct fence_chains` of the selftest: fences, and a timeline in which point i waits for fence i. */
export class FenceChains {
  readonly fences: readonly DmaFence[];
  readonly chains: readonly DmaFenceChain[];

  constructor(fences: readonly DmaFence[], chains: readonly DmaFenceChain[]) {
    this.fences = fences;
    this.chains = chains;
  }

  /** `fence_chains_init`: each point has signaling enabled. */
  static async init(count: number, seqno: (index: number) => number): Promise<FenceChains> {
    const fences: DmaFence[] = [];
    const chains: DmaFenceChain[] = [];
    for (let i = 0; i < count; i++) {
      const fence = new DmaFence(MOCK_NAMES, null, 0, 0);
      const chain = new DmaFenceChain(chains.at(-1)?.base.get() ?? null, fence.get(), seqno(i));
      fences.push(fence);
      chains.push(chain);
      await chain.base.enableSwSignaling();
    }
    return new FenceChains(fences, chains);
  }

  get tail(): DmaFence {
    return this.chain(this.chains.length - 1);
  }

  fence(index: number): DmaFence {
    return this.fences[index] as DmaFence;
  }

  chain(index: number): DmaFence {
    return (this.chains[index] as DmaFenceChain).base;
  }

  /** `fence_chains_fini` */
  async fini(): Promise<void> {
    for (const fence of this.fences) {
      await fence.signal();
      await fence.put();
    }
    for (const { base } of this.chains) await base.put();
  }
}
