// The documentation's second example: mutex A and completion B in contexts X and Y, and the question the mailing list left
// open: how does DEPT see it? docs/second-example.md goes through this output step by step.
import { KernelCompletion, KernelMutex, type World } from 'dept/sync';
import { play, print, showDept, showGrowth, showLive, showLockdep, showReport } from './stage/show.ts';

interface Variant {
  /** A signal ends Y's wait, so that the run completes. */
  readonly interruptAt?: number;
  /** X says from its start that it will complete B. */
  readonly producerIsKnown?: boolean;
}

function contexts({ interruptAt, producerIsKnown = false }: Variant): (world: World) => void {
  return (world) => {
    const a = new KernelMutex({ name: 'A' });
    const b = new KernelCompletion({ name: 'B' });
    const signal = new AbortController();
    const at = (time: number): Promise<void> => world.sleep(time - world.now());
    world.task('X', async () => {
      const owed = producerIsKnown ? b.owe() : null;
      await at(2);
      await a.lock();
      b.complete();
      owed?.[Symbol.dispose]();
      a.unlock();
    });
    world.task('Y', async () => {
      await at(1);
      await a.lock();
      await at(3);
      await b.waitInterruptible(signal.signal);
      a.unlock();
    });
    if (interruptAt !== undefined) world.timer(() => signal.abort(), interruptAt);
  };
}

const hung = await play('Example 2 in its exact timeline', contexts({}));
showLockdep(hung);
showDept('linux', hung.linux);
showDept('dept', hung.dept);
showLive(hung);
showGrowth('linux', hung.linux);

const completed = await play(
  "The same timeline; a signal ends Y's wait, and the run completes",
  contexts({ interruptAt: 10 }),
);
showLockdep(completed);
showDept('linux', completed.linux);
showDept('dept', completed.dept);
showGrowth('linux', completed.linux);
showGrowth('dept', completed.dept);
print('The report:\n');
showReport(completed.dept);

const known = await play(
  'The exact timeline again; X says from its start that it owes B',
  contexts({ producerIsKnown: true }),
);
showLockdep(known);
showDept('linux', known.linux);
showDept('dept', known.dept);
showLive(known);
showGrowth('linux', known.linux);
