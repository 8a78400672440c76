/** What kernel-style primitives answer with, negative as in the kernel (include/uapi/asm-generic/errno*.h). */
export const EINTR = 4;
export const EBUSY = 16;
export const EINVAL = 22;
export const EDEADLK = 35;
export const ETIME = 62;
export const EALREADY = 114;
export const ERESTARTSYS = 512;
