// A block driver has a dmabuf mapped and a fence for the map in its reservation object. The exporter waits for that
// fence under the reservation lock. The driver's free work must signal first and unmap afterwards: unmapping takes the
// reservation lock. (The order of the RFC is right; this shows what the other order does.)
import {
  DMA_FENCE_MAP,
  DmaFence,
  DmaResv,
  DmaResvUsageLevel,
  FS_RECLAIM,
  MAX_SCHEDULE_TIMEOUT,
  MMU_NOTIFIER,
} from 'dept/models';
import type { World } from 'dept/sync';
import { leaveOut, play, print, showDept, showLockdep, showReport } from './stage/show.ts';

const OPS = { getDriverName: () => 'nvme', getTimelineName: () => 'dmabuf map' };
const { KERNEL } = DmaResvUsageLevel;

function contexts(signalFirst: boolean): (world: World) => void {
  return (world) => {
    const resv = new DmaResv({ label: 'resv' });
    let seqno = 0;
    /** The buffer is told to move: the fence of the map is in the reservation from now on. */
    const invalidate = async (): Promise<DmaFence> => {
      const fence = new DmaFence(OPS, null, 1, ++seqno, { map: 'map_fence' });
      await resv.reserveFences(1);
      await resv.addFence(fence, KERNEL);
      return fence;
    };
    world.task('free work', async () => {
      await resv.lock();
      const fence = await invalidate();
      resv.unlock();
      fence.owe();
      if (signalFirst) await fence.signal();
      await resv.lock(); // dma_buf_unmap_attachment_unlocked
      resv.unlock();
      if (!signalFirst) await fence.signal();
    });
    world.task('exporter', async () => {
      await world.sleep(1);
      await resv.lock();
      const fence = await invalidate();
      world.timer(() => world.task('completion', () => fence.signal()), 1);
      await resv.waitTimeout(KERNEL, false, MAX_SCHEDULE_TIMEOUT);
      resv.unlock();
    });
  };
}

leaveOut(FS_RECLAIM, MMU_NOTIFIER, DMA_FENCE_MAP, 'fence->inline_lock', 'rcu', 'rcu_callback');
const wrong = await play('Unmap, then signal', contexts(false));
showLockdep(wrong);
showDept('linux', wrong.linux);
print('The report:\n');
showReport(wrong.linux);

const right = await play('Signal, then unmap', contexts(true));
showLockdep(right);
showDept('linux', right.linux);
