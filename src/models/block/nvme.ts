import { EINVAL, EOPNOTSUPP } from '../../sync/errno.ts';
import type { DmaBufAttachment } from '../dma-buf/dma-buf-attachment.ts';
import { type DmaDevice, type DmaRange, slice } from '../dma-device.ts';
import type { Bio } from './bio.ts';
import type { DmabufMap } from './dmabuf-map.ts';
import type { DmabufToken } from './dmabuf-token.ts';
import { buildPrp, NVME_PAGE_SIZE, type PrpDescriptor } from './nvme-prp.ts';
import { buildSgl, type SglCommand } from './nvme-sgl.ts';
import type { BlkMqOps, Request, RequestQueue } from './request-queue.ts';

/** A command on the device, until `complete`. */
export interface NvmeCommand {
  readonly request: Request;
  readonly descriptor: PrpDescriptor | SglCommand;
}

export interface NvmeOptions {
  /** The controller reads scatter-gather lists. */
  readonly sgls?: boolean;
}

/** The PCI driver's side of dmabuf tokens (drivers/nvme/host/pci.c of the series). */
export class NvmeDevice implements BlkMqOps {
  readonly device: DmaDevice;
  /** Commands the device works on, in order. */
  readonly commands: NvmeCommand[] = [];
  readonly #sgls: boolean;
  readonly #attachments = new WeakMap<DmabufToken, DmaBufAttachment>();
  #queue: RequestQueue | null = null;
  #nextDescriptor = 0x8000_0000;

  constructor(device: DmaDevice, options: NvmeOptions = {}) {
    this.device = device;
    this.#sgls = options.sgls ?? true;
  }

  /** The queue whose requests it ends. */
  serve(queue: RequestQueue): void {
    this.#queue = queue;
  }

  /** `nvme_init_dmabuf_token`. @returns -EINVAL for a size that is no multiple of the page, -EOPNOTSUPP without SGLs (N4) */
  async initDmabufToken(token: DmabufToken): Promise<number> {
    if (token.dmabuf.size % NVME_PAGE_SIZE !== 0) return -EINVAL;
    if (token.fixes.buildSgl && !this.#sgls) return -EOPNOTSUPP;
    const attachment = await token.dmabuf.dynamicAttach(this.device, {
      allowPeer2peer: true,
      invalidateMappings: () => token.invalidate(),
    });
    if (typeof attachment === 'number') return attachment;
    this.#attachments.set(token, attachment);
    return 0;
  }

  /** `nvme_clean_dmabuf_token` */
  async cleanDmabufToken(token: DmabufToken): Promise<void> {
    await this.#attachments.get(token)?.detach();
  }

  /** `nvme_dmabuf_map`; the reservation is locked. */
  async dmaMap(token: DmabufToken, map: DmabufMap): Promise<number> {
    const mapping = (await this.#attachments.get(token)?.map('bidirectional')) ?? -EINVAL;
    if (typeof mapping === 'number') return mapping;
    map.setMapping(mapping);
    return 0;
  }

  /** `nvme_dmabuf_unmap`: `dma_buf_unmap_attachment_unlocked`, which takes the reservation. */
  async dmaUnmap(token: DmabufToken, map: DmabufMap): Promise<void> {
    await this.#attachments.get(token)?.unmapUnlocked(map.mapping);
    map.setMapping(null);
  }

  queueRq(request: Request): void {
    const { bio, map } = request;
    // Without a map the payload is taken for page vectors.
    const ranges = map === null ? pageRanges(bio) : map.mapping.ranges;
    map?.mapping.memory.check('DMA of an NVMe command');
    this.#sync(request, ranges, 'device');
    this.commands.push({ request, descriptor: this.#describe(request, ranges) });
  }

  /** The device is done with its oldest command. @returns false without one */
  complete(): boolean {
    const command = this.commands.shift();
    if (command === undefined) return false;
    const { request } = command;
    request.map?.mapping.memory.check('DMA of an NVMe command');
    this.#sync(request, request.map?.mapping.ranges ?? pageRanges(request.bio), 'cpu');
    this.#queue?.endRequest(request);
    return true;
  }

  #describe(request: Request, ranges: readonly DmaRange[]): PrpDescriptor | SglCommand {
    const { bvecDone, size } = request.bio.iter;
    const allocate = (bytes: number): number => {
      this.#nextDescriptor += bytes;
      return this.#nextDescriptor - bytes;
    };
    if (this.#queue?.fixes.buildSgl !== false) return buildSgl(ranges, bvecDone, size, allocate);
    return buildPrp(pagesOf(ranges), bvecDone, size, allocate);
  }

  /** `nvme_sync_dmabuf`: memory changes hands before and after each transfer. */
  #sync(request: Request, ranges: readonly DmaRange[], to: 'cpu' | 'device'): void {
    const { bio } = request;
    const isRead = bio.direction === 'read';
    const fixes = this.#queue?.fixes;
    // The RFC syncs a read for the processor only, and a write for the device only.
    if (fixes?.syncBoth === false && isRead !== (to === 'cpu')) return;
    const pieces =
      fixes?.syncRanges === false ? pagesTouched(ranges, bio) : slice(ranges, bio.iter.bvecDone, bio.iter.size);
    const direction = isRead ? 'from-device' : 'to-device';
    for (const piece of pieces) {
      if (to === 'cpu') this.device.syncForCpu(piece, direction);
      else this.device.syncForDevice(piece, direction);
    }
  }
}

function pageRanges(bio: Bio): DmaRange[] {
  return bio.ioVec.map(({ page, offset, length }) => ({ address: page + offset, length }));
}

/** One address for each page of the controller, which is what the RFC keeps. */
function pagesOf(ranges: readonly DmaRange[]): number[] {
  return ranges.flatMap(({ address, length }) =>
    Array.from({ length: Math.ceil(length / NVME_PAGE_SIZE) }, (_, i) => address + i * NVME_PAGE_SIZE),
  );
}

function pagesTouched(ranges: readonly DmaRange[], bio: Bio): DmaRange[] {
  const { bvecDone, size } = bio.iter;
  const first = Math.floor(bvecDone / NVME_PAGE_SIZE);
  const count = Math.ceil(((bvecDone % NVME_PAGE_SIZE) + size) / NVME_PAGE_SIZE);
  return pagesOf(ranges)
    .slice(first, first + count)
    .map((address) => ({ address, length: NVME_PAGE_SIZE }));
}
