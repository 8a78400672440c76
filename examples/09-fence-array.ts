// A fence array locks its members when signalling is enabled, and a member that is signaled locked the array
// (fixed by 03e4e0a9e02c: the array is signaled from an irq_work).
import { DmaFence, DmaFenceArray, DmaFenceCallback } from 'dept/models';
import type { World } from 'dept/sync';
import { play, print, showDept, showLockdep, showReport } from './stage/show.ts';

const OPS = { getDriverName: () => 'driver', getTimelineName: () => 'ring 0' };

function contexts(deferSignal: boolean): (world: World) => void {
  return (world) => {
    world.task('test', async () => {
      const member = new DmaFence(OPS, null, 1, 1, { lockClass: 'member_lock' });
      const array = new DmaFenceArray([member], 2, 1, false, { deferSignal, lockClass: 'array_lock' });
      await array.base.addCallback(new DmaFenceCallback(), () => undefined);
      await member.signal();
    });
  };
}

const before = await play('Before: the member signals the array under its own lock', contexts(false));
showLockdep(before);
showDept('linux', before.linux);
print('The report:\n');
showReport(before.linux);

const after = await play('After: the array is signaled from an irq_work', contexts(true));
showLockdep(after);
showDept('linux', after.linux);
