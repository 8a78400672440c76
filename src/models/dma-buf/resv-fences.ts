import { ENOMEM } from '../../sync/errno.ts';
import { kmalloc } from '../slab.ts';
import type { DmaFence } from './fence.ts';
import { DmaFenceArray } from './fence-array.ts';
import { dmaFenceContextAlloc } from './fence-context.ts';
import type { DmaFenceWaitOptions } from './fence-wait.ts';
import type { DmaResv } from './resv.ts';
import { DmaResvIter, dmaResvForEachFence, dmaResvForEachFenceUnlocked } from './resv-iter.ts';
import { DmaResvList } from './resv-list.ts';
import { type DmaResvUsage, DmaResvUsageLevel, dmaResvUsageName } from './resv-usage.ts';

/** `dma_resv_get_fences`: see `DmaResv.getFences`. */
export async function dmaResvGetFences(resv: DmaResv, usage: DmaResvUsage): Promise<DmaFence[] | number> {
  const cursor = new DmaResvIter(resv, usage);
  const found: DmaFence[] = [];
  for await (const fence of dmaResvForEachFenceUnlocked(cursor)) {
    if (cursor.isRestarted) {
      await putAll(found.splice(0));
      if (!kmalloc('dma_resv_get_fences', 'GFP_KERNEL')) return -ENOMEM;
    }
    found.push(fence.get());
  }
  return found;
}

/** `dma_resv_get_singleton`: see `DmaResv.getSingleton`. */
export async function dmaResvGetSingleton(resv: DmaResv, usage: DmaResvUsage): Promise<DmaFence | null | number> {
  const fences = await dmaResvGetFences(resv, usage);
  if (typeof fences === 'number') return fences;
  if (fences.length <= 1) return fences[0] ?? null;
  const array = DmaFenceArray.create(fences, dmaFenceContextAlloc(1), 1, false);
  if (array !== null) return array.base;
  await putAll(fences);
  return -ENOMEM;
}

/** `dma_resv_copy_fences`: see `DmaResv.copyFences`. */
export async function dmaResvCopyFences(target: DmaResv, source: DmaResv): Promise<number> {
  const cursor = new DmaResvIter(source, DmaResvUsageLevel.BOOKKEEP);
  let list: DmaResvList | null = null;
  for await (const fence of dmaResvForEachFenceUnlocked(cursor)) {
    if (cursor.isRestarted || list === null) {
      await list?.free();
      if (!kmalloc('dma_resv_copy_fences', 'GFP_KERNEL')) return -ENOMEM;
      list = new DmaResvList(cursor.numFences);
    }
    list.set(list.numFences, fence.get(), cursor.fenceUsage);
  }
  await target.fences.assign(list)?.free();
  return 0;
}

/** `dma_resv_wait_timeout`: see `DmaResv.waitTimeout`. */
export async function dmaResvWaitTimeout(
  resv: DmaResv,
  usage: DmaResvUsage,
  intr: boolean,
  timeout: number,
  options: DmaFenceWaitOptions,
): Promise<number> {
  let result = timeout === 0 ? 1 : timeout;
  let left = resv.fixes.zeroTimeoutOnlyLooks ? timeout : result;
  for await (const fence of dmaResvForEachFenceUnlocked(new DmaResvIter(resv, usage))) {
    result = await fence.waitTimeout(intr, left, { site: 'dma_resv_wait_timeout', ...options });
    if (result <= 0) break;
    // The answer for a signaled fence is 1 with timeout 0 too, which is no time to wait for the next one.
    if (left > 0) left = result;
  }
  return result;
}

/** `dma_resv_test_signaled`: see `DmaResv.testSignaled`. */
export async function dmaResvTestSignaled(resv: DmaResv, usage: DmaResvUsage): Promise<boolean> {
  for await (const _unsignaled of dmaResvForEachFenceUnlocked(new DmaResvIter(resv, usage))) return false;
  return true;
}

/** `dma_resv_set_deadline`: see `DmaResv.setDeadline`. */
export async function dmaResvSetDeadline(resv: DmaResv, usage: DmaResvUsage, deadline: number): Promise<void> {
  for await (const fence of dmaResvForEachFenceUnlocked(new DmaResvIter(resv, usage)))
    await fence.setDeadline(deadline);
}

/** `dma_resv_describe`: see `DmaResv.describe`. */
export async function dmaResvDescribe(resv: DmaResv): Promise<string> {
  const cursor = new DmaResvIter(resv, DmaResvUsageLevel.READ);
  let text = '';
  for (const fence of dmaResvForEachFence(cursor)) {
    text += `\t${dmaResvUsageName(cursor.fenceUsage)} fence:${await fence.describe()}\n`;
  }
  return text;
}

async function putAll(fences: readonly DmaFence[]): Promise<void> {
  for (const fence of fences) await fence.put();
}
