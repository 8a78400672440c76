import assert from 'node:assert/strict';
import { DmaBuf } from '../../../src/models/dma-buf/dma-buf.ts';
import type { SgTable } from '../../../src/models/dma-buf/dma-buf-ops.ts';
import type { DmaResv } from '../../../src/models/dma-buf/resv.ts';
import { DmaResvUsageLevel } from '../../../src/models/dma-buf/resv-usage.ts';
import type { DmaRange } from '../../../src/models/dma-device.ts';
import { MAX_SCHEDULE_TIMEOUT } from '../../../src/models/jiffies.ts';
import { Lifetime } from '../../../src/models/lifetime.ts';
import { KernelModule } from '../../../src/models/module.ts';

/** A driver that exports a buffer and moves it about. */
export class Exporter {
  /** What `map` answers; null for the mapping. */
  mapError: number | null = null;
  maps = 0;
  readonly #lengths: readonly number[];
  #dmabuf: DmaBuf | null = null;
  #place = 0;
  #memory = new Lifetime('buffer at place 0');

  private constructor(lengths: readonly number[]) {
    this.#lengths = lengths;
  }

  /** @param lengths of the contiguous ranges; neighbours do not touch */
  static async create(lengths: readonly number[]): Promise<Exporter> {
    const exporter = new Exporter(lengths);
    const dmabuf = await DmaBuf.export({
      expName: 'mover',
      owner: new KernelModule('mover'),
      ops: {
        mapDmaBuf: () => exporter.#map(),
        unmapDmaBuf: () => {
          exporter.maps--;
        },
        release: () => undefined,
      },
      size: lengths.reduce((sum, length) => sum + length, 0),
      priv: exporter,
    });
    if (typeof dmabuf === 'number') assert.fail(`dma_buf_export answers ${dmabuf}`);
    exporter.#dmabuf = dmabuf;
    return exporter;
  }

  get dmabuf(): DmaBuf {
    assert.ok(this.#dmabuf !== null);
    return this.#dmabuf;
  }

  get resv(): DmaResv {
    return this.dmabuf.resv;
  }

  get references(): number {
    return this.dmabuf.references;
  }

  get attached(): number {
    return this.dmabuf.attachments.length;
  }

  get place(): number {
    return this.#place;
  }

  /** Moves the buffer: everybody lets go of it, and the old memory is freed once nobody uses it. */
  async move(): Promise<void> {
    await this.resv.lock();
    await this.dmabuf.invalidateMappings();
    await this.resv.waitTimeout(DmaResvUsageLevel.KERNEL, false, MAX_SCHEDULE_TIMEOUT);
    this.#memory.free('the move of the buffer');
    this.#place++;
    this.#memory = new Lifetime(`buffer at place ${this.#place}`);
    this.resv.unlock();
  }

  #map(): SgTable | number {
    if (this.mapError !== null) return this.mapError;
    this.maps++;
    let address = (this.#place + 1) * 0x1_0000_0000;
    const ranges: DmaRange[] = this.#lengths.map((length) => {
      const range = { address, length };
      address += length + 0x1_0000;
      return range;
    });
    return { ranges, memory: this.#memory };
  }
}
