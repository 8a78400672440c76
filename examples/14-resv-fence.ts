// A reservation object and a fence. Command submission waits for a fence under the reservation; the GPU reset that would
// signal the fence takes the reservation first (amdgpu, 0ae94444c08a). Fences have no owner, so lockdep needs the
// annotation of the signalling section to see it; DEPT does not.
import {
  DmaFence,
  DmaResv,
  DmaResvUsageLevel,
  dmaFenceBeginSignalling,
  dmaFenceEndSignalling,
  dmaResvLockdep,
  FS_RECLAIM,
  MAX_SCHEDULE_TIMEOUT,
  MMU_NOTIFIER,
} from 'dept/models';
import type { World } from 'dept/sync';
import { leaveOut, play, showDept, showLockdep, showReport } from './stage/show.ts';

const OPS = { getDriverName: () => 'amdgpu', getTimelineName: () => 'ring 0' };
const { READ, WRITE } = DmaResvUsageLevel;

/** A job's fence in the reservation. */
async function submitted(resv: DmaResv, seqno: number): Promise<DmaFence> {
  const fence = new DmaFence(OPS, null, 1, seqno, { map: 'job_fence' });
  await resv.lock();
  await resv.reserveFences(1);
  await resv.addFence(fence, WRITE);
  resv.unlock();
  return fence;
}

leaveOut(FS_RECLAIM, MMU_NOTIFIER, 'fence->inline_lock', 'dma_fence_map', 'rcu', 'rcu_callback');
const bare = await play('Without annotations, in a run that ends well', (world: World) => {
  const resv = new DmaResv({ label: 'bo' });
  world.task('reset', async () => {
    const fence = await submitted(resv, 1);
    await world.sleep(1); // the job hangs
    await resv.lock();
    resv.unlock();
    await fence.signal();
  });
  world.task('CS', async () => {
    await world.sleep(5);
    const fence = await submitted(resv, 2);
    world.timer(() => world.task('irq', () => fence.signal()), 1);
    await resv.lock();
    await resv.waitTimeout(READ, false, MAX_SCHEDULE_TIMEOUT);
    resv.unlock();
  });
});
showLockdep(bare);
showDept('linux', bare.linux);
showDept('dept', bare.dept);
showReport(bare.dept);

// At boot dma_resv_lockdep() shows the order once: fences are waited for under reservations. After that the annotated
// section is enough, in a run where nobody waits for any fence.
leaveOut('fence->inline_lock', 'rcu_callback');
const annotated = await play('With a signalling section, in a run where nobody waits', (world: World) => {
  world.task('boot', dmaResvLockdep);
  world.task('reset', async () => {
    await world.sleep(1);
    const resv = new DmaResv({ label: 'bo' });
    const fence = await submitted(resv, 1);
    const cookie = dmaFenceBeginSignalling();
    await resv.lock();
    resv.unlock();
    await fence.signal();
    dmaFenceEndSignalling(cookie);
  });
});
showLockdep(annotated);
showDept('linux', annotated.linux);
showDept('dept', annotated.dept);
