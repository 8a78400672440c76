import { KernelMutex } from '../../sync/kernel-mutex.ts';
import { perWorld } from '../per-world.ts';
import type { DmaBuf } from './dma-buf.ts';

interface DmaBufList {
  readonly mutex: KernelMutex;
  /** The newest first (`list_add`). */
  readonly buffers: DmaBuf[];
}

const list: () => DmaBufList = perWorld(() => ({
  mutex: new KernelMutex({ name: 'dmabuf_list_mutex' }),
  buffers: [],
}));

/** Every dma-buf there is, the newest first; for looking at it from outside a simulation. */
export function dmaBufs(): readonly DmaBuf[] {
  return [...list().buffers];
}

/** `__dma_buf_list_add` */
export function dmaBufListAdd(dmabuf: DmaBuf): Promise<void> {
  return locked(({ buffers }) => void buffers.unshift(dmabuf));
}

/** `__dma_buf_list_del` */
export function dmaBufListDel(dmabuf: DmaBuf): Promise<void> {
  return locked(({ buffers }) => void buffers.splice(buffers.indexOf(dmabuf), 1));
}

/** Calls `visit` for every buffer under the list's mutex, until it answers a negative errno. @returns that, or 0 */
export async function dmaBufForEach(visit: (dmabuf: DmaBuf) => Promise<number> | number): Promise<number> {
  return await locked(async ({ buffers }) => {
    for (const dmabuf of buffers) {
      const result = await visit(dmabuf);
      if (result < 0) return result;
    }
    return 0;
  });
}

/** `dma_buf_iter_begin`: a reference to the first buffer that is not on its way out; null without one. */
export function dmaBufIterBegin(): Promise<DmaBuf | null> {
  return locked(({ buffers }) => firstAlive(buffers, 0));
}

/**
 * `dma_buf_iter_next`: puts `dmabuf` and goes on behind it. The put happens under the mutex that a release takes, so it
 * must not release here and now. @returns a reference, null at the end
 */
export async function dmaBufIterNext(dmabuf: DmaBuf): Promise<DmaBuf | null> {
  return await locked(async ({ buffers }) => {
    await dmabuf.put();
    return firstAlive(buffers, buffers.indexOf(dmabuf) + 1);
  });
}

/** The mutex does not protect the references: a buffer may be at zero and wait for the mutex to leave the list. */
function firstAlive(buffers: readonly DmaBuf[], from: number): DmaBuf | null {
  for (let at = from; at < buffers.length; at++) {
    const dmabuf = buffers[at] as DmaBuf;
    if (dmabuf.file.getUnlessZero()) return dmabuf;
  }
  return null;
}

async function locked<T>(use: (all: DmaBufList) => Promise<T> | T): Promise<T> {
  const all = list();
  await all.mutex.lock();
  try {
    return await use(all);
  } finally {
    all.mutex.unlock();
  }
}
