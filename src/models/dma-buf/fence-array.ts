import { IrqWork } from '../irq-work.ts';
import { kmalloc } from '../slab.ts';
import { warnOn } from '../warn.ts';
import { DmaFence } from './fence.ts';
import { DmaFenceCallback } from './fence-callback.ts';
import { isDmaFenceContainer, registerDmaFenceContainer } from './fence-container.ts';
import { DmaFenceFollower } from './fence-follower.ts';
import { DmaFenceFlag, type DmaFenceOps } from './fence-ops.ts';
import type { DmaFenceOptions } from './fence-struct.ts';

export interface DmaFenceArrayOptions extends DmaFenceOptions {
  /** The signal is put off to an irq_work; off is the lock inversion of before 03e4e0a9e02c. On if not given. */
  readonly deferSignal?: boolean;
}

/** `base.error` until some member's error, or none, is known. */
const PENDING_ERROR = 1;

const arrays = new WeakMap<DmaFence, DmaFenceArray>();

/** `to_dma_fence_array`: null for a fence that is no array. */
export function toDmaFenceArray(fence: DmaFence): DmaFenceArray | null {
  return arrays.get(fence) ?? null;
}

/**
 * `struct dma_fence_array` (drivers/dma-buf/dma-fence-array.c): signaled when all its members are, or any. Its lock has a
 * class of its own, because members' locks are taken under it.
 */
export class DmaFenceArray {
  readonly base: DmaFence;
  readonly fences: readonly DmaFence[];
  readonly #callbacks: readonly DmaFenceCallback[];
  readonly #work: IrqWork;
  readonly #follower: DmaFenceFollower;
  readonly #deferSignal: boolean;
  /** One of several members is enough, so the array depends on none of them. */
  readonly #isAny: boolean;
  #pending: number;

  /** `dma_fence_array_init`: takes over the references to `fences`. WARNs without members, and for containers among them. */
  constructor(
    fences: readonly DmaFence[],
    context: number,
    seqno: bigint | number,
    signalOnAny: boolean,
    options: DmaFenceArrayOptions = {},
  ) {
    warnOn(fences.length === 0, 'dma_fence_array_init without fences');
    this.base = new DmaFence(ARRAY_OPS, null, context, seqno, { lockClass: 'dma_fence_array_lock', ...options });
    this.fences = fences;
    this.#callbacks = fences.map(() => new DmaFenceCallback());
    this.#isAny = signalOnAny && fences.length > 1;
    this.#pending = signalOnAny ? 1 : fences.length;
    this.#deferSignal = options.deferSignal ?? true;
    const name = `dma_fence_array ${this.base.label}`;
    this.#work = new IrqWork(name, () => this.#signal());
    this.#follower = new DmaFenceFollower(name, () => this.base);
    this.base.error = PENDING_ERROR;
    arrays.set(this.base, this);
    registerDmaFenceContainer(this.base);
    // A container in a container is recursion without a bound.
    for (const fence of fences) warnOn(isDmaFenceContainer(fence), `dma_fence_array with container ${fence.label}`);
  }

  /** `dma_fence_array_create`. @returns null when memory is short */
  static create(
    fences: readonly DmaFence[],
    context: number,
    seqno: bigint | number,
    signalOnAny: boolean,
    options: DmaFenceArrayOptions = {},
  ): DmaFenceArray | null {
    if (!kmalloc('dma_fence_array_create')) return null;
    return new DmaFenceArray(fences, context, seqno, signalOnAny, options);
  }

  /** `num_pending`: members whose signal is still needed. */
  get pending(): number {
    return this.#pending;
  }

  /** `dma_fence_array_enable_signaling` */
  async enableSignaling(): Promise<boolean> {
    for (const [index, fence] of this.fences.entries()) {
      this.base.get();
      const callback = this.#callbacks[index] as DmaFenceCallback;
      if ((await fence.addCallback(callback, () => this.#memberSignaled(fence))) === 0) {
        if (!this.#isAny && callback.linked) this.#follower.waitsFor(fence);
        continue;
      }
      this.#setPendingError(fence.error);
      await this.base.put();
      if (--this.#pending !== 0) continue;
      this.#clearPendingError();
      return false;
    }
    return true;
  }

  /** `dma_fence_array_signaled` */
  async signaled(): Promise<boolean> {
    if (this.base.testFlag(DmaFenceFlag.ENABLE_SIGNAL)) return this.#pending <= 0 && this.#clearPendingError();
    let missing = this.#pending;
    for (const fence of this.fences) {
      if ((await fence.isSignaled()) && --missing === 0) return this.#clearPendingError();
    }
    return false;
  }

  /** `dma_fence_array_release` */
  async release(): Promise<void> {
    for (const fence of this.fences) await fence.put();
    this.base.free();
  }

  /** `dma_fence_array_set_deadline` */
  async setDeadline(deadline: number): Promise<void> {
    for (const fence of this.fences) await fence.setDeadline(deadline);
  }

  /** `dma_fence_array_cb_func`: under the lock of a member, which others take under the lock of the array. */
  async #memberSignaled(fence: DmaFence): Promise<void> {
    this.#setPendingError(fence.error);
    this.#follower.fired(fence);
    if (--this.#pending !== 0) await this.base.put();
    else if (this.#deferSignal) this.#work.queue();
    else await this.#signal();
  }

  /** `irq_dma_fence_array_work` */
  async #signal(): Promise<void> {
    this.#clearPendingError();
    this.#follower.end();
    await this.base.signal();
    await this.base.put();
  }

  /** The first error of a member is the array's, until it is signaled. */
  #setPendingError(error: number): void {
    if (error !== 0 && this.base.error === PENDING_ERROR) this.base.error = error;
  }

  #clearPendingError(): true {
    if (this.base.error === PENDING_ERROR) this.base.error = 0;
    return true;
  }
}

function arrayOf(fence: DmaFence): DmaFenceArray {
  return arrays.get(fence) as DmaFenceArray;
}

const ARRAY_OPS: DmaFenceOps = Object.freeze({
  getDriverName: () => 'dma_fence_array',
  getTimelineName: () => 'unbound',
  enableSignaling: (fence: DmaFence) => arrayOf(fence).enableSignaling(),
  signaled: (fence: DmaFence) => arrayOf(fence).signaled(),
  release: (fence: DmaFence) => arrayOf(fence).release(),
  setDeadline: (fence: DmaFence, deadline: number) => arrayOf(fence).setDeadline(deadline),
});

/** `dma_fence_match_context`: the fence, or each member of an array, is of this context. */
export function dmaFenceMatchContext(fence: DmaFence, context: number): boolean {
  const array = toDmaFenceArray(fence);
  return array === null ? fence.context === context : array.fences.every((member) => member.context === context);
}
