import { EINVAL } from '../../sync/errno.ts';
import type { Bio } from './bio.ts';

/** `struct queue_limits`, as far as a split reads it. Bytes throughout; masks are one less than the alignment. */
export interface QueueLimits {
  /** `max_sectors` in bytes. */
  readonly maxBytes: number;
  readonly maxSegments: number;
  /** Mask of memory addresses. */
  readonly dmaAlignment: number;
  readonly logicalBlockSize: number;
}

/** Where a bio must be cut. */
export interface Split {
  /** Bytes of the front part; 0 when the bio fits as it is. */
  readonly bytes: number;
  /** Segments of the front part, or of the whole bio. */
  readonly segments: number;
}

export interface SplitFixes {
  /**
   * Count the mapping's own ranges, check the length that is there, cut at logical blocks. Off: pages of 4096 bytes, a
   * length check that always reads 0, a count that is rounded down.
   */
  readonly rangeSegments?: boolean;
}

/** `PAGE_SIZE`, which the RFC takes for the size of a segment, and what is assumed before a mapping exists. */
const PAGE_SIZE = 4096;

/**
 * `bio_split_dmabuf_token`: the part of `bio_split_io_at` (block/blk-merge.c) for bios with a token, as a helper of its
 * own (H17). `ranges` are the lengths of the mapping's contiguous ranges; without a mapping each page counts as one
 * segment, the worst case.
 *
 * @returns -EINVAL for an offset or a length that the device cannot do, or limits that leave no whole block
 */
export function splitDmabufToken(
  bio: Bio,
  limits: QueueLimits,
  ranges: readonly number[] | null,
  fixes: SplitFixes = {},
): Split | number {
  return fixes.rangeSegments === false ? splitByPages(bio, limits) : splitByRanges(bio, limits, ranges);
}

/** As in RFC v2. */
function splitByPages(bio: Bio, limits: QueueLimits): Split | number {
  const { size, bvecDone } = bio.iter;
  const offset = bvecDone % PAGE_SIZE;
  const bytes = 0;
  const segments = Math.ceil((size + offset) / PAGE_SIZE);
  // `bytes` has no value yet, so the second check never fires.
  if ((offset & limits.dmaAlignment) !== 0 || (bytes & (limits.logicalBlockSize - 1)) !== 0) return -EINVAL;
  if (size > limits.maxBytes) {
    return { bytes: limits.maxBytes, segments: Math.floor((limits.maxBytes + offset) / PAGE_SIZE) };
  }
  if (segments > limits.maxSegments) {
    return { bytes: PAGE_SIZE * limits.maxSegments - offset, segments: limits.maxSegments };
  }
  return { bytes: 0, segments };
}

function splitByRanges(bio: Bio, limits: QueueLimits, ranges: readonly number[] | null): Split | number {
  const { size, bvecDone } = bio.iter;
  const blockMask = limits.logicalBlockSize - 1;
  if ((bvecDone & limits.dmaAlignment) !== 0 || (size & blockMask) !== 0) return -EINVAL;
  const wanted = Math.min(size, limits.maxBytes);
  const reached = bytesInSegments(bvecDone, wanted, limits.maxSegments, ranges);
  if (reached === size) return { bytes: 0, segments: countSegments(bvecDone, size, ranges) };
  const bytes = reached - (reached % limits.logicalBlockSize);
  if (bytes === 0) return -EINVAL;
  return { bytes, segments: countSegments(bvecDone, bytes, ranges) };
}

/** Where the segment ends in which `at` lies. */
function* segmentEnds(at: number, ranges: readonly number[] | null): Generator<number> {
  if (ranges === null) {
    for (let end = (Math.floor(at / PAGE_SIZE) + 1) * PAGE_SIZE; ; end += PAGE_SIZE) yield end;
  }
  let end = 0;
  for (const length of ranges) {
    end += length;
    if (end > at) yield end;
  }
}

/** How far `segments` segments reach from `offset` on, `wanted` bytes at most. */
function bytesInSegments(offset: number, wanted: number, segments: number, ranges: readonly number[] | null): number {
  let left = segments;
  let reached = 0;
  for (const end of segmentEnds(offset, ranges)) {
    if (left-- === 0) break;
    reached = Math.min(wanted, end - offset);
    if (reached === wanted) break;
  }
  return reached;
}

function countSegments(offset: number, bytes: number, ranges: readonly number[] | null): number {
  let segments = 0;
  for (const end of segmentEnds(offset, ranges)) {
    segments++;
    if (end >= offset + bytes) break;
  }
  return segments;
}
