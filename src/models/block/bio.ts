import { bug, warnOn } from '../warn.ts';
import type { BioVec } from './bio-vec.ts';
import type { BlkStatus } from './blk-status.ts';
import type { Direction, IovIter } from './iov-iter.ts';

/** `BIO_*` and `REQ_*` flags the token series touches. */
export type BioFlag = 'BIO_DMABUF_TOKEN' | 'BIO_QUIET' | 'BIO_CHAIN' | 'REQ_NOMERGE' | 'REQ_NOWAIT';

/** `struct bvec_iter` */
export interface BvecIter {
  /** Device sector of the next byte, in units of 512 bytes. */
  sector: number;
  /** Bytes that are left. */
  size: number;
  /** Index of the current page vector; not used with a token. */
  index: number;
  /** Bytes done of the current vector; with a token bytes into the token. */
  bvecDone: number;
}

const SECTOR_SIZE = 512;

export interface BioOptions {
  readonly direction: Direction;
  readonly sector?: number;
  readonly nowait?: boolean;
  /** `bi_end_io` */
  readonly endIo?: (bio: Bio) => void;
}

/**
 * `struct bio`. Page vectors and the dmabuf token share one field (`bi_io_vec` / `dmabuf_token`), told apart by a flag
 * alone, so whoever forgets the flag reads a token as page vectors. Both getters check.
 */
export class Bio {
  readonly direction: Direction;
  readonly flags: Set<BioFlag> = new Set();
  readonly iter: BvecIter;
  status: BlkStatus = 'BLK_STS_OK';
  #bvecs: readonly BioVec[] = [];
  #token: object | null = null;
  readonly #endIo: ((bio: Bio) => void) | null;
  #parent: Bio | null = null;
  /** `__bi_remaining`: this bio and those split off it. */
  #remaining = 1;

  constructor(options: BioOptions) {
    this.direction = options.direction;
    this.iter = { sector: options.sector ?? 0, size: 0, index: 0, bvecDone: 0 };
    this.#endIo = options.endIo ?? null;
    if (options.nowait === true) this.flags.add('REQ_NOWAIT');
  }

  /** `bio_flagged` */
  flagged(flag: BioFlag): boolean {
    return this.flags.has(flag);
  }

  /** `bi_vcnt`: 0 with a token. */
  get vcnt(): number {
    return this.#bvecs.length;
  }

  /** `bi_io_vec`. @throws DeptError `ERR_DEPT_BUG` when the field holds a token */
  get ioVec(): readonly BioVec[] {
    if (this.flagged('BIO_DMABUF_TOKEN')) bug('bio: its dmabuf token is read as page vectors.');
    return this.#bvecs;
  }

  /** `dmabuf_token`. @throws DeptError `ERR_DEPT_BUG` when the field holds page vectors */
  get dmabufToken(): object {
    if (this.#token === null || !this.flagged('BIO_DMABUF_TOKEN')) {
      return bug('bio: its page vectors are read as a dmabuf token.');
    }
    return this.#token;
  }

  /** `bio_iov_iter_get_pages`: takes the memory of `iter` and moves it past. @returns 0 */
  iovIterGetPages(iter: IovIter): number {
    if (iter.isDmabufToken) this.#setDmabufToken(iter);
    else this.#setBvecs(iter);
    iter.advance(this.iter.size);
    return 0;
  }

  /** `bio_advance`: forward by `bytes`, of which there must be that many. */
  advance(bytes: number): void {
    if (warnOn(bytes > this.iter.size, `bio_advance: ${bytes} bytes of ${this.iter.size}.`)) {
      this.iter.size = 0;
      return;
    }
    this.iter.sector += Math.floor(bytes / SECTOR_SIZE);
    this.iter.size -= bytes;
    if (this.flagged('BIO_DMABUF_TOKEN')) this.iter.bvecDone += bytes;
    else this.#advanceBvecs(bytes);
  }

  /**
   * `bio_alloc_clone`: shares the memory. `__bio_clone` copies the payload, page vectors and token alike, since they are
   * one field (H15).
   */
  clone(endIo?: (bio: Bio) => void): Bio {
    const clone = new Bio({ direction: this.direction, ...(endIo === undefined ? {} : { endIo }) });
    Object.assign(clone.iter, this.iter);
    for (const flag of this.flags) if (flag !== 'BIO_CHAIN') clone.flags.add(flag);
    clone.#bvecs = this.#bvecs;
    clone.#token = this.#token;
    return clone;
  }

  /** `bio_split` and `bio_chain`: the first `bytes` in a bio of its own, the rest stays. @returns the front part */
  split(bytes: number): Bio {
    if (bytes <= 0 || bytes >= this.iter.size) bug(`bio_split: ${bytes} bytes of ${this.iter.size}.`);
    const front = this.clone();
    front.iter.size = bytes;
    front.#parent = this;
    front.flags.add('BIO_CHAIN');
    this.#remaining++;
    this.advance(bytes);
    return front;
  }

  /** `bio_endio`: ends this bio once everything split off it has ended too. The first error stays. */
  endio(): void {
    if (this.#remaining === 0) bug('bio_endio: the bio has ended already.');
    if (--this.#remaining > 0) return;
    const parent = this.#parent;
    if (parent !== null) {
      if (this.status !== 'BLK_STS_OK' && parent.status === 'BLK_STS_OK') parent.status = this.status;
      parent.endio();
    }
    this.#endIo?.(this);
  }

  /** True once `bi_end_io` was called. */
  get ended(): boolean {
    return this.#remaining === 0;
  }

  /** `bio_wouldblock_error`: quietly, because the caller tries again from where it may sleep (H14). */
  wouldblockError(): void {
    this.flags.add('BIO_QUIET');
    this.status = 'BLK_STS_AGAIN';
    this.endio();
  }

  /** `bio_iov_dmabuf_token_set` */
  #setDmabufToken(iter: IovIter): void {
    this.#token = iter.token;
    this.#bvecs = [];
    Object.assign(this.iter, { size: iter.count, index: 0, bvecDone: iter.iovOffset });
    this.flags.add('BIO_DMABUF_TOKEN');
    this.flags.add('REQ_NOMERGE');
  }

  /** `bio_iov_bvec_set` */
  #setBvecs(iter: IovIter): void {
    this.#bvecs = iter.bvecs;
    Object.assign(this.iter, { size: iter.count, index: 0, bvecDone: iter.iovOffset });
  }

  #advanceBvecs(bytes: number): void {
    this.iter.bvecDone += bytes;
    for (;;) {
      const current = this.#bvecs[this.iter.index];
      if (current === undefined || this.iter.bvecDone < current.length) return;
      this.iter.bvecDone -= current.length;
      this.iter.index++;
    }
  }
}
