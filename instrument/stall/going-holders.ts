import type { Wait } from '../../src/core/wait.ts';
import type { Step } from '../../src/tracker/stuck-waits.ts';
import { takeHeapGraph } from './heap-graph.ts';
import { holderGoesOn } from './holder-cases.ts';
import { HolderLook } from './holder-look.ts';
import { InspectorPlaces } from './inspector-places.ts';
import { MarkedHolds } from './marked-holds.ts';

/**
 * True when the heap shows that somebody goes on who was taken to be stuck: whoever has taken what others wait for has
 * started the one that waits in his name aside, and waits for something else himself. False where it shows nothing of the
 * kind: nothing is known then.
 */
export function someHolderGoesOn(steps: readonly Step[], stuck: ReadonlySet<Wait>, budgetMs: number): boolean {
  if (steps.length === 0) return false;
  const marked = new MarkedHolds(steps, stuck);
  const heap = takeHeapGraph();
  const places = new InspectorPlaces(budgetMs);
  try {
    const look = new HolderLook(heap, places, marked, stuck);
    return steps.some((step) => holderGoesOn(look.at(step)));
  } finally {
    places.close();
  }
}
