// Lock order A-B-E and C-D-E, then E-C: the example with which the kernel's documentation introduces lockdep.
// lockdep sees it. DEPT sees it too: a lock is a wait and an event like any other.
import { KernelMutex, type World } from 'dept/sync';
import { play, print, showDept, showGrowth, showLockdep, showReport } from './stage/show.ts';

async function take(...locks: readonly KernelMutex[]): Promise<void> {
  for (const lock of locks) await lock.lock();
  for (const lock of [...locks].reverse()) lock.unlock();
}

const verdicts = await play('Lock order: A-B-E, C-D-E, then E-C', (world: World) => {
  const [a, b, c, d, e] = ['A', 'B', 'C', 'D', 'E'].map((name) => new KernelMutex({ name })) as [
    KernelMutex,
    KernelMutex,
    KernelMutex,
    KernelMutex,
    KernelMutex,
  ];
  world.task('X', () => take(a, b, e));
  world.task('Y', () => take(c, d, e));
  world.task('Z', () => take(e, c));
});

showLockdep(verdicts);
showDept('linux', verdicts.linux);
showDept('dept', verdicts.dept);
showGrowth('linux', verdicts.linux);
print('Both see the loop when context Z takes E and then C. The report:\n');
showReport(verdicts.linux);
