// The documentation's ring: X waits for A and fires C, Y waits for C and fires B, Z waits for B and fires A. No lock
// anywhere, so lockdep has nothing to look at. With the start of each event context known, DEPT sees the ring live.
import { KernelCompletion, type World } from 'dept/sync';
import { play, print, showDept, showGrowth, showLive, showLockdep, showReport } from './stage/show.ts';

interface Variant {
  /** Each context says from its start which event it owes. */
  readonly startsAreKnown: boolean;
  /** A signal ends X's wait, so that the round completes. */
  readonly interruptAt?: number;
}

function contexts({ startsAreKnown, interruptAt }: Variant): (world: World) => void {
  return (world) => {
    const event = (name: string): KernelCompletion => new KernelCompletion({ name });
    const [a, b, c] = [event('A'), event('B'), event('C')];
    const [signal, never] = [new AbortController(), new AbortController()];
    const context = (name: string, at: number, waitsFor: KernelCompletion, fires: KernelCompletion): void => {
      world.task(name, async () => {
        const owed = startsAreKnown ? fires.owe() : null;
        await world.sleep(at);
        await waitsFor.waitInterruptible(name === 'X' ? signal.signal : never.signal);
        fires.complete();
        owed?.[Symbol.dispose]();
      });
    };
    context('X', 1, a, c);
    context('Y', 2, c, b);
    context('Z', 3, b, a);
    if (interruptAt !== undefined) world.timer(() => signal.abort(), interruptAt);
  };
}

const hung = await play('The ring of three contexts, nothing annotated', contexts({ startsAreKnown: false }));
showLockdep(hung);
showDept('linux', hung.linux);
showDept('dept', hung.dept);
print('A hung ring fires no event, and without an event nobody knows who would have fired it.\n');

const round = await play(
  "One round that completes, because a signal ends X's wait",
  contexts({ startsAreKnown: false, interruptAt: 4 }),
);
showDept('linux', round.linux);
showGrowth('linux', round.linux);
print(
  "Under the kernel's rules one round of a ring of N never teaches all N dependencies: each wait would have to begin\n" +
    'after the next one. With waits as intervals one round is enough:\n',
);
showDept('dept', round.dept);
showGrowth('dept', round.dept);

const known = await play('The ring with the start of each event context known', contexts({ startsAreKnown: true }));
showLockdep(known);
showDept('linux', known.linux);
showLive(known);
showGrowth('linux', known.linux);
print('The report:\n');
showReport(known.linux);
