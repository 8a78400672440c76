// The documentation's first example: mutex A and folio lock B in contexts X, Y and Z. The folio is locked by X and
// unlocked by Z, so it has no owner, and lockdep cannot track it. DEPT does: it asks what the unlock had to wait for.
import { Folio, KernelMutex, type World } from 'dept/sync';
import { play, print, showDept, showGrowth, showLive, showLockdep, showReport } from './stage/show.ts';

interface Turns {
  readonly x: number;
  readonly y: readonly [lockA: number, lockB: number];
  readonly z: number;
}

function contexts(turns: Turns): (world: World) => void {
  return (world) => {
    const a = new KernelMutex({ name: 'A' });
    const b = new Folio({ label: 'B' });
    const at = (time: number): Promise<void> => world.sleep(time - world.now());
    world.task('X', async () => {
      await at(turns.x);
      await b.lock();
    });
    world.task('Y', async () => {
      await at(turns.y[0]);
      await a.lock();
      await at(turns.y[1]);
      await b.lock();
      b.unlock();
      a.unlock();
    });
    world.task('Z', async () => {
      await at(turns.z);
      await a.lock();
      b.unlock();
      a.unlock();
    });
  };
}

const hung = await play('Example 1 as documented', contexts({ x: 2, y: [1, 3], z: 4 }));
showLockdep(hung);
showDept('linux', hung.linux);
showLive(hung);
showGrowth('linux', hung.linux);
print(
  'DEPT learns a dependency from an event that came, or from a wait inside something owed. In the run that hangs the\n' +
    'unlock of B never comes, so half of the circle stays unknown. It does not have to hang, though:\n',
);

const lucky = await play('The same code in a run that does not hang', contexts({ x: 1, y: [3, 4], z: 2 }));
showLockdep(lucky);
showDept('linux', lucky.linux);
showDept('dept', lucky.dept);
showGrowth('linux', lucky.linux);
print('The report:\n');
showReport(lucky.linux);
