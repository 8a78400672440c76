import { EDEADLK, EINVAL, ETIME } from '../../sync/errno.ts';
import type { WwAcquireContext } from '../../sync/ww-acquire-context.ts';
import { dmaResvUsageRw } from '../dma-buf/resv-usage.ts';
import type { DrmFile } from './drm-file.ts';
import type { DrmGemObject } from './gem-object.ts';

/**
 * `drm_gem_lock_reservations` (drivers/gpu/drm/drm_gem.c): locks the reservations of all objects, and starts again behind
 * the one it has to wait for. The context is new, and finished by `gemUnlockReservations`, or here where the answer is an error.
 *
 * @returns 0, or -EINTR when a signal is pending
 */
export async function gemLockReservations(
  objects: readonly DrmGemObject[],
  context: WwAcquireContext,
): Promise<number> {
  let contended: DrmGemObject | null = null;
  for (;;) {
    const locked: DrmGemObject[] = [];
    let result = 0;
    if (contended !== null) {
      result = await contended.resv.lockSlowInterruptible(context);
      if (result === 0) locked.push(contended);
    }
    const rest = result === 0 ? objects.filter((object) => object !== contended) : [];
    for (const object of rest) {
      result = await object.resv.lockInterruptible(context);
      if (result !== 0) {
        contended = object;
        break;
      }
      locked.push(object);
    }
    if (result === 0) {
      context.done();
      return 0;
    }
    for (const object of locked) object.resv.unlock();
    if (result !== -EDEADLK) {
      context.fini();
      return result;
    }
  }
}

/** `drm_gem_unlock_reservations` */
export function gemUnlockReservations(objects: readonly DrmGemObject[], context: WwAcquireContext): void {
  for (const object of objects) object.resv.unlock();
  context.fini();
}

/**
 * `drm_gem_dma_resv_wait`: waits, interruptibly, for the fences of an object: those of writers, or of everybody.
 *
 * @returns 0; -ETIME after `timeout` jiffies; -EINVAL for what is no handle; -ERESTARTSYS
 */
export async function gemDmaResvWait(file: DrmFile, handle: number, all: boolean, timeout: number): Promise<number> {
  const object = await file.lookup(handle);
  if (object === null) return -EINVAL;
  const left = await object.resv.waitTimeout(dmaResvUsageRw(all), true, timeout);
  await object.put();
  if (left === 0) return -ETIME;
  return Math.min(0, left);
}
