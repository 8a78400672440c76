import type { EventContext } from '../../core/event-context.ts';
import { defineHow } from '../../core/how.ts';
import { Handle } from '../../sync/handle.ts';
import { exit, granted, wait } from '../../sync/hooks.ts';
import { mightSleep } from '../../sync/misused.ts';
import { runtime, type Thread } from '../../sync/runtime.ts';
import { perWorld } from '../per-world.ts';
import { bug } from '../warn.ts';

/**
 * What an allocation may do to get memory: `GFP_KERNEL` may enter direct reclaim, with file systems and I/O; `GFP_NOFS` and
 * `GFP_NOIO` may still unmap pages, which calls MMU notifiers; `GFP_ATOMIC` does nothing, and may fail.
 */
export type Gfp = 'GFP_KERNEL' | 'GFP_NOFS' | 'GFP_NOIO' | 'GFP_ATOMIC';

/** Class of `__fs_reclaim_map`. */
export const FS_RECLAIM = 'fs_reclaim';
/** Class of `__mmu_notifier_invalidate_range_start_map`. */
export const MMU_NOTIFIER = 'mmu_notifier_invalidate_range_start';

const RECLAIM = defineHow({
  startLabel: 'fs_reclaim_acquire',
  waitLabel: 'fs_reclaim_acquire',
  eventLabel: 'fs_reclaim_release',
});
const NOTIFIER = defineHow({
  startLabel: 'lock_map_acquire',
  waitLabel: 'lock_map_acquire',
  eventLabel: 'lock_map_release',
});

interface Maps {
  readonly reclaim: Handle;
  readonly notifier: Handle;
  /** Threads that reclaim memory: what they allocate comes from reserves (`PF_MEMALLOC`). */
  readonly reclaiming: Map<Thread | null, EventContext | null>;
}

const maps: () => Maps = perWorld(() => ({
  reclaim: new Handle('lockdep_map', { name: FS_RECLAIM }),
  notifier: new Handle('lockdep_map', { name: MMU_NOTIFIER }),
  reclaiming: new Map<Thread | null, EventContext | null>(),
}));

/** `fs_reclaim_acquire`: the caller reclaims memory from here; shrinkers run inside. Nothing when it does so already. */
export function fsReclaimAcquire(): void {
  const { reclaim, reclaiming } = maps();
  const { thread } = runtime();
  if (reclaiming.has(thread)) return;
  reclaiming.set(thread, granted(wait(reclaim.object, RECLAIM)));
}

/** `fs_reclaim_release`. @throws DeptError `ERR_DEPT_BUG` when the caller does not reclaim memory */
export function fsReclaimRelease(): void {
  const { reclaim, reclaiming } = maps();
  const { thread } = runtime();
  const held = reclaiming.get(thread);
  if (held === undefined) bug('fs_reclaim_release without fs_reclaim_acquire', reclaim.object);
  reclaiming.delete(thread);
  exit(held);
}

/**
 * `mmu_notifier_invalidate_range_start`: pages are unmapped, and whoever mapped them elsewhere lets go of them inside of
 * `invalidate`, waiting for fences if need be.
 */
export async function mmuNotifierInvalidate(invalidate: () => Promise<void> | void): Promise<void> {
  const held = granted(wait(maps().notifier.object, NOTIFIER));
  try {
    await invalidate();
  } finally {
    exit(held);
  }
}

/**
 * `might_alloc` (include/linux/sched/mm.h): an allocation of this kind may have to reclaim memory first, whether it does
 * so now or not.
 *
 * @throws DeptError `ERR_DEPT_ATOMIC` where sleeping is forbidden, unless it is `GFP_ATOMIC`
 */
export function mightAlloc(gfp: Gfp): void {
  if (gfp === 'GFP_ATOMIC') return;
  const { reclaim, notifier, reclaiming } = maps();
  mightSleep(`allocation with ${gfp}`, reclaim);
  if (reclaiming.has(runtime().thread)) return;
  const held = gfp === 'GFP_KERNEL' ? granted(wait(reclaim.object, RECLAIM)) : null;
  exit(granted(wait(notifier.object, NOTIFIER)));
  exit(held);
}
