import type { Dmabuf, DmabufAttachment, DmabufImporter, DmabufMapping } from '../../../src/models/block/dmabuf.ts';
import { DmaResv } from '../../../src/models/dma-buf/resv.ts';
import { DmaResvUsageLevel } from '../../../src/models/dma-buf/resv-usage.ts';
import type { DmaDevice, DmaRange } from '../../../src/models/dma-device.ts';
import { MAX_SCHEDULE_TIMEOUT } from '../../../src/models/jiffies.ts';
import { Lifetime } from '../../../src/models/lifetime.ts';

/** A driver that exports a buffer and moves it about. */
export class Exporter implements Dmabuf {
  readonly size: number;
  readonly resv: DmaResv = new DmaResv();
  references = 1;
  /** What `map` answers; null for the mapping. */
  mapError: number | null = null;
  maps = 0;
  readonly #lengths: readonly number[];
  readonly #importers = new Set<DmabufImporter>();
  #place = 0;
  #memory = new Lifetime('buffer at place 0');

  /** @param lengths of the contiguous ranges; neighbours do not touch */
  constructor(lengths: readonly number[]) {
    this.#lengths = lengths;
    this.size = lengths.reduce((sum, length) => sum + length, 0);
  }

  get attached(): number {
    return this.#importers.size;
  }

  get place(): number {
    return this.#place;
  }

  get(): void {
    this.references++;
  }

  put(): void {
    this.references--;
  }

  dynamicAttach(_device: DmaDevice, importer: DmabufImporter): DmabufAttachment {
    this.#importers.add(importer);
    return {
      map: () => this.#map(),
      unmap: () => {
        this.maps--;
      },
      detach: () => {
        this.#importers.delete(importer);
      },
    };
  }

  /** Moves the buffer: everybody lets go of it, and the old memory is freed once nobody uses it. */
  async move(): Promise<void> {
    await this.resv.lock();
    for (const importer of this.#importers) await importer.invalidateMappings();
    await this.resv.waitTimeout(DmaResvUsageLevel.KERNEL, false, MAX_SCHEDULE_TIMEOUT);
    this.#memory.free('the move of the buffer');
    this.#place++;
    this.#memory = new Lifetime(`buffer at place ${this.#place}`);
    this.resv.unlock();
  }

  #map(): DmabufMapping | number {
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
