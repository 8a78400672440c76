// The documentation adds 'B -> D' to a graph: context W waits for D on its way to event B. D depends on nothing, so
// the new dependency closes no circle.
import { KernelCompletion, type World } from 'dept/sync';
import { play, print, showDept, showGrowth, showLockdep } from './stage/show.ts';

const verdicts = await play("'B -> D', added by context W", (world: World) => {
  const event = (name: string): KernelCompletion => new KernelCompletion({ name });
  const [a, b, c, d] = [event('A'), event('B'), event('C'), event('D')];
  world.task('X', async () => {
    using _owed = c.owe();
    await a.wait();
    c.complete();
  });
  world.task('Z', async () => {
    using _owed = a.owe();
    await b.wait();
    a.complete();
  });
  world.task('W', async () => {
    using _owed = b.owe();
    await d.wait();
    b.complete();
  });
  world.task('V', async () => {
    await world.sleep(1);
    d.complete();
  });
});

showLockdep(verdicts);
showDept('linux', verdicts.linux);
showGrowth('linux', verdicts.linux);
print('C -> A -> B as in the documentation, and D behind it: a chain, so nobody can wait for ever.\n');
