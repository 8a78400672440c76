import type { DmaFence } from '../dma-buf/fence.ts';
import { DmaFenceCallback } from '../dma-buf/fence-callback.ts';
import { dmaFenceGetRcuSafe } from '../dma-buf/fence-get.ts';
import { DmaFenceFlag } from '../dma-buf/fence-ops.ts';
import { raceWindow } from '../race-window.ts';
import { rcu } from '../rcu.ts';
import { RcuPointer } from '../rcu-pointer.ts';
import { bug } from '../warn.ts';

/*
signaler, under the fence lock        reader: amdgpu_vm_tlb_seq()

lock                                  sees SIGNALED
set SIGNALED          <- visible      lock             waits for the callback
callback: tlb_seq++                   unlock
unlock                                read tlb_seq     counts the update
*/

/** What was repaired in `amdgpu_vm_tlb_seq`; off is the behaviour before. */
export interface TlbFixes {
  /** The fence's lock is taken and released between its flag and the sequence number. */
  readonly roundTrip: boolean;
  /** The reader holds a reference to the fence while it uses the lock, which may lie in the fence. */
  readonly reference: boolean;
  /** A reference that cannot be had is asked for again. Off: `dma_fence_get_rcu` once, and NULL has no lock. */
  readonly retries: boolean;
}

export const TLB_FIXES: TlbFixes = Object.freeze({ roundTrip: true, reference: true, retries: true });

/**
 * The part of `struct amdgpu_vm` that counts page table updates whose translations have to be flushed
 * (drivers/gpu/drm/amd/amdgpu/amdgpu_vm.h). The number goes up in a callback of the update's fence, which runs a moment
 * after the fence can be seen as signaled, both under the fence's lock.
 */
export class AmdgpuVm {
  readonly fixes: TlbFixes;
  /** `last_tlb_flush`: the fence of the latest update, with a reference. */
  readonly lastTlbFlush: RcuPointer<DmaFence>;
  #seq = 0;

  /** @param initial the stub fence: nothing was updated yet; the reference becomes the vm's */
  constructor(initial: DmaFence, fixes: Partial<TlbFixes> = {}) {
    this.lastTlbFlush = new RcuPointer<DmaFence>(initial);
    this.fixes = { ...TLB_FIXES, ...fixes };
  }

  /**
   * The end of `amdgpu_vm_update_range`: translations change once `fence` is signaled. A fence that is signaled, or none
   * at all, counts at once.
   */
  async update(fence: DmaFence | null): Promise<void> {
    const callback = new DmaFenceCallback();
    const isLate = fence === null || (await fence.addCallback(callback, () => this.#tlbSeqCallback())) !== 0;
    if (isLate) await this.#tlbSeqCallback();
    if (fence === null) return;
    const before = this.lastTlbFlush.assign(fence.get());
    await raceWindow('last_tlb_flush is replaced');
    await before?.put();
  }

  /** `amdgpu_vm_tlb_seq`: counts every update whose fence the caller has seen signaled. Not for a callback of that fence. */
  async tlbSeq(): Promise<number> {
    if (this.fixes.roundTrip) await this.#roundTrip();
    await raceWindow('the sequence number is read');
    return this.#seq;
  }

  /** Whoever has set the flag holds the lock until the callbacks have run. */
  async #roundTrip(): Promise<void> {
    const reader = rcu().readLock();
    const fence = await this.#last();
    const lock = fence.spinlock();
    reader.unlock();
    await raceWindow('the RCU reader is left');
    // A lock of the ring outlives every fence; one that lies in the fence goes with it.
    const memory = fence.testFlag(DmaFenceFlag.INLINE_LOCK) ? fence.memory : null;
    memory?.check('spin_lock_irqsave() in amdgpu_vm_tlb_seq');
    const flags = await lock.lockIrqsave();
    await raceWindow('the lock is held');
    memory?.check('spin_unlock_irqrestore() in amdgpu_vm_tlb_seq');
    lock.unlockIrqrestore(flags);
    if (this.fixes.reference) await fence.put();
  }

  /** `last_tlb_flush`, with a reference where the fixes say so; inside an RCU reader. */
  async #last(): Promise<DmaFence> {
    const fence =
      this.fixes.reference && this.fixes.retries ? await dmaFenceGetRcuSafe(this.lastTlbFlush) : await this.#lastOnce();
    return fence ?? bug('NULL pointer dereference: amdgpu_vm_tlb_seq() locks a fence nobody has');
  }

  async #lastOnce(): Promise<DmaFence | null> {
    const fence = this.lastTlbFlush.dereference();
    await raceWindow('last_tlb_flush is read');
    return this.fixes.reference ? (fence?.getRcu() ?? null) : fence;
  }

  /** `amdgpu_vm_tlb_seq_cb` */
  async #tlbSeqCallback(): Promise<void> {
    await raceWindow('amdgpu_vm_tlb_seq_cb begins');
    this.#seq++;
  }
}
