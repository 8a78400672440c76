import { EINVAL, ENOMEM, ERESTARTSYS } from '../../sync/errno.ts';
import { Handle } from '../../sync/handle.ts';
import { mightSleep } from '../../sync/misused.ts';
import { rcu } from '../rcu.ts';
import { kmalloc } from '../slab.ts';
import { warnOn } from '../warn.ts';
import type { DmaFence } from './fence.ts';
import { DmaFenceCallback } from './fence-callback.ts';
import { dmaFenceMightWait } from './fence-signalling.ts';
import { DmaFenceSleep, signalPending } from './fence-sleep.ts';
import { dmaFenceWatchers } from './fence-watcher.ts';

/** What a wait adds to its arguments: whose it is. None of it changes what happens. */
export interface DmaFenceWaitOptions {
  /**
   * Names the class of this call site. Without it the place of the call is the class where stacks are captured, so that
   * unrelated waits never share one (DEPT v19), and `fence` where they are not.
   */
  readonly site?: string;
  /** The class to wait on, instead of the call site's and of the fence's own. */
  readonly map?: Handle;
  /** The driver that waits, for the rules of the cross-driver contract. */
  readonly driver?: string;
}

function handleOf(fence: DmaFence | null, options: DmaFenceWaitOptions, isAny: boolean): Handle {
  const chosen = options.map ?? fence?.map;
  if (chosen !== undefined && chosen !== null) return chosen;
  return new Handle('fence', {
    ...(options.site !== undefined && { name: `dma_fence_wait@${options.site}` }),
    ...(isAny && { subclass: 1 }),
  });
}

/** `dma_fence_wait_timeout`: see `DmaFence.waitTimeout`. */
export async function dmaFenceWaitTimeout(
  fence: DmaFence,
  intr: boolean,
  timeout: number,
  options: DmaFenceWaitOptions,
): Promise<number> {
  fence.memory.check('dma_fence_wait_timeout');
  if (warnOn(!(timeout >= 0), `dma_fence_wait_timeout(${fence.label}) with timeout ${timeout}`)) return -EINVAL;
  const handle = handleOf(fence, options, false);
  mightSleep('dma_fence_wait', handle);
  dmaFenceMightWait();
  const sleep = new DmaFenceSleep(handle, timeout, handle !== fence.map);
  const driver = options.driver ?? null;
  for (const watcher of dmaFenceWatchers()) watcher.waits?.(fence, timeout, driver);
  await fence.enableSwSignaling();
  const reader = rcu().readLock();
  const wait = fence.ops?.wait;
  reader.unlock();
  const result =
    wait === undefined
      ? await dmaFenceDefaultWait(fence, intr, timeout, sleep)
      : await wait(fence, intr, timeout).finally(() => sleep.fired());
  for (const watcher of dmaFenceWatchers()) watcher.waited?.(fence, timeout, driver, result);
  return sleep.finish(result);
}

/** `dma_fence_default_wait`: for `wait` ops that add something of their own. Answers as `DmaFence.waitTimeout` does. */
export async function dmaFenceDefaultWait(
  fence: DmaFence,
  intr: boolean,
  timeout: number,
  sleep: DmaFenceSleep = new DmaFenceSleep(handleOf(fence, {}, false), timeout, fence.map === null),
): Promise<number> {
  let flags = await fence.lockIrqsave();
  let left = timeout;
  if (fence.testSignaledFlag()) left = timeout === 0 ? 1 : timeout;
  else if (intr && signalPending()) left = -ERESTARTSYS;
  else if (timeout > 0) {
    const callback = new DmaFenceCallback();
    callback.func = () => sleep.fired();
    fence.addWakeLocked(callback);
    while (!fence.testSignaledFlag() && left > 0) {
      fence.unlockIrqrestore(flags);
      left = await sleep.schedule(left, intr);
      flags = await fence.lockIrqsave();
      if (left > 0 && intr && signalPending()) left = -ERESTARTSYS;
    }
    fence.unlinkLocked(callback);
  }
  fence.unlockIrqrestore(flags);
  return sleep.finish(left);
}

/** What `dmaFenceWaitAnyTimeout` answers. */
export interface WaitAnyResult {
  /** Negative errno, 0 after the timeout, else the jiffies that were left. */
  readonly ret: number;
  /** `idx`: the fence that was signaled; null when none was. */
  readonly idx: number | null;
}

/**
 * `dma_fence_wait_any_timeout`: sleeps until one of the fences is signaled. `timeout`, in jiffies, of 0 only looks. With
 * several fences no single one is depended on, so the wait has a class that no signal is the event of.
 */
export async function dmaFenceWaitAnyTimeout(
  fences: readonly DmaFence[],
  intr: boolean,
  timeout: number,
  options: DmaFenceWaitOptions = {},
): Promise<WaitAnyResult> {
  const isBad = fences.length === 0 || !(timeout >= 0);
  if (warnOn(isBad, `dma_fence_wait_any_timeout(${fences.length} fences, timeout ${timeout})`)) {
    return { ret: -EINVAL, idx: null };
  }
  if (timeout === 0) {
    for (const [idx, fence] of fences.entries()) if (await fence.isSignaled()) return { ret: 1, idx };
    return { ret: 0, idx: null };
  }
  if (!kmalloc('dma_fence_wait_any_timeout')) return { ret: -ENOMEM, idx: null };
  const only = fences.length === 1 ? (fences[0] as DmaFence) : null;
  const handle = handleOf(only, options, only === null);
  mightSleep('dma_fence_wait_any_timeout', handle);
  const sleep = new DmaFenceSleep(handle, timeout, only !== null && handle !== only.map);
  return await waitAny(fences, intr, timeout, sleep);
}

async function waitAny(
  fences: readonly DmaFence[],
  intr: boolean,
  timeout: number,
  sleep: DmaFenceSleep,
): Promise<WaitAnyResult> {
  const callbacks: DmaFenceCallback[] = [];
  let idx: number | null = null;
  let ret = timeout;
  for (const [index, fence] of fences.entries()) {
    const callback = new DmaFenceCallback();
    if ((await fence.addCallback(callback, () => sleep.fired())) !== 0) {
      idx = index;
      break;
    }
    callbacks.push(callback);
  }
  while (ret > 0 && idx === null) {
    const signaled = fences.findIndex((fence) => fence.testSignaledFlag());
    if (signaled >= 0) {
      idx = signaled;
      break;
    }
    ret = await sleep.schedule(ret, intr);
    if (ret > 0 && intr && signalPending()) ret = -ERESTARTSYS;
  }
  for (const [index, callback] of callbacks.entries()) await fences[index]?.removeCallback(callback);
  return { ret: sleep.finish(ret), idx };
}
