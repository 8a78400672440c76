import type { Wait } from '../../src/core/wait.ts';
import type { Step } from '../../src/tracker/stuck-waits.ts';
import { takeHeapGraph } from './heap-graph.ts';
import { holderGoesOn } from './holder-cases.ts';
import { HolderLook } from './holder-look.ts';
import { InspectorPlaces } from './inspector-places.ts';
import { MarkedHolds } from './marked-holds.ts';
import { placeWaits } from './waiting-places.ts';

/**
 * True when the heap shows that somebody goes on who was taken to be stuck: whoever has taken what others wait for has
 * started the one that waits in his name aside, and waits for something else himself. False where it shows nothing of the
 * kind: nothing is known then, and the waits that have no stack get one from the heap.
 */
export function someHolderGoesOn(steps: readonly Step[], stuck: ReadonlySet<Wait>, budgetMs: number): boolean {
  if (steps.length === 0) return false;
  return lookAt(steps, stuck, budgetMs, (look) => {
    const goesOn = steps.some((step) => holderGoesOn(look.at(step)));
    // They are told of next.
    if (!goesOn) placeWaits(new Set(steps.map(({ wait }) => wait)), look);
    return goesOn;
  });
}

/** The waits that go on when a timer runs: it alone is what who is in their way waits for, or it gives back itself what he has. */
export function waitsLeftToTimers(steps: readonly Step[], budgetMs: number): ReadonlySet<Wait> {
  const waits = new Set(steps.map(({ wait }) => wait));
  return lookAt(steps, waits, budgetMs, (look) => {
    const left = steps.filter((step) => {
      const { isLeftToTimer, waitsForTimers } = look.at(step);
      return isLeftToTimer || waitsForTimers;
    });
    return new Set(left.map(({ wait }) => wait));
  });
}

function lookAt<Answer>(
  steps: readonly Step[],
  stuck: ReadonlySet<Wait>,
  budgetMs: number,
  read: (look: HolderLook) => Answer,
): Answer {
  const marked = new MarkedHolds(steps, stuck);
  const heap = takeHeapGraph();
  const places = new InspectorPlaces(budgetMs);
  try {
    return read(new HolderLook(heap, places, marked, stuck));
  } finally {
    places.close();
  }
}
