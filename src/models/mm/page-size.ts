export const PAGE_SHIFT = 12;
/** Bytes of a page, and of an allocation of order 0. */
export const PAGE_SIZE: number = 1 << PAGE_SHIFT;

/** `PAGE_ALIGN`: rounded up to whole pages. */
export function pageAlign(bytes: number): number {
  return Math.ceil(bytes / PAGE_SIZE) * PAGE_SIZE;
}
