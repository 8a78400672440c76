import { Lifetime } from '../lifetime.ts';
import { rcu } from '../rcu.ts';
import type { DmaFence } from './fence.ts';
import type { DmaResvUsage } from './resv-usage.ts';

export interface DmaResvEntry {
  readonly fence: DmaFence;
  readonly usage: DmaResvUsage;
}

/**
 * `struct dma_resv_list`: read inside RCU readers, so it is replaced as a whole, or changed one entry at a time, and freed
 * after a grace period.
 */
export class DmaResvList {
  /** Reserved and used slots together. */
  maxFences: number;
  readonly #table: DmaResvEntry[] = [];
  readonly #memory = new Lifetime('dma_resv_list');

  constructor(maxFences: number) {
    this.maxFences = maxFences;
  }

  get numFences(): number {
    this.#memory.check('a read of num_fences');
    return this.#table.length;
  }

  /** `dma_resv_list_entry`. @throws DeptError `ERR_DEPT_USE_AFTER_FREE` after the grace period */
  entry(index: number): DmaResvEntry {
    this.#memory.check('dma_resv_list_entry');
    return this.#table[index] as DmaResvEntry;
  }

  /** `dma_resv_list_set`: the entry at `numFences` is a new one. */
  set(index: number, fence: DmaFence, usage: DmaResvUsage): void {
    this.#memory.check('dma_resv_list_set');
    this.#table[index] = { fence, usage };
  }

  /** `kfree_rcu`: the memory alone. */
  kfreeRcu(): void {
    rcu().call(() => this.#memory.free('kfree_rcu'));
  }

  /** `dma_resv_list_free`: with the references it has. */
  async free(): Promise<void> {
    for (const { fence } of this.#table) await fence.put();
    this.kfreeRcu();
  }
}
