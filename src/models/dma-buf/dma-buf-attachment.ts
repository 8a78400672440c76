import { EBUSY, EINVAL, ENOMEM } from '../../sync/errno.ts';
import type { DmaDevice, DmaDirection } from '../dma-device.ts';
import { MAX_SCHEDULE_TIMEOUT } from '../jiffies.ts';
import { Lifetime } from '../lifetime.ts';
import { kmalloc } from '../slab.ts';
import { warnOn } from '../warn.ts';
import type { DmaBuf } from './dma-buf.ts';
import type { DmaBufAttachOps, SgTable } from './dma-buf-ops.ts';
import { assertNotHeld } from './dma-buf-rules.ts';
import { DmaResvUsageLevel } from './resv-usage.ts';

/** A mapping of an attachment, until it is unmapped. */
interface Mapping {
  readonly direction: DmaDirection;
  readonly memory: Lifetime;
}

/**
 * `struct dma_buf_attachment`: a device that uses a buffer. A dynamic one has importer ops: it follows when the buffer
 * moves, and waits for fences itself. For a static one the core pins the buffer and waits.
 */
export class DmaBufAttachment {
  readonly dmabuf: DmaBuf;
  readonly dev: DmaDevice;
  /** `peer2peer`: the exporter may take this back in its `attach`. */
  peer2peer: boolean;
  readonly importerOps: DmaBufAttachOps | null;
  readonly importerPriv: unknown;
  /** The exporter's own (`priv`). */
  priv: unknown = null;
  readonly #memory: Lifetime;
  readonly #mappings = new Map<SgTable, Mapping>();

  /** Part of `dmaBufDynamicAttach`, which makes it known to the exporter. */
  constructor(dmabuf: DmaBuf, dev: DmaDevice, importerOps: DmaBufAttachOps | null, importerPriv: unknown) {
    this.dmabuf = dmabuf;
    this.dev = dev;
    this.importerOps = importerOps;
    this.importerPriv = importerPriv;
    this.peer2peer = importerOps?.allowPeer2peer ?? false;
    this.#memory = new Lifetime(`dma_buf_attachment of ${dev.name}`);
  }

  /** `dma_buf_attachment_is_dynamic` */
  get isDynamic(): boolean {
    return this.importerOps !== null;
  }

  /** Mappings that are not unmapped. */
  get mapped(): number {
    return [...this.#mappings.values()].filter(({ memory }) => !memory.freed).length;
  }

  /**
   * `dma_buf_map_attachment`; the reservation is locked. Pins the buffer, and waits for what moves it, where the importer
   * is static.
   *
   * @returns the table, or a negative errno: what the exporter answers, -ENOMEM, -ERESTARTSYS
   */
  async map(direction: DmaDirection): Promise<SgTable | number> {
    this.#memory.check('dma_buf_map_attachment');
    const { dmabuf } = this;
    dmabuf.resv.assertHeld('dma_buf_map_attachment');
    const pinned = await this.#pinOnMap();
    if (pinned !== 0) return pinned;
    const table = (await dmabuf.ops.mapDmaBuf(this, direction)) ?? -ENOMEM;
    if (typeof table !== 'number') {
      const waited = await this.#waitOnMap();
      if (waited === 0) return this.#noted(table, direction);
      await dmabuf.ops.unmapDmaBuf(this, table, direction);
      await this.#unpinOnUnmap();
      return waited;
    }
    await this.#unpinOnUnmap();
    return table;
  }

  /**
   * `dma_buf_unmap_attachment`; the reservation is locked.
   *
   * @throws DeptError `ERR_DEPT_DOUBLE_FREE` for a table that was unmapped before, `ERR_DEPT_USE_AFTER_FREE` after `detach`
   */
  async unmap(table: SgTable): Promise<void> {
    this.#memory.check('dma_buf_unmap_attachment');
    const mapping = this.#mappings.get(table);
    const message = 'dma_buf_unmap_attachment with a table that this attachment never mapped';
    if (warnOn(mapping === undefined, message) || mapping === undefined) return;
    this.dmabuf.resv.assertHeld('dma_buf_unmap_attachment');
    mapping.memory.free('dma_buf_unmap_attachment');
    await this.dmabuf.ops.unmapDmaBuf(this, table, mapping.direction);
    await this.#unpinOnUnmap();
  }

  /** `dma_buf_map_attachment_unlocked`. @returns as `map` */
  async mapUnlocked(direction: DmaDirection): Promise<SgTable | number> {
    assertNotHeld(this.dmabuf.resv, 'dma_buf_map_attachment_unlocked');
    await this.dmabuf.resv.lock();
    try {
      return await this.map(direction);
    } finally {
      this.dmabuf.resv.unlock();
    }
  }

  /** `dma_buf_unmap_attachment_unlocked`. @throws DeptError as `unmap` */
  async unmapUnlocked(table: SgTable): Promise<void> {
    assertNotHeld(this.dmabuf.resv, 'dma_buf_unmap_attachment_unlocked');
    await this.dmabuf.resv.lock();
    try {
      await this.unmap(table);
    } finally {
      this.dmabuf.resv.unlock();
    }
  }

  /** `dma_buf_pin`: the buffer stays where it is; the reservation is locked. For dynamic importers. @returns 0 or an errno */
  async pin(): Promise<number> {
    this.#memory.check('dma_buf_pin');
    warnOn(!this.isDynamic, 'dma_buf_pin of a static attachment, which is pinned while it is mapped');
    this.dmabuf.resv.assertHeld('dma_buf_pin');
    return (await this.dmabuf.ops.pin?.(this)) ?? 0;
  }

  /** `dma_buf_unpin`; the reservation is locked. */
  async unpin(): Promise<void> {
    this.#memory.check('dma_buf_unpin');
    warnOn(!this.isDynamic, 'dma_buf_unpin of a static attachment, which is pinned while it is mapped');
    this.dmabuf.resv.assertHeld('dma_buf_unpin');
    await this.dmabuf.ops.unpin?.(this);
  }

  /** `dma_buf_detach`. What is still mapped then is used after it was freed. */
  async detach(): Promise<void> {
    const { dmabuf } = this;
    assertNotHeld(dmabuf.resv, 'dma_buf_detach');
    this.#memory.check('dma_buf_detach');
    await dmabuf.resv.lock();
    dmabuf.removeAttachment(this);
    dmabuf.resv.unlock();
    await dmabuf.ops.detach?.(dmabuf, this);
    this.#memory.free('dma_buf_detach');
  }

  /** `dma_buf_pin_on_map` */
  async #pinOnMap(): Promise<number> {
    if (this.isDynamic) return 0;
    const result = (await this.dmabuf.ops.pin?.(this)) ?? 0;
    // An attachment was accepted, so the buffer must stay within its reach.
    warnOn(result === -EBUSY, 'dma_buf_map_attachment: the exporter cannot pin a buffer with a static attachment');
    return result;
  }

  async #unpinOnUnmap(): Promise<void> {
    if (!this.isDynamic) await this.dmabuf.ops.unpin?.(this);
  }

  async #waitOnMap(): Promise<number> {
    if (this.isDynamic) return 0;
    const { KERNEL } = DmaResvUsageLevel;
    return Math.min(0, await this.dmabuf.resv.waitTimeout(KERNEL, true, MAX_SCHEDULE_TIMEOUT));
  }

  #noted(table: SgTable, direction: DmaDirection): SgTable {
    this.#mappings.set(table, { direction, memory: new Lifetime(`sg_table of ${this.dev.name}`) });
    return table;
  }
}

/**
 * `dma_buf_dynamic_attach`; without importer ops `dma_buf_attach`.
 *
 * @returns the attachment; -ENOMEM; what the exporter answers, as -EBUSY; -EINVAL, with a WARN, without a device, and for
 *   importer ops that cannot follow a move
 */
export async function dmaBufDynamicAttach(
  dmabuf: DmaBuf,
  dev: DmaDevice,
  importerOps: DmaBufAttachOps | null,
  importerPriv: unknown = null,
): Promise<DmaBufAttachment | number> {
  if (warnOn(!dev, 'dma_buf_dynamic_attach without a device')) return -EINVAL;
  const follows = importerOps as Partial<DmaBufAttachOps> | null;
  const message = 'dma_buf_dynamic_attach with importer ops, but without invalidate_mappings';
  if (warnOn(follows !== null && follows.invalidateMappings === undefined, message)) return -EINVAL;
  assertNotHeld(dmabuf.resv, 'dma_buf_dynamic_attach');
  if (!kmalloc('dma_buf_dynamic_attach', 'GFP_KERNEL')) return -ENOMEM;
  const attachment = new DmaBufAttachment(dmabuf, dev, importerOps, importerPriv);
  const result = (await dmabuf.ops.attach?.(dmabuf, attachment)) ?? 0;
  if (result !== 0) return result;
  await dmabuf.resv.lock();
  dmabuf.addAttachment(attachment);
  dmabuf.resv.unlock();
  return attachment;
}
