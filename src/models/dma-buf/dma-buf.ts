import { EBADF, EINVAL, ENOENT, ENOMEM, EOVERFLOW } from '../../sync/errno.ts';
import { SpinLock } from '../../sync/spinlock.ts';
import type { DmaDevice, DmaDirection } from '../dma-device.ts';
import { KernelFile } from '../fs/file.ts';
import { O_RDWR } from '../fs/open-flags.ts';
import type { VmArea } from '../fs/vm-area.ts';
import { MAX_SCHEDULE_TIMEOUT } from '../jiffies.ts';
import { Lifetime } from '../lifetime.ts';
import { PAGE_SIZE } from '../mm/page-size.ts';
import type { KernelModule } from '../module.ts';
import { perWorld } from '../per-world.ts';
import { current } from '../process.ts';
import { kmalloc } from '../slab.ts';
import { bugOn, warnOn } from '../warn.ts';
import { type DmaBufAttachment, dmaBufDynamicAttach } from './dma-buf-attachment.ts';
import { DMA_BUF_FOPS, dmaBufOfFile, dmaBufOpens } from './dma-buf-file.ts';
import { dmaBufListAdd, dmaBufListDel } from './dma-buf-list.ts';
import {
  DMA_BUF_FIXES,
  type DmaBufAttachOps,
  type DmaBufExportInfo,
  type DmaBufFixes,
  type DmaBufOps,
  type IosysMap,
} from './dma-buf-ops.ts';
import { DmaBufPoll } from './dma-buf-poll.ts';
import { assertNotHeld } from './dma-buf-rules.ts';
import { DmaBufVmap } from './dma-buf-vmap.ts';
import { DmaResv } from './resv.ts';
import { dmaResvUsageRw } from './resv-usage.ts';

/*
exporter              core                                importers, user space

export() ---------->  file with references ------------>  fd(), get(), put(), mmap, poll, ioctl
                        |
                      reservation: lock and fences ---->  map(), pin(), vmap(): under the lock
attach, map, pin <----  |
                      attachments --------------------->  attach(), detach(): without the lock
                        |
the buffer moves --->  invalidateMappings() ----------->  dynamic importers let go, behind fences
                        |
release <-----------  the last put, in a context of its own
*/

/** `DMA_BUF_NAME_LEN`: with the NUL at the end. */
export const DMA_BUF_NAME_LEN = 32;

const inodes: () => { last: number } = perWorld(() => ({ last: 0 }));

/**
 * `struct dma_buf` (include/linux/dma-buf.h, drivers/dma-buf/dma-buf.c): a buffer that drivers and processes share. Its
 * references are those of its file. What needs the reservation locked says so; everything else must be called without it.
 */
export class DmaBuf {
  readonly size: number;
  readonly flags: number;
  readonly expName: string;
  readonly ops: DmaBufOps;
  readonly owner: KernelModule;
  /** The exporter's own object. */
  readonly priv: object;
  readonly resv: DmaResv;
  readonly fixes: DmaBufFixes;
  readonly file: KernelFile;
  /** Inode number of the file: what tools tell buffers apart by. */
  readonly ino: number;
  readonly polling: DmaBufPoll;
  readonly #ownsResv: boolean;
  readonly #memory: Lifetime;
  readonly #attachments: DmaBufAttachment[] = [];
  readonly #nameLock: SpinLock = new SpinLock({ name: 'dma_buf.name_lock' });
  readonly #vmap: DmaBufVmap;
  #name: string | null = null;

  /** Part of `export`, which checks and lists it. */
  constructor(info: DmaBufExportInfo & { readonly priv: object }) {
    this.size = info.size;
    this.flags = info.flags ?? O_RDWR;
    this.expName = info.expName;
    this.ops = info.ops;
    this.owner = info.owner;
    this.priv = info.priv;
    this.fixes = { ...DMA_BUF_FIXES, ...info.fixes };
    this.ino = ++inodes().last;
    const label = `dma_buf ${info.expName}#${this.ino}`;
    this.#ownsResv = !info.resv;
    this.resv = info.resv ?? new DmaResv({ label: `resv of ${label}` });
    this.#memory = new Lifetime(label);
    this.file = new KernelFile({ name: label, ops: DMA_BUF_FOPS, deferFput: this.fixes.deferFput });
    this.polling = new DmaBufPoll(this);
    this.#vmap = new DmaBufVmap(this);
    dmaBufOpens(this.file, this);
  }

  /**
   * `dma_buf_export`. @returns the buffer with the caller's reference; -EINVAL, with a WARN, when something mandatory is
   * missing; -ENOENT when the owner is on its way out; -ENOMEM
   */
  static async export(info: DmaBufExportInfo): Promise<DmaBuf | number> {
    const { priv, owner, resv } = info;
    const ops = info.ops as Partial<DmaBufOps> | null;
    const isComplete = priv !== null && ops?.mapDmaBuf && ops.unmapDmaBuf && ops.release;
    if (warnOn(!isComplete, `dma_buf_export(${info.expName}) without priv, map, unmap or release`)) return -EINVAL;
    const isHalf = !ops?.pin !== !ops?.unpin;
    if (warnOn(isHalf, `dma_buf_export(${info.expName}) with only one of pin and unpin`)) return -EINVAL;
    if (resv) assertNotHeld(resv, 'dma_buf_export');
    if (!owner.tryGet()) return -ENOENT;
    if (priv === null || !kmalloc('dma_buf_export', 'GFP_KERNEL')) {
      owner.put();
      return -ENOMEM;
    }
    const dmabuf = new DmaBuf({ ...info, priv });
    await dmaBufListAdd(dmabuf);
    return dmabuf;
  }

  /** File references: descriptors, mappings, drivers. */
  get references(): number {
    return this.file.references;
  }

  /** True once `release` is over. */
  get released(): boolean {
    return this.#memory.freed;
  }

  get attachments(): readonly DmaBufAttachment[] {
    return this.#attachments;
  }

  /** `name`; null until userspace gave one. */
  get name(): string | null {
    return this.#name;
  }

  get vmappingCounter(): number {
    return this.#vmap.counter;
  }

  /** `get_dma_buf`: the caller has a reference already. @throws DeptError `ERR_DEPT_USE_AFTER_FREE` */
  get(): this {
    this.#memory.check('get_dma_buf');
    this.file.get();
    return this;
  }

  /**
   * `dma_buf_put`. The last one releases the buffer a moment later; `flushDelayedFput` waits for that.
   *
   * @throws DeptError `ERR_DEPT_USE_AFTER_FREE` after the last put
   */
  async put(): Promise<void> {
    assertNotHeld(this.resv, 'dma_buf_put');
    await this.file.put();
  }

  /**
   * `dma_buf_fd`: a descriptor of the current process, which takes over the caller's reference. @returns it, or -EMFILE:
   * the reference is still the caller's then
   */
  fd(): number {
    this.#memory.check('dma_buf_fd');
    assertNotHeld(this.resv, 'dma_buf_fd');
    const { files } = current();
    const fd = files.getUnusedFd();
    if (fd >= 0) files.install(fd, this.file);
    return fd;
  }

  /** `dma_buf_attach`: for a device that cannot follow when the buffer moves. @returns as `dynamicAttach` */
  attach(dev: DmaDevice): Promise<DmaBufAttachment | number> {
    return this.dynamicAttach(dev, null);
  }

  /** `dma_buf_dynamic_attach`. @returns the attachment, or a negative errno */
  dynamicAttach(
    dev: DmaDevice,
    importerOps: DmaBufAttachOps | null,
    importerPriv: unknown = null,
  ): Promise<DmaBufAttachment | number> {
    this.#memory.check('dma_buf_dynamic_attach');
    return dmaBufDynamicAttach(this, dev, importerOps, importerPriv);
  }

  /** `list_add`; the reservation is locked. */
  addAttachment(attachment: DmaBufAttachment): void {
    this.resv.assertHeld('list_add(&attach->node)');
    this.#attachments.unshift(attachment);
  }

  /** `list_del`; the reservation is locked. */
  removeAttachment(attachment: DmaBufAttachment): void {
    this.resv.assertHeld('list_del(&attach->node)');
    this.#attachments.splice(this.#attachments.indexOf(attachment), 1);
  }

  /**
   * `dma_buf_invalidate_mappings`, `dma_buf_move_notify` before 7.2: the exporter is about to move the buffer; the
   * reservation is locked. The old place may be used until the fences that importers add are signaled.
   */
  async invalidateMappings(): Promise<void> {
    this.#memory.check('dma_buf_invalidate_mappings');
    this.resv.assertHeld('dma_buf_invalidate_mappings');
    for (const attachment of [...this.#attachments]) await attachment.importerOps?.invalidateMappings(attachment);
  }

  /**
   * `dma_buf_begin_cpu_access`: the processor is going to use the buffer. The exporter prepares it, then fences are waited
   * for: those of writers, and of readers too before a write. @returns 0, what the exporter answers, or -ERESTARTSYS
   */
  async beginCpuAccess(direction: DmaDirection): Promise<number> {
    this.#memory.check('dma_buf_begin_cpu_access');
    assertNotHeld(this.resv, 'dma_buf_begin_cpu_access');
    const result = (await this.ops.beginCpuAccess?.(this, direction)) ?? 0;
    if (result !== 0) return result;
    const usage = dmaResvUsageRw(direction !== 'from-device');
    return Math.min(0, await this.resv.waitTimeout(usage, true, MAX_SCHEDULE_TIMEOUT));
  }

  /** `dma_buf_end_cpu_access`. @returns 0, or what the exporter answers */
  async endCpuAccess(direction: DmaDirection): Promise<number> {
    this.#memory.check('dma_buf_end_cpu_access');
    assertNotHeld(this.resv, 'dma_buf_end_cpu_access');
    return (await this.ops.endCpuAccess?.(this, direction)) ?? 0;
  }

  /** `dma_buf_vmap`; the reservation is locked. One mapping for all callers. @returns it, -EINVAL, or the exporter's errno */
  vmap(): Promise<IosysMap | number> {
    this.#memory.check('dma_buf_vmap');
    return this.#vmap.map();
  }

  /** `dma_buf_vunmap`; the reservation is locked. @throws DeptError `ERR_DEPT_BUG` when it is not mapped, or elsewhere */
  vunmap(map: IosysMap): Promise<void> {
    this.#memory.check('dma_buf_vunmap');
    return this.#vmap.unmap(map);
  }

  /**
   * `dma_buf_mmap`: maps pages of the buffer from `pgoff` into an area of a driver. @returns 0; -EINVAL past the end, or
   * where the exporter cannot; -EOVERFLOW
   */
  async mmap(area: VmArea, pgoff: number): Promise<number> {
    this.#memory.check('dma_buf_mmap');
    assertNotHeld(this.resv, 'dma_buf_mmap');
    if (this.ops.mmap === undefined) return -EINVAL;
    if (!Number.isSafeInteger(pgoff + area.pages)) return -EOVERFLOW;
    if (pgoff + area.pages > this.size / PAGE_SIZE) return -EINVAL;
    return await this.ops.mmap(this, area);
  }

  /** `DMA_BUF_SET_NAME`. @returns 0, or -EINVAL for more than 31 bytes */
  async setName(name: string): Promise<number> {
    this.#memory.check('dma_buf_set_name');
    if (new TextEncoder().encode(name).length >= DMA_BUF_NAME_LEN) return -EINVAL;
    await this.#nameLock.lock();
    this.#name = name;
    this.#nameLock.unlock();
    return 0;
  }

  /**
   * `dma_buf_file_release`, then `dma_buf_release`: the file is gone. Called by its `release` op.
   *
   * @throws DeptError `ERR_DEPT_BUG` while somebody maps it into the kernel, or a fence would still call it back
   */
  async release(): Promise<void> {
    await dmaBufListDel(this);
    bugOn(this.#vmap.counter > 0, `dma_buf_release with ${this.#vmap.counter} vmaps`);
    bugOn(this.polling.isActive, 'dma_buf_release while a fence callback of poll is installed');
    await this.ops.release(this);
    if (this.#ownsResv) await this.resv.fini();
    warnOn(this.#attachments.length > 0, `dma_buf_release with ${this.#attachments.length} attachments`);
    this.owner.put();
    this.#memory.free('dma_buf_release');
  }
}

/** `dma_buf_get`. @returns the buffer of a descriptor of the current process, with a reference; -EBADF; -EINVAL for another file */
export async function dmaBufGet(fd: number): Promise<DmaBuf | number> {
  const file = current().files.get(fd);
  if (file === null) return -EBADF;
  const dmabuf = dmaBufOfFile(file);
  if (dmabuf === null) {
    await file.put();
    return -EINVAL;
  }
  assertNotHeld(dmabuf.resv, 'dma_buf_get');
  return dmabuf;
}
