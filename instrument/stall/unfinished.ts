import type { HeapGraph, HeapNode } from '../heap/heap-graph.ts';
import type { InspectorPlaces } from '../heap/inspector-places.ts';
import { isConnected, keepersOf } from '../heap/promise-keepers.ts';
import { awaitersOf, type Suspended, type SuspendedGraph } from '../heap/suspended-graph.ts';
import { EntryFunctions } from './entry-functions.ts';
import { isMeant } from './left-waiters.ts';
import { isGivenUp } from './lock-waiters.ts';

/** What may settle a promise from outside, though it keeps no program alive: signals, timers, and what is listened to. */
const OUTSIDE = /^(?:process|Timeout|Immediate|AbortSignal|BroadcastChannel|Interface|\w*Server)$/;
const MAX_KEEPERS = 300;

/**
 * Nothing is left to run: those whom a function waits for that is the program itself. It was to come to its end, whoever has forgotten to
 * let it. Who waits for a signal, or a timer, that need not come is none of them, nor what goes round in a loop.
 */
export function unfinished(graph: SuspendedGraph, heap: HeapGraph, places: InspectorPlaces): readonly Suspended[] {
  const awaiters = awaitersOf(graph.functions);
  const entries = new EntryFunctions(heap, places);
  return graph.functions.filter((each) => {
    if (each.waitsFor.length > 0 || each.circle !== null) return false;
    const stopped = [...awaiters.behind([each])];
    return (
      stopped.some((one) => !awaiters.has(one) && entries.has(one)) &&
      !stopped.some((one) => entries.isLooping(one)) &&
      !isMeant(each, heap, places) &&
      !isGivenUp(each, awaiters, graph, heap) &&
      graph.sourcesOf(each.awaits).every((promise) => isWithin(promise, heap))
    );
  });
}

/** True when all that is known to lead to the promise is of the program alone. */
function isWithin(promise: HeapNode, heap: HeapGraph): boolean {
  const keepers = [...keepersOf(promise, heap)];
  if (keepers.length > MAX_KEEPERS) return false;
  return !keepers.some((keeper) => OUTSIDE.test(heap.name(keeper)) || isConnected(keeper, heap));
}
