// A block driver has a dmabuf mapped and a fence for the map in its reservation object. The exporter waits for that
// fence under the reservation lock. The driver's free work must signal first and unmap afterwards: unmapping takes the
// reservation lock. (The order of the RFC is right; this shows what the other order does.)
import { DmaFence, MAX_SCHEDULE_TIMEOUT } from 'dept/models';
import { KernelMutex, type World } from 'dept/sync';
import { play, print, showDept, showLockdep, showReport } from './stage/show.ts';

const OPS = { getDriverName: () => 'nvme', getTimelineName: () => 'dmabuf map' };

function contexts(signalFirst: boolean): (world: World) => void {
  return (world) => {
    const resv = new KernelMutex({ name: 'reservation' });
    const makeFence = (): DmaFence => new DmaFence(OPS, null, 1, 1, { map: 'map_fence' });
    world.task('free work', async () => {
      const fence = makeFence();
      fence.owe(); // in the reservation object since the buffer was told to move
      if (signalFirst) await fence.signal();
      await resv.lock(); // dma_buf_unmap_attachment_unlocked
      resv.unlock();
      if (!signalFirst) await fence.signal();
    });
    world.task('exporter', async () => {
      await world.sleep(1);
      const fence = makeFence();
      await resv.lock();
      world.timer(() => world.task('completion', () => fence.signal()), 1);
      await fence.waitTimeout(false, MAX_SCHEDULE_TIMEOUT);
      resv.unlock();
    });
  };
}

const wrong = await play('Unmap, then signal', contexts(false));
showLockdep(wrong);
showDept('linux', wrong.linux);
print('The report:\n');
showReport(wrong.linux);

const right = await play('Signal, then unmap', contexts(true));
showLockdep(right);
showDept('linux', right.linux);
