import assert from 'node:assert/strict';
import { DmaBuf } from '../../../src/models/dma-buf/dma-buf.ts';
import type { DmaBufAttachment } from '../../../src/models/dma-buf/dma-buf-attachment.ts';
import type { DmaBufAttachOps, DmaBufExportInfo, DmaBufOps, SgTable } from '../../../src/models/dma-buf/dma-buf-ops.ts';
import { DmaDevice } from '../../../src/models/dma-device.ts';
import { Lifetime } from '../../../src/models/lifetime.ts';
import { KernelModule } from '../../../src/models/module.ts';

export const PAGE = 4096;

/** What an exporter was asked to do, in order, and what it answers. */
export class MockExporter {
  readonly module: KernelModule = new KernelModule('mock_exporter');
  /** Calls of ops, as in `map nvme0`. */
  readonly calls: string[] = [];
  /** What ops answer instead of success. */
  readonly answers: Map<string, number> = new Map<string, number>();
  readonly ops: DmaBufOps = {
    attach: (_dmabuf, attachment) => this.#call('attach', attachment) ?? 0,
    detach: (_dmabuf, attachment) => void this.#call('detach', attachment),
    pin: (attachment) => this.#call('pin', attachment) ?? 0,
    unpin: (attachment) => void this.#call('unpin', attachment),
    mapDmaBuf: (attachment) => this.#map(attachment),
    unmapDmaBuf: (attachment) => void this.#call('unmap', attachment),
    release: () => void this.#call('release'),
    beginCpuAccess: (_dmabuf, direction) => this.#call(`begin ${direction}`) ?? 0,
    endCpuAccess: (_dmabuf, direction) => this.#call(`end ${direction}`) ?? 0,
  };

  /** Exports a buffer; fails the test when that is refused. */
  async export(info: Partial<DmaBufExportInfo> = {}): Promise<DmaBuf> {
    const dmabuf = await DmaBuf.export({ ...this.info(), ...info });
    if (typeof dmabuf === 'number') assert.fail(`dma_buf_export answers ${dmabuf}`);
    return dmabuf;
  }

  /** The ops without some of them. */
  opsWithout(...names: readonly (keyof DmaBufOps)[]): DmaBufOps {
    const rest: Partial<DmaBufOps> = { ...this.ops };
    for (const name of names) delete rest[name];
    return rest as DmaBufOps;
  }

  info(): DmaBufExportInfo {
    return { expName: 'mock', owner: this.module, ops: this.ops, size: 4 * PAGE, priv: this };
  }

  #map(attachment: DmaBufAttachment): SgTable | number {
    return (
      this.#call('map', attachment) ?? {
        ranges: [{ address: 0x10_0000, length: 4 * PAGE }],
        memory: new Lifetime('mock buffer'),
      }
    );
  }

  #call(what: string, attachment: DmaBufAttachment | null = null): number | undefined {
    this.calls.push(attachment === null ? what : `${what} ${attachment.dev.name}`);
    return this.answers.get(what);
  }
}

/** Attaches a device; fails the test when that is refused. */
export async function attached(
  dmabuf: DmaBuf,
  name = 'gpu',
  importer: DmaBufAttachOps | null = null,
): Promise<DmaBufAttachment> {
  const attachment = await dmabuf.dynamicAttach(new DmaDevice(name), importer);
  if (typeof attachment === 'number') assert.fail(`dma_buf_dynamic_attach answers ${attachment}`);
  return attachment;
}

/** Maps, with the reservation locked around it; fails the test when that is refused. */
export async function mapped(attachment: DmaBufAttachment): Promise<SgTable> {
  const table = await attachment.mapUnlocked('bidirectional');
  if (typeof table === 'number') assert.fail(`dma_buf_map_attachment answers ${table}`);
  return table;
}
