// Two reservation objects locked in both orders: a deadlock without an acquire context, none with one, because the
// younger context backs off (-EDEADLK) and starts again (Documentation/locking/ww-mutex-design.rst, drm_exec.c).
import { DmaResv, DrmExec, type DrmExecObject, FS_RECLAIM, MMU_NOTIFIER } from 'dept/models';
import type { World } from 'dept/sync';
import { leaveOut, play, print, showDept, showLive, showLockdep, showReport } from './stage/show.ts';

leaveOut(FS_RECLAIM, MMU_NOTIFIER);

const object = (label: string): DrmExecObject => ({
  resv: new DmaResv({ label }),
  get: () => undefined,
  put: () => undefined,
});

const without = await play('Without an acquire context', (world: World) => {
  const [a, b] = [object('bo 1').resv, object('bo 2').resv];
  const both = async (first: DmaResv, second: DmaResv): Promise<void> => {
    await first.lock();
    await second.lock();
    second.unlock();
    first.unlock();
  };
  world.task('one', () => both(a, b));
  world.task('two', async () => {
    await world.sleep(1);
    await both(b, a);
  });
});
showLockdep(without);
showDept('linux', without.linux);
showDept('dept', without.dept);
showReport(without.dept);

const answers: string[] = [];
const withContext = await play('With an acquire context, in a run where they cross', (world: World) => {
  const [a, b] = [object('bo 1'), object('bo 2')];
  const both = async (name: string, objects: readonly DrmExecObject[]): Promise<void> => {
    const exec = new DrmExec();
    while (await exec.cleanup()) {
      for (const each of objects) {
        const result = await exec.lockObj(each);
        if (result !== 0) answers.push(`${name} gets ${result} for ${each.resv.name}`);
        if (exec.isContended) break;
        await world.sleep(1);
      }
    }
    answers.push(`${name} has both`);
    await exec.fini();
  };
  world.task('one', () => both('one', [a, b]));
  world.task('two', () => both('two', [b, a]));
});
for (const answer of answers) print(answer);
print('');
showLockdep(withContext);
showDept('linux', withContext.linux);
showDept('dept', withContext.dept);

// One that holds a reservation without a context can only wait, so a context that waits for it has nobody to die for it.
const mixed = await play('With an acquire context on one side only', (world: World) => {
  const [a, b] = [object('bo 1'), object('bo 2')];
  world.task('with', async () => {
    const exec = new DrmExec();
    await exec.untilAllLocked(async () => {
      const result = await exec.lockObj(a);
      await world.sleep(2);
      return result === 0 ? exec.lockObj(b) : result;
    });
    await exec.fini();
  });
  world.task('without', async () => {
    await b.resv.lock();
    await world.sleep(1);
    await a.resv.lock();
    a.resv.unlock();
    b.resv.unlock();
  });
});
showLockdep(mixed);
showDept('linux', mixed.linux);
showDept('dept', mixed.dept);
showLive(mixed);
