import { EFAULT } from '../../sync/errno.ts';
import { bug } from '../warn.ts';
import type { BioVec } from './bio-vec.ts';

/** `READ` and `WRITE` as the block layer means them: a read fills memory. */
export type Direction = 'read' | 'write';

/** `enum iter_type`. The last one is new; the review asks that it says dmabuf, not dma (H19). */
export type IterType = 'bvec' | 'dmabuf-token';

/** `struct iov_iter_state`: what `restore` goes back to. */
export interface IovIterState {
  readonly iovOffset: number;
  readonly count: number;
}

/** `a | b` of sizes that need more than 32 bits. */
function bitOr(a: number, b: number): number {
  const WORD = 2 ** 32;
  return (Math.floor(a / WORD) | Math.floor(b / WORD)) * WORD + ((a | b) >>> 0);
}

/**
 * `struct iov_iter` over memory that was registered before (`ITER_DMABUF_TOKEN`) or over pages (`ITER_BVEC`). A token has
 * no pages to walk: moving changes an offset and a count and nothing else (lib/iov_iter.c).
 */
export class IovIter<Token extends object = object> {
  readonly type: IterType;
  readonly direction: Direction;
  readonly #token: Token | null;
  readonly #bvecs: readonly BioVec[];
  readonly #start: number;
  #iovOffset: number;
  #count: number;

  private constructor(
    type: IterType,
    direction: Direction,
    token: Token | null,
    bvecs: readonly BioVec[],
    offset: number,
    count: number,
  ) {
    this.type = type;
    this.direction = direction;
    this.#token = token;
    this.#bvecs = bvecs;
    this.#start = offset;
    this.#iovOffset = offset;
    this.#count = count;
  }

  /** `iov_iter_dmabuf_token`: `count` bytes of the token from `offset` on. */
  static dmabufToken<Token extends object>(
    direction: Direction,
    token: Token,
    offset: number,
    count: number,
  ): IovIter<Token> {
    return new IovIter<Token>('dmabuf-token', direction, token, [], offset, count);
  }

  /** `iov_iter_bvec` */
  static bvec(direction: Direction, bvecs: readonly BioVec[]): IovIter<never> {
    const count = bvecs.reduce((sum, bvec) => sum + bvec.length, 0);
    return new IovIter<never>('bvec', direction, null, bvecs, 0, count);
  }

  /** `iov_iter_is_dmabuf_token` */
  get isDmabufToken(): boolean {
    return this.type === 'dmabuf-token';
  }

  /** Bytes into the token, or into the page vectors. */
  get iovOffset(): number {
    return this.#iovOffset;
  }

  /** `iov_iter_count`: bytes that are left. */
  get count(): number {
    return this.#count;
  }

  /** @throws DeptError `ERR_DEPT_BUG` when the iterator has no token: the two share one field */
  get token(): Token {
    if (this.#token === null) return bug('iov_iter: a page vector is read as a dmabuf token.');
    return this.#token;
  }

  /** @throws DeptError `ERR_DEPT_BUG` when the iterator carries a token: the two share one field */
  get bvecs(): readonly BioVec[] {
    if (this.#token !== null) bug('iov_iter: a dmabuf token is read as page vectors.');
    return this.#bvecs;
  }

  /** `iov_iter_advance`: forward by what is there at most. */
  advance(bytes: number): void {
    const step = Math.min(bytes, this.#count);
    this.#iovOffset += step;
    this.#count -= step;
  }

  /** `iov_iter_revert`. @throws DeptError `ERR_DEPT_BUG` beyond the start of the range it was made for */
  revert(bytes: number): void {
    if (bytes > this.#iovOffset - this.#start) {
      bug(
        `iov_iter_revert: ${bytes} bytes back from offset ${this.#iovOffset} is beyond the start ${this.#start} of the ` +
          'range. Revert no more than was advanced.',
      );
    }
    this.#iovOffset -= bytes;
    this.#count += bytes;
  }

  /** `iov_iter_truncate` */
  truncate(count: number): void {
    this.#count = Math.min(this.#count, count);
  }

  /** `iov_iter_alignment`: every bit that is set in the offset or in the count. */
  get alignment(): number {
    if (this.isDmabufToken) return bitOr(this.#iovOffset, this.#count);
    return this.#bvecs.reduce((bits, { offset, length }) => bitOr(bits, bitOr(offset, length)), 0);
  }

  /** `iov_iter_gap_alignment`: a token has no gaps. */
  get gapAlignment(): number {
    if (this.isDmabufToken) return 0;
    return this.#bvecs
      .slice(1)
      .reduce((bits, { offset }, i) => bitOr(bits, bitOr(offset, (this.#bvecs[i]?.length ?? 0) >>> 0)), 0);
  }

  /** `iov_iter_extract_pages`: a token has none. @returns the pages, or -EFAULT */
  extractPages(): readonly BioVec[] | number {
    return this.isDmabufToken ? -EFAULT : this.#bvecs;
  }

  /** `iov_iter_save_state` */
  save(): IovIterState {
    return { iovOffset: this.#iovOffset, count: this.#count };
  }

  /** `iov_iter_restore`: allowed for a token, which is nothing but these two numbers. */
  restore(state: IovIterState): void {
    this.#iovOffset = state.iovOffset;
    this.#count = state.count;
  }
}
