/**
 * `gfp_t` (include/linux/gfp_types.h): what an allocation of pages may do to get them, and what it is for. A set of bits,
 * of which these matter here.
 */
export type GfpMask = number;

export const __GFP_HIGHMEM: GfpMask = 1 << 1;
export const __GFP_IO: GfpMask = 1 << 6;
export const __GFP_FS: GfpMask = 1 << 7;
/** The pages are zeroed. */
export const __GFP_ZERO: GfpMask = 1 << 8;
/** The caller may reclaim memory itself, which sleeps. */
export const __GFP_DIRECT_RECLAIM: GfpMask = 1 << 10;
/** kswapd is woken. */
export const __GFP_KSWAPD_RECLAIM: GfpMask = 1 << 11;
export const __GFP_RECLAIM: GfpMask = __GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM;
/** A failure is not worth a message. */
export const __GFP_NOWARN: GfpMask = 1 << 13;
/** Reclaims once at most, and never kills for memory. */
export const __GFP_NORETRY: GfpMask = 1 << 16;
/** The pages are one compound page. */
export const __GFP_COMP: GfpMask = 1 << 18;
/** Charged to the memory cgroup of the allocating process, as kernel memory. */
export const __GFP_ACCOUNT: GfpMask = 1 << 22;

export const GFP_KERNEL: GfpMask = __GFP_RECLAIM | __GFP_IO | __GFP_FS;
export const GFP_KERNEL_ACCOUNT: GfpMask = GFP_KERNEL | __GFP_ACCOUNT;
export const GFP_HIGHUSER: GfpMask = GFP_KERNEL | __GFP_HIGHMEM;
