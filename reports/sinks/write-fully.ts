import { writeSync } from 'node:fs';

/** How long a full pipe may stop the program for one finding. */
const MAX_STALLS = 500;
const STALL_MS = 2;

/** What writing needs of the machine. */
export interface Device {
  readonly write: typeof writeSync;
  readonly pause: (ms: number) => void;
}

/** Node's own way. */
export const NODE_DEVICE: Device = Object.freeze({
  write: writeSync,
  // Without shared memory there is nothing to wait on: it is tried again at once.
  pause: (ms: number) => {
    if (typeof SharedArrayBuffer !== 'undefined') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  },
});

/** Result of a write: everything, or how much and why not more. */
export type Written =
  | { readonly complete: true }
  | { readonly complete: false; readonly bytes: number; readonly error: unknown };

/**
 * Writes all of `text` to a descriptor, synchronously, so that it is out even if the program dies next. A full pipe
 * (`EAGAIN`) is tried again for about a second in all. Never throws.
 */
export function writeFully(fd: number, text: string, device: Device = NODE_DEVICE): Written {
  const bytes = Buffer.from(text);
  let done = 0;
  let stalls = 0;
  while (done < bytes.length) {
    try {
      done += device.write(fd, bytes, done, bytes.length - done);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EAGAIN' && code !== 'EINTR') return { complete: false, bytes: done, error };
      if (++stalls > MAX_STALLS) return { complete: false, bytes: done, error };
      if (code === 'EAGAIN') device.pause(STALL_MS);
    }
  }
  return { complete: true };
}
