// drm_sched_entity_kill_jobs_cb ran under the fence lock with interrupts off and took xa_lock, which others take with
// interrupts on (fixed by 487df8b69834: the loop moved to the work item). Both detectors see it: these are locks.
import { SpinLock, type World } from 'dept/sync';
import { play, print, showDept, showLockdep, showReport } from './stage/show.ts';

function contexts(inWork: boolean): (world: World) => void {
  return (world) => {
    const fenceLock = new SpinLock({ name: 'fence_lock' });
    const xaLock = new SpinLock({ name: 'xa_lock' });
    const walkDependencies = async (): Promise<void> => {
      await xaLock.lock();
      xaLock.unlock();
    };
    world.task('signaller', async () => {
      const flags = await fenceLock.lockIrqsave();
      if (!inWork) await walkDependencies(); // kill_jobs_cb, called with the fence lock held
      fenceLock.unlockIrqrestore(flags);
      if (inWork) await walkDependencies();
    });
    world.task('interrupted', async () => {
      await world.sleep(1);
      await walkDependencies(); // with interrupts on
      await world.hardirq(async () => {
        const flags = await fenceLock.lockIrqsave(); // the interrupt signals a fence
        fenceLock.unlockIrqrestore(flags);
      });
    });
  };
}

const before = await play('Before: the callback takes xa_lock', contexts(false));
showLockdep(before);
showDept('linux', before.linux);
print('The report; the interrupt stands between [S] and [W]:\n');
showReport(before.linux);

const after = await play('After: the work item takes it', contexts(true));
showLockdep(after);
showDept('linux', after.linux);
