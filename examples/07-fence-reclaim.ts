// A fence is published, and memory is allocated on the way to its signal. Reclaim may wait for that very fence
// (found in xe: an allocation between drm_sched_job_arm and push). lockdep sees no lock at all in a fence.
import { DmaFence, MAX_SCHEDULE_TIMEOUT } from 'dept/models';
import { KernelMutex, type World } from 'dept/sync';
import { play, print, showDept, showGrowth, showLockdep, showReport } from './stage/show.ts';

const OPS = { getDriverName: () => 'driver', getTimelineName: () => 'ring 0' };

const verdicts = await play('Fence signalling and reclaim', (world: World) => {
  const reclaim = new KernelMutex({ name: 'fs_reclaim' });
  const makeFence = (): DmaFence => new DmaFence(OPS, null, 1, 1, { map: 'fence' });

  world.task('submit', async () => {
    const fence = makeFence();
    fence.owe(); // published: from here on others may wait for it
    await reclaim.lock(); // kmalloc(GFP_KERNEL) may have to reclaim
    reclaim.unlock();
    await fence.signal();
  });
  world.task('shrinker', async () => {
    await world.sleep(1);
    const fence = makeFence();
    await reclaim.lock();
    world.timer(() => world.task('interrupt', () => fence.signal()), 1);
    await fence.waitTimeout(false, MAX_SCHEDULE_TIMEOUT);
    reclaim.unlock();
  });
});

showLockdep(verdicts);
showDept('linux', verdicts.linux);
showDept('dept', verdicts.dept);
showGrowth('linux', verdicts.linux);
print('The report:\n');
showReport(verdicts.linux);
