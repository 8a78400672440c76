import { EAGAIN, EFAULT, EINVAL, ENOMEM, EOPNOTSUPP } from '../../sync/errno.ts';
import type { DmaBuf } from '../dma-buf/dma-buf.ts';
import type { Gfp } from '../mm/reclaim.ts';
import { kmalloc } from '../slab.ts';
import { warnOn } from '../warn.ts';
import type { Bio } from './bio.ts';
import { type QueueLimits, splitDmabufToken } from './bio-split.ts';
import { errnoToBlkStatus } from './blk-status.ts';
import type { DmabufMap } from './dmabuf-map.ts';
import { DmabufToken } from './dmabuf-token.ts';
import { BLOCK_FIXES, type BlockFixes } from './fixes.ts';
import type { Direction, IovIter } from './iov-iter.ts';

/** `struct request`: a bio on its way to the device. */
export interface Request {
  readonly bio: Bio;
  /** `dmabuf_map`, with a reference; null for a request over pages. */
  readonly map: DmabufMap | null;
}

/** The part of `struct blk_mq_ops` that matters here. The four optional ones belong together. */
export interface BlkMqOps {
  queueRq(request: Request): Promise<void> | void;
  /** Maps the buffer; the reservation is locked. @returns 0 or a negative errno */
  dmaMap?(token: DmabufToken, map: DmabufMap): Promise<number> | number;
  /** Unmaps it; takes the reservation itself. */
  dmaUnmap?(token: DmabufToken, map: DmabufMap): Promise<void>;
  initDmabufToken?(token: DmabufToken): Promise<number> | number;
  cleanDmabufToken?(token: DmabufToken): Promise<void> | void;
}

/** An allocation of the block layer; `kmalloc` if a queue has none of its own. */
export type Allocate = (what: string, gfp: Gfp) => Promise<boolean> | boolean;

export interface RequestQueueOptions {
  /** null for a queue that is not blk-mq. */
  readonly ops: BlkMqOps | null;
  readonly limits: QueueLimits;
  readonly allocate?: Allocate;
  readonly fixes?: Partial<BlockFixes>;
}

/** What userspace opened: a block device, or something else. */
export interface BlockFile {
  readonly direct: boolean;
  /** `f_op->dmabuf_map`; null for files that cannot. */
  readonly dmabufMap: ((file: BlockFile, params: DmabufParams) => Promise<DmabufToken | number>) | null;
  readonly queue: RequestQueue | null;
}

/** `struct dmabuf_token_params` */
export interface DmabufParams {
  readonly dmabuf: DmaBuf;
  readonly direction: Direction | 'both';
}

/** `struct request_queue` and the way of a bio through it (block/blk-mq.c). */
export class RequestQueue {
  readonly ops: BlkMqOps | null;
  readonly limits: QueueLimits;
  readonly fixes: BlockFixes;
  readonly allocate: Allocate;
  dying = false;
  /** `q_usage_counter`, as far as tokens hold it. */
  references = 0;

  constructor(options: RequestQueueOptions) {
    this.ops = options.ops;
    this.limits = options.limits;
    this.fixes = { ...BLOCK_FIXES, ...options.fixes };
    this.allocate = options.allocate ?? kmalloc;
  }

  /** `blk_get_queue`. @returns false when it is dying */
  get(): boolean {
    if (this.dying) return false;
    this.references++;
    return true;
  }

  /** `blk_put_queue` */
  put(): void {
    warnOn(--this.references < 0, 'blk_put_queue without blk_get_queue');
  }

  /** `submit_bio`: in parts that the device can do. Each part is on its way, or ended, when this returns. */
  async submitBio(bio: Bio): Promise<void> {
    if (bio.flagged('BIO_DMABUF_TOKEN')) await this.#submitToken(bio);
    else await this.ops?.queueRq({ bio, map: null });
  }

  /** `blk_mq_end_request` and `blk_mq_free_request` */
  endRequest(request: Request): void {
    request.bio.endio();
    request.map?.refs.put();
  }

  async #submitToken(bio: Bio): Promise<void> {
    const token = bio.dmabufToken as DmabufToken;
    for (;;) {
      const ranges = token.map.dereference()?.mapping.ranges.map(({ length }) => length) ?? null;
      const split = splitDmabufToken(bio, this.limits, ranges, this.fixes);
      if (typeof split === 'number') return this.#fail(bio, split);
      const part = split.bytes === 0 ? bio : bio.split(split.bytes);
      await this.#submitPart(part, token);
      if (part === bio) return;
    }
  }

  async #submitPart(part: Bio, token: DmabufToken): Promise<void> {
    const map = await token.mapFor(part.flagged('REQ_NOWAIT'));
    if (typeof map === 'number') return this.#fail(part, map);
    // Without a map the request is not one of a token, whatever its bio says: only the RFC goes on here.
    if (map === null && part.flagged('REQ_NOWAIT')) return part.wouldblockError();
    await this.ops?.queueRq({ bio: part, map });
  }

  #fail(bio: Bio, errno: number): void {
    if (errno === -EAGAIN) bio.wouldblockError();
    else {
      bio.status = this.fixes.keepStatus ? errnoToBlkStatus(errno) : 'BLK_STS_RESOURCE';
      bio.endio();
    }
  }
}

/** `dmabuf_token_create`: registers a buffer with a file. @returns the token, or -EOPNOTSUPP and what the file answers */
export async function createDmabufToken(file: BlockFile, params: DmabufParams): Promise<DmabufToken | number> {
  if (file.dmabufMap === null) return -EOPNOTSUPP;
  return await file.dmabufMap(file, params);
}

/** `blkdev_dmabuf_map` (block/fops.c, as the review asks): the file operation of block devices. */
export async function blkdevDmabufMap(file: BlockFile, params: DmabufParams): Promise<DmabufToken | number> {
  if (!file.direct) return -EINVAL;
  return file.queue === null ? -EINVAL : await blkMqDmabufMap(file.queue, params);
}

/** `blk_mq_dmabuf_map`: takes references to buffer and queue. @returns the token, -EINVAL, -ENOMEM, -EFAULT, or the driver's */
export async function blkMqDmabufMap(queue: RequestQueue, params: DmabufParams): Promise<DmabufToken | number> {
  const { ops, fixes } = queue;
  if (!ops?.dmaMap || !ops.dmaUnmap || !ops.initDmabufToken || !ops.cleanDmabufToken) return -EINVAL;
  if (!(await queue.allocate('blk_mq_dmabuf_token', 'GFP_KERNEL'))) return -ENOMEM;
  params.dmabuf.get();
  if (!queue.get()) {
    if (fixes.unwindToken) await params.dmabuf.put();
    return -EFAULT;
  }
  const token = new DmabufToken(queue, params.dmabuf, params.direction, fixes);
  const result = await ops.initDmabufToken(token);
  if (result === 0) return token;
  if (fixes.unwindToken) {
    queue.put();
    await params.dmabuf.put();
  }
  return result;
}

/** Reads or writes a file over `iter` (`->read_iter`, `->write_iter`). @returns the bio, or -EINVAL for a token of another file */
export async function submitIter(file: BlockFile, iter: IovIter, bio: Bio): Promise<Bio | number> {
  if (file.queue === null) return -EINVAL;
  if (iter.isDmabufToken && (iter.token as DmabufToken).queue !== file.queue) return -EINVAL;
  bio.iovIterGetPages(iter);
  await file.queue.submitBio(bio);
  return bio;
}
