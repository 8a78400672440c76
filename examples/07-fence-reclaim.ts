// A fence is published, and memory is allocated on the way to its signal. Reclaim may wait for that very fence
// (found in xe: an allocation between drm_sched_job_arm and push). lockdep sees no lock at all in a fence.
import {
  DMA_FENCE_MAP,
  DmaFence,
  fsReclaimAcquire,
  fsReclaimRelease,
  MAX_SCHEDULE_TIMEOUT,
  MMU_NOTIFIER,
  mightAlloc,
} from 'dept/models';
import type { World } from 'dept/sync';
import { leaveOut, play, print, showDept, showGrowth, showLockdep, showReport } from './stage/show.ts';

const OPS = { getDriverName: () => 'driver', getTimelineName: () => 'ring 0' };

leaveOut(MMU_NOTIFIER, DMA_FENCE_MAP, 'fence->inline_lock', 'rcu');
const verdicts = await play('Fence signalling and reclaim', (world: World) => {
  const makeFence = (): DmaFence => new DmaFence(OPS, null, 1, 1, { map: 'fence' });

  world.task('submit', async () => {
    const fence = makeFence();
    fence.owe(); // published: from here on others may wait for it
    mightAlloc('GFP_KERNEL'); // kmalloc may have to reclaim
    await fence.signal();
  });
  world.task('shrinker', async () => {
    await world.sleep(1);
    const fence = makeFence();
    fsReclaimAcquire();
    world.timer(() => world.task('interrupt', () => fence.signal()), 1);
    await fence.waitTimeout(false, MAX_SCHEDULE_TIMEOUT);
    fsReclaimRelease();
  });
});

showLockdep(verdicts);
showDept('linux', verdicts.linux);
showDept('dept', verdicts.dept);
showGrowth('linux', verdicts.linux);
print('The report:\n');
showReport(verdicts.linux);
