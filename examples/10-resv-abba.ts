// Two reservation objects locked in both orders: a deadlock without an acquire context, none with one, because the
// younger context backs off (-EDEADLK) and starts again (Documentation/locking/ww-mutex-design.rst).
import { EDEADLK, type World, WwAcquireContext, WwClass, WwMutex } from 'dept/sync';
import { play, showDept, showLockdep, showReport } from './stage/show.ts';

const reservation = (): WwClass => new WwClass('reservation_ww_class');

const without = await play('Without an acquire context', (world: World) => {
  const wwClass = reservation();
  const [a, b] = [new WwMutex(wwClass, { label: 'bo 1' }), new WwMutex(wwClass, { label: 'bo 2' })];
  const both = async (first: WwMutex, second: WwMutex): Promise<void> => {
    await first.lock(null);
    await second.lock(null);
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

const withContext = await play('With an acquire context', (world: World) => {
  const wwClass = reservation();
  const [a, b] = [new WwMutex(wwClass, { label: 'bo 1' }), new WwMutex(wwClass, { label: 'bo 2' })];
  const both = async (first: WwMutex, second: WwMutex): Promise<void> => {
    const ticket = new WwAcquireContext(wwClass);
    await first.lock(ticket);
    if ((await second.lock(ticket)) === -EDEADLK) {
      first.unlock();
      await second.lockSlow(ticket);
      await first.lock(ticket);
    }
    ticket.done();
    first.unlock();
    second.unlock();
    ticket.fini();
  };
  world.task('one', () => both(a, b));
  world.task('two', () => both(b, a));
});
showLockdep(withContext);
showDept('linux', withContext.linux);
showDept('dept', withContext.dept);
