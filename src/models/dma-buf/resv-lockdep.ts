import { WwAcquireContext } from '../../sync/ww-acquire-context.ts';
import { mmapLock } from '../mm/mmap-lock.ts';
import { fsReclaimAcquire, fsReclaimRelease, mmuNotifierInvalidate } from '../mm/reclaim.ts';
import { dmaFenceMightWait } from './fence-signalling.ts';
import { DmaResv, RESERVATION_WW_CLASS } from './resv.ts';

/**
 * `dma_resv_lockdep` (drivers/dma-buf/dma-resv.c, at boot): shows trackers the order that the drivers' contract allows,
 * once and for all: `mmap_lock`, then a reservation, then reclaim, then MMU notifiers, and fences are waited for inside of
 * all of them. A signalling section that takes one of these is a circle from then on, in a run where nobody waits too.
 */
export async function dmaResvLockdep(): Promise<void> {
  const [mmap, resv] = [mmapLock('dma_resv_lockdep'), new DmaResv({ label: 'dma_resv_lockdep' })];
  const ticket = new WwAcquireContext(RESERVATION_WW_CLASS);
  await mmap.downRead();
  await resv.lock(ticket);
  fsReclaimAcquire();
  await mmuNotifierInvalidate(dmaFenceMightWait);
  fsReclaimRelease();
  resv.unlock();
  ticket.fini();
  mmap.upRead();
  await resv.fini();
}
