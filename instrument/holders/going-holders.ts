import type { Wait } from '../../src/core/wait.ts';
import type { Step } from '../../src/tracker/stuck-waits.ts';
import type { WaitsFor } from '../../src/tracker/waits-for.ts';
import { inHeap } from '../heap/in-heap.ts';
import { MarkedHolds } from '../heap/marked-holds.ts';
import type { Circle, Going } from '../suspicion.ts';
import { holderGoesOn } from './holder-cases.ts';
import { HolderLook } from './holder-look.ts';
import type { StepInHeap } from './step-in-heap.ts';
import { placeWaits } from './waiting-places.ts';

/**
 * The circles of which the heap shows that somebody goes on who was taken to be stuck: whoever has taken what others wait for has
 * started the one that waits in his name aside, and waits for something else himself, or somebody else gives it back. Of the others
 * nothing is known then, and their waits that have no stack get one from the heap.
 * @param all all circles that are suspected, these among them
 */
export function circlesGoingOn(
  circles: readonly Circle[],
  all: readonly Circle[],
  waitsFor: Pick<WaitsFor, 'holdersAround' | 'stuckIn'>,
  budgetMs: number,
): ReadonlyMap<Circle, Going> {
  const going = new Map<Circle, Going>();
  const everything = waitsFor.stuckIn(all);
  const marked = new MarkedHolds(
    all.flatMap((circle) => waitsFor.holdersAround(circle).flat()),
    everything,
  );
  return inHeap(budgetMs, (heap, places) => {
    // Where one goes on others may do so behind it.
    for (let isNew = true; isNew; ) {
      const left = circles.filter((circle) => !going.has(circle));
      const stuck = going.size === 0 ? everything : waitsFor.stuckIn(all.filter((circle) => !isAmong(circle, going)));
      const look = new HolderLook(heap, places, marked, stuck);
      isNew = false;
      for (const circle of left) {
        const holders = waitsFor.holdersAround(circle).map((steps) => steps.map((step) => look.at(step)));
        const ways = holders.map(goingOf);
        const how = ways.find((each) => each === 'certainly') ?? ways.find((each) => each !== null) ?? null;
        limit(circle, how === null ? holders : []);
        if (how === null) continue;
        going.set(circle, how);
        isNew = going.size < circles.length;
      }
      if (isNew) continue;
      // What there was no time to look up may show it.
      if (places.isSpent) for (const circle of left) if (!going.has(circle)) going.set(circle, 'seemingly');
      // They are told of next.
      placeWaits(new Set(left.filter((each) => !going.has(each)).flatMap(waitsOf)), look);
    }
    return going;
  });
}

/** The waits that go on when a timer runs: it alone is what who is in their way waits for, or it gives back itself what he has. */
export function waitsLeftToTimers(steps: readonly Step[], budgetMs: number): ReadonlySet<Wait> {
  const waits = new Set(steps.map(({ wait }) => wait));
  const marked = new MarkedHolds(steps, waits);
  return inHeap(budgetMs, (heap, places) => {
    const look = new HolderLook(heap, places, marked, waits);
    const left = steps.filter((step) => {
      const { isLeftToTimer, waitsForTimers } = look.at(step);
      return isLeftToTimer || waitsForTimers;
    });
    return new Set(left.map(({ wait }) => wait));
  });
}

/** Notes whether a timer lets one of these go on, whatever becomes of what he waits for. */
function limit([first]: Circle, holders: readonly (readonly StepInHeap[])[]): void {
  if (first === undefined) return;
  first.wait.isLimited = holders.some((steps) => steps.length > 0 && steps.every(({ isLimited }) => isLimited));
}

/** Whether a holder goes on, who is kept from it by all of these; null where he does not, or nothing is known. */
function goingOf(steps: readonly StepInHeap[]): Going | null {
  if (steps.some((step) => (step.isGivenBackAside || step.isMakerGoing) && holderGoesOn(step))) return 'certainly';
  if (steps.length === 0 || !steps.every(holderGoesOn)) return null;
  // He does not look again and again for what never comes.
  return steps.every((step) => step.isCalledBack) ? 'certainly' : 'seemingly';
}

function isAmong([first]: Circle, going: ReadonlyMap<Circle, Going>): boolean {
  return [...going.keys()].some(([other]) => other?.wait === first?.wait);
}

function waitsOf(circle: Circle): readonly Wait[] {
  return circle.map(({ wait }) => wait);
}
