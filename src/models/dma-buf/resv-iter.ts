import { raceWindow } from '../race-window.ts';
import { rcu } from '../rcu.ts';
import type { DmaFence } from './fence.ts';
import type { DmaResv } from './resv.ts';
import type { DmaResvList } from './resv-list.ts';
import type { DmaResvUsage } from './resv-usage.ts';

/**
 * `struct dma_resv_iter` (drivers/dma-buf/dma-resv.c): a walk over the fences up to a level.
 *
 * - Locked (`first`, `next`): every fence, signaled ones too, without references of its own.
 * - Unlocked (`firstUnlocked`, `nextUnlocked`, `end`): unsignaled ones, each with a reference until the next step. It
 *   starts again when the list is replaced under it: whoever collects must drop what it has when `isRestarted`. It is
 *   no snapshot: a fence put into a slot that was reserved before may be missed.
 */
export class DmaResvIter {
  readonly resv: DmaResv;
  readonly usage: DmaResvUsage;
  /** The list that is walked. */
  fences: DmaResvList | null = null;
  #fenceUsage: DmaResvUsage = 0;
  #fence: DmaFence | null = null;
  #index = 0;
  #numFences = 0;
  #isRestarted = false;

  /** `dma_resv_iter_begin` */
  constructor(resv: DmaResv, usage: DmaResvUsage) {
    this.resv = resv;
    this.usage = usage;
  }

  /** `dma_resv_iter_usage`: the level of the fence that was yielded. */
  get fenceUsage(): DmaResvUsage {
    return this.#fenceUsage;
  }

  /** `dma_resv_iter_is_restarted`: this is the first fence of the walk, or of a walk that began again. */
  get isRestarted(): boolean {
    return this.#isRestarted;
  }

  /** `num_fences`: entries of the list when the unlocked walk began. */
  get numFences(): number {
    return this.#numFences;
  }

  /** `dma_resv_iter_first` */
  first(): DmaFence | null {
    this.resv.assertHeld('dma_resv_iter_first');
    this.#index = 0;
    this.fences = this.resv.fences.dereference();
    const fence = this.next();
    this.#isRestarted = true;
    return fence;
  }

  /** `dma_resv_iter_next` */
  next(): DmaFence | null {
    this.resv.assertHeld('dma_resv_iter_next');
    this.#isRestarted = false;
    while (this.fences !== null && this.#index < this.fences.numFences) {
      const { fence, usage } = this.fences.entry(this.#index++);
      this.#fenceUsage = usage;
      if (usage <= this.usage) return fence;
    }
    return null;
  }

  /** `dma_resv_iter_first_unlocked` */
  async firstUnlocked(): Promise<DmaFence | null> {
    return await this.#stepUnlocked('dma_resv_iter_first_unlocked', true);
  }

  /** `dma_resv_iter_next_unlocked` */
  async nextUnlocked(): Promise<DmaFence | null> {
    this.#isRestarted = false;
    return await this.#stepUnlocked('dma_resv_iter_next_unlocked', false);
  }

  /** `dma_resv_iter_end`: needed after an unlocked walk that was left early. */
  async end(): Promise<void> {
    const fence = this.#fence;
    this.#fence = null;
    await fence?.put();
  }

  async #stepUnlocked(what: string, isFirst: boolean): Promise<DmaFence | null> {
    const { resv } = this;
    resv.memory.check(what);
    const reader = rcu().readLock();
    let mustRestart = isFirst || resv.fences.dereference() !== this.fences;
    do {
      if (mustRestart) this.#restart();
      await this.#walk();
      mustRestart = true;
    } while (resv.fences.dereference() !== this.fences);
    reader.unlock();
    return this.#fence;
  }

  /** `dma_resv_iter_restart_unlocked` */
  #restart(): void {
    this.#index = 0;
    this.fences = this.resv.fences.dereference();
    this.#numFences = this.fences?.numFences ?? 0;
    this.#isRestarted = true;
  }

  /** `dma_resv_iter_walk_unlocked` */
  async #walk(): Promise<void> {
    for (;;) {
      await this.end();
      await raceWindow('the reference of the previous round is put');
      if (this.fences === null || this.#index >= this.#numFences) return;
      const { fence, usage } = this.fences.entry(this.#index++);
      this.#fenceUsage = usage;
      await raceWindow('the slot is read');
      // The slot may have been given to another fence, and the list replaced.
      this.#fence = fence.getRcu();
      if (this.#fence === null) this.#restart();
      else if (!(await fence.isSignaled()) && usage <= this.usage) return;
    }
  }
}

/** `dma_resv_for_each_fence`: the lock is held. */
export function* dmaResvForEachFence(cursor: DmaResvIter): Generator<DmaFence, void, void> {
  for (let fence = cursor.first(); fence !== null; fence = cursor.next()) yield fence;
}

/** `dma_resv_for_each_fence_unlocked`, its `dma_resv_iter_end` included. */
export async function* dmaResvForEachFenceUnlocked(cursor: DmaResvIter): AsyncGenerator<DmaFence, void, void> {
  try {
    for (let fence = await cursor.firstUnlocked(); fence !== null; fence = await cursor.nextUnlocked()) yield fence;
  } finally {
    await cursor.end();
  }
}
