import { EAGAIN, EINVAL, EIO, ENODEV, ENOMEM, ENOSPC, EOPNOTSUPP, ETIMEDOUT } from '../../sync/errno.ts';

/** `blk_status_t` (include/linux/blk_types.h). */
export type BlkStatus =
  | 'BLK_STS_OK'
  | 'BLK_STS_NOTSUPP'
  | 'BLK_STS_TIMEOUT'
  | 'BLK_STS_NOSPC'
  | 'BLK_STS_RESOURCE'
  | 'BLK_STS_AGAIN'
  | 'BLK_STS_INVAL'
  | 'BLK_STS_OFFLINE'
  | 'BLK_STS_IOERR';

/** `blk_errors[]` (block/blk-core.c), in its order: the first row of an errno wins. */
const BLK_ERRORS: readonly (readonly [BlkStatus, number])[] = [
  ['BLK_STS_OK', 0],
  ['BLK_STS_NOTSUPP', EOPNOTSUPP],
  ['BLK_STS_TIMEOUT', ETIMEDOUT],
  ['BLK_STS_NOSPC', ENOSPC],
  ['BLK_STS_RESOURCE', ENOMEM],
  ['BLK_STS_AGAIN', EAGAIN],
  ['BLK_STS_OFFLINE', ENODEV],
  ['BLK_STS_INVAL', EINVAL],
  ['BLK_STS_IOERR', EIO],
];

/** `errno_to_blk_status`: what has no row is an I/O error, -ETIME and -EBUSY among them. */
export function errnoToBlkStatus(errno: number): BlkStatus {
  return BLK_ERRORS.find(([, number]) => number === -errno)?.[0] ?? 'BLK_STS_IOERR';
}

/** `blk_status_to_errno` */
export function blkStatusToErrno(status: BlkStatus): number {
  const errno = BLK_ERRORS.find(([name]) => name === status)?.[1] ?? EIO;
  return errno === 0 ? 0 : -errno;
}
