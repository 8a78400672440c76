import { PercpuRef } from '../../sync/percpu-ref.ts';
import { SpinLock } from '../../sync/spinlock.ts';
import { Work } from '../../sync/work.ts';
import type { SgTable } from '../dma-buf/dma-buf-ops.ts';
import { DmaFence } from '../dma-buf/fence.ts';
import type { DmaFenceOps } from '../dma-buf/fence-ops.ts';
import { bug } from '../warn.ts';
import type { DmabufToken } from './dmabuf-token.ts';

const FENCE_OPS: DmaFenceOps = Object.freeze({
  getDriverName: () => 'blk-mq',
  getTimelineName: () => 'dmabuf map',
});

/*
token --map--> DmabufMap <--reference-- request --> NVMe command
                 |
exporter moves:  taken out, killed      fence in the reservation
last request:    work item              1. signal the fence   2. lock the reservation, unmap
*/

/**
 * `struct blk_mq_dmabuf_map`: one mapping of a token's buffer. Each request that uses it holds a reference. When the
 * buffer is to move, the map is taken out of the token and killed; its fence, which the exporter waits for, is signaled
 * once the last request has dropped it. The fence comes before the unmapping: that takes the reservation, which the
 * exporter may hold while it waits.
 */
export class DmabufMap {
  readonly token: DmabufToken;
  readonly refs: PercpuRef;
  readonly fence: DmaFence;
  readonly freeWork: Work;
  #mapping: SgTable | null = null;

  constructor(token: DmabufToken) {
    this.token = token;
    this.refs = new PercpuRef(() => token.queueFree(this), { name: 'blk_mq_dmabuf_map.refs' });
    this.freeWork = new Work(() => token.freeMap(this), { name: 'blk_mq_dmabuf_map_free' });
    this.fence = this.#makeFence();
  }

  /** Where the buffer lies. @throws DeptError `ERR_DEPT_BUG` before the driver mapped it */
  get mapping(): SgTable {
    return this.#mapping ?? bug('blk_mq_dmabuf_map: used before the driver mapped it');
  }

  get isMapped(): boolean {
    return this.#mapping !== null;
  }

  /** The driver's part (`private`). */
  setMapping(mapping: SgTable | null): void {
    this.#mapping = mapping;
  }

  #makeFence(): DmaFence {
    const { token } = this;
    const lock = token.fixes.inlineLock ? null : new SpinLock({ name: 'blk_mq_dma_fence.lock' });
    const fence = new DmaFence(FENCE_OPS, lock, token.fenceContext, token.nextSeqno(), {
      map: 'dmabuf_map_fence',
      lockClass: 'dmabuf_map_fence.lock',
    });
    // As in the RFC: the lock is initialised after the fence that uses it.
    lock?.init();
    return fence;
  }
}
