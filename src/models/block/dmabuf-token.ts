import { ENOMEM, ETIME } from '../../sync/errno.ts';
import { KernelMutex } from '../../sync/kernel-mutex.ts';
import { Kref } from '../../sync/kref.ts';
import { Workqueue } from '../../sync/workqueue.ts';
import type { DmaBuf } from '../dma-buf/dma-buf.ts';
import { dmaFenceContextAlloc } from '../dma-buf/fence-context.ts';
import { DmaResvUsageLevel } from '../dma-buf/resv-usage.ts';
import { MAX_SCHEDULE_TIMEOUT } from '../jiffies.ts';
import { perWorld } from '../per-world.ts';
import { raceWindow } from '../race-window.ts';
import { rcu } from '../rcu.ts';
import { RcuPointer } from '../rcu-pointer.ts';
import { warnOn } from '../warn.ts';
import { DmabufMap } from './dmabuf-map.ts';
import type { BlockFixes } from './fixes.ts';
import type { Direction } from './iov-iter.ts';
import type { RequestQueue } from './request-queue.ts';

/** `system_wq`, and the queue that was made for this: its rescuer exists before it is needed. */
const queues: () => { readonly system: Workqueue; readonly reclaim: Workqueue } = perWorld(() => ({
  system: new Workqueue({ name: 'events' }),
  reclaim: new Workqueue({ name: 'blk_mq_dmabuf', memReclaim: true }),
}));

/**
 * `struct blk_mq_dmabuf_token` (RFC v2 of 23 November 2025): a dma-buf registered with a file. The mapping is made by the
 * first request that needs it, and again by the first one after the buffer moved; see `DmabufMap` for the fence.
 */
export class DmabufToken {
  readonly dmabuf: DmaBuf;
  readonly queue: RequestQueue;
  readonly direction: Direction | 'both';
  readonly fixes: BlockFixes;
  readonly map: RcuPointer<DmabufMap> = new RcuPointer<DmabufMap>();
  readonly mappingLock: KernelMutex = new KernelMutex({ name: 'blk_mq_dmabuf_token.mapping_lock' });
  readonly fenceContext: number = dmaFenceContextAlloc(1);
  readonly #refs: Kref;
  #released = false;
  #seqno = 0;
  /** Maps that exist, published or not: none may be left behind. */
  #maps = 0;

  /** Takes over the caller's references to buffer and queue. */
  constructor(queue: RequestQueue, dmabuf: DmaBuf, direction: Direction | 'both', fixes: BlockFixes) {
    this.queue = queue;
    this.dmabuf = dmabuf;
    this.direction = direction;
    this.fixes = fixes;
    this.#refs = new Kref(() => undefined, { name: 'blk_mq_dmabuf_token' });
  }

  get references(): number {
    return this.#refs.count;
  }

  get maps(): number {
    return this.#maps;
  }

  nextSeqno(): number {
    return ++this.#seqno;
  }

  /**
   * `blk_rq_assign_dmabuf_map`, without the conversion to a status: a reference to the map for one request.
   *
   * @returns null when there is none and the caller may not wait for one; a negative errno
   */
  async mapFor(nowait: boolean): Promise<DmabufMap | null | number> {
    const map = this.#current();
    if (map !== null) return map;
    // The map is created lazily: by the first request, and by the first one after an invalidation.
    return nowait ? null : await this.#create();
  }

  /** `blk_mq_dmabuf_map_remove`: the buffer moves, or the token goes. The reservation is locked. */
  async invalidate(): Promise<void> {
    const { resv } = this.dmabuf;
    const result = await resv.reserveFences(1);
    if (warnOn(result !== 0, `dma_resv_reserve_fences() answers ${result}; the map stays`)) return;
    const map = this.map.assign(null);
    if (map === null) return;
    await resv.addFence(map.fence, DmaResvUsageLevel.KERNEL);
    map.refs.kill();
  }

  /** `dmabuf_token.release`: userspace unregisters the buffer. Requests in flight end first. */
  async release(): Promise<void> {
    if (warnOn(this.#released, 'dmabuf_token is released twice')) return;
    this.#released = true;
    const { resv } = this.dmabuf;
    await resv.lock();
    await this.invalidate();
    resv.unlock();
    await this.put();
  }

  async put(): Promise<void> {
    if (!this.#refs.put()) return;
    await this.queue.ops?.cleanDmabufToken?.(this);
    await this.dmabuf.put();
    if (this.fixes.unwindToken) this.queue.put();
  }

  /** Where the work item runs that signals the fence of a killed map. */
  get freeQueue(): Workqueue {
    return this.fixes.rescuer ? queues().reclaim : queues().system;
  }

  /** The last reference to a killed map was put, in whatever context. */
  queueFree(map: DmabufMap): void {
    this.freeQueue.queue(map.freeWork);
  }

  /** `blk_mq_dmabuf_map_free_work` */
  async freeMap(map: DmabufMap): Promise<void> {
    map.fence.owe();
    if (this.fixes.signalBeforeUnmap) await map.fence.signal();
    await this.queue.ops?.dmaUnmap?.(this, map);
    if (!this.fixes.signalBeforeUnmap) await map.fence.signal();
    await this.#dropMap(map);
  }

  /** `blk_mq_get_token_map`: the published map with a live reference, or null. */
  #current(): DmabufMap | null {
    const reader = rcu().readLock();
    const map = this.map.dereference();
    const live = map?.refs.trygetLive() === true ? map : null;
    reader.unlock();
    return live;
  }

  /** `blk_mq_create_dmabuf_map` */
  async #create(): Promise<DmabufMap | null | number> {
    await this.mappingLock.lock();
    try {
      return this.#current() ?? (await this.#createLocked());
    } finally {
      this.mappingLock.unlock();
    }
  }

  async #createLocked(): Promise<DmabufMap | null | number> {
    const gfp = this.fixes.noioScope ? 'GFP_NOIO' : 'GFP_KERNEL';
    if (!(await this.queue.allocate('blk_mq_dmabuf_map', gfp))) return this.fixes.failedAllocIsError ? -ENOMEM : null;
    this.#refs.get();
    this.#maps++;
    const map = new DmabufMap(this);
    const result = await this.#mapLocked(map);
    if (result === 0) return map;
    if (this.fixes.unwindMap) {
      map.refs.exit();
      await this.#dropMap(map);
    }
    return result;
  }

  async #mapLocked(map: DmabufMap): Promise<number> {
    const { resv } = this.dmabuf;
    await resv.lock();
    // Somebody may still be moving it.
    let result = await resv.waitTimeout(DmaResvUsageLevel.BOOKKEEP, true, MAX_SCHEDULE_TIMEOUT);
    if (result === 0) result = -ETIME;
    if (result > 0) result = (await this.queue.ops?.dmaMap?.(this, map)) ?? 0;
    if (result === 0 && this.fixes.publishUnderResv) this.#publish(map);
    resv.unlock();
    if (result === 0 && !this.fixes.publishUnderResv) {
      await raceWindow('the reservation is unlocked, the map is not published');
      this.#publish(map);
    }
    return result;
  }

  /** A reference for the request first: a move may kill the map at once. */
  #publish(map: DmabufMap): void {
    map.refs.get();
    this.map.assign(map);
  }

  async #dropMap(map: DmabufMap): Promise<void> {
    await map.fence.put();
    this.#maps--;
    await this.put();
  }
}
