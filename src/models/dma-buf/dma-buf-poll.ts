import { SpinLock } from '../../sync/spinlock.ts';
import { EPOLLIN, EPOLLOUT } from '../fs/epoll.ts';
import { PollQueue } from '../fs/poll.ts';
import type { DmaBuf } from './dma-buf.ts';
import type { DmaFence } from './fence.ts';
import { DmaFenceCallback } from './fence-callback.ts';
import { DmaResvIter, dmaResvForEachFence } from './resv-iter.ts';
import { dmaResvUsageRw } from './resv-usage.ts';

/** `struct dma_buf_poll_cb_t`: one callback for each event. It is busy from installation until it has run. */
interface PollCallback {
  readonly event: number;
  /** The wait before a write: for readers too. */
  readonly write: boolean;
  readonly callback: DmaFenceCallback;
  active: boolean;
}

/** `dma_buf_poll`: EPOLLIN when the fences of writers are signaled, EPOLLOUT when those of readers are too. */
export class DmaBufPoll {
  readonly queue: PollQueue = new PollQueue('dmabuf->poll');
  readonly #dmabuf: DmaBuf;
  readonly #lock: SpinLock = new SpinLock({ name: 'dmabuf->poll.lock' });
  readonly #out: PollCallback = { event: EPOLLOUT, write: true, callback: new DmaFenceCallback(), active: false };
  readonly #in: PollCallback = { event: EPOLLIN, write: false, callback: new DmaFenceCallback(), active: false };

  constructor(dmabuf: DmaBuf) {
    this.#dmabuf = dmabuf;
  }

  /** `cb_in.active || cb_out.active`: a fence will call back. */
  get isActive(): boolean {
    return this.#in.active || this.#out.active;
  }

  /** Looks once, and makes sure that pollers are woken when something changes. @returns the events that are there */
  async poll(requested: number): Promise<number> {
    let events = requested & (EPOLLIN | EPOLLOUT);
    if (events === 0) return 0;
    await this.#dmabuf.resv.lock();
    for (const each of [this.#out, this.#in]) {
      if ((events & each.event) !== 0 && !(await this.#isReady(each))) events &= ~each.event;
    }
    this.#dmabuf.resv.unlock();
    return events;
  }

  async #isReady(each: PollCallback): Promise<boolean> {
    const flags = await this.#lock.lockIrqsave();
    const wasActive = each.active;
    each.active = true;
    this.#lock.unlockIrqrestore(flags);
    // Somebody polled before, and is called back for both.
    if (wasActive) return false;
    if (this.#dmabuf.fixes.pollHoldsFile) this.#dmabuf.file.get();
    if (await this.#addCallback(each)) return false;
    await this.#called(each, null);
    return true;
  }

  /** `dma_buf_poll_add_cb`: on the first fence that is not signaled. @returns false without one */
  async #addCallback(each: PollCallback): Promise<boolean> {
    const { resv } = this.#dmabuf;
    for (const fence of dmaResvForEachFence(new DmaResvIter(resv, dmaResvUsageRw(each.write)))) {
      fence.get();
      if ((await fence.addCallback(each.callback, () => this.#called(each, fence))) === 0) return true;
      await fence.put();
    }
    return false;
  }

  /** `dma_buf_poll_cb`: in the context of the signal, or at once when there is nothing to wait for. */
  async #called(each: PollCallback, fence: DmaFence | null): Promise<void> {
    const flags = await this.#lock.lockIrqsave();
    this.queue.wake();
    each.active = false;
    this.#lock.unlockIrqrestore(flags);
    await fence?.put();
    if (this.#dmabuf.fixes.pollHoldsFile) await this.#dmabuf.file.put();
  }
}
