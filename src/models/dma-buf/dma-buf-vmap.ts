import { EINVAL } from '../../sync/errno.ts';
import { bugOn, warnOn } from '../warn.ts';
import type { DmaBuf } from './dma-buf.ts';
import type { IosysMap } from './dma-buf-ops.ts';

/** The one mapping of a buffer into the kernel's address space, and how many use it (`vmapping_counter`, `vmap_ptr`). */
export class DmaBufVmap {
  readonly #dmabuf: DmaBuf;
  #counter = 0;
  #map: IosysMap | null = null;

  constructor(dmabuf: DmaBuf) {
    this.#dmabuf = dmabuf;
  }

  get counter(): number {
    return this.#counter;
  }

  /** See `DmaBuf.vmap`. */
  async map(): Promise<IosysMap | number> {
    const { resv, ops } = this.#dmabuf;
    resv.assertHeld('dma_buf_vmap');
    if (ops.vmap === undefined) return -EINVAL;
    if (this.#map === null) {
      const map = await ops.vmap(this.#dmabuf);
      if (typeof map === 'number') {
        warnOn(map !== 0, `dma_buf_vmap: the exporter answers ${map}`);
        return map;
      }
      this.#map = map;
    }
    this.#counter++;
    return this.#map;
  }

  /** See `DmaBuf.vunmap`. */
  async unmap(map: IosysMap): Promise<void> {
    const { resv, ops } = this.#dmabuf;
    resv.assertHeld('dma_buf_vunmap');
    bugOn(this.#map === null || this.#counter === 0, 'dma_buf_vunmap of a buffer that is not mapped');
    bugOn(this.#map !== map, 'dma_buf_vunmap of another mapping');
    if (--this.#counter > 0) return;
    await ops.vunmap?.(this.#dmabuf, map);
    this.#map = null;
  }
}
