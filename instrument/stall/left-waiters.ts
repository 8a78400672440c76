import { isModule } from '../heap/definitions.ts';
import type { HeapGraph } from '../heap/heap-graph.ts';
import type { InspectorPlaces } from '../heap/inspector-places.ts';
import { type Suspended, type SuspendedGraph, withAwaiters } from '../heap/suspended-graph.ts';
import { waitersForNobody } from '../heap/unsettleable.ts';
import { isGivenUp } from './lock-waiters.ts';

/** Waits for ever on purpose. */
const FOR_EVER =
  /\bnew\s+Promise\s*(?:<[^<>]*>\s*)?\(\s*(?:\(\s*\)|_\w*|function\s*\(\s*\))\s*(?:=>\s*)?(?:\{\s*\}|undefined|null|void 0)\s*,?\s*\)/;

/**
 * Those who wait for a promise that nobody can settle any more, and did not mean to: the program may run on without them, but they never
 * will. Who is given up, as the loser of a race, is none of them. Nor is who alone has what he waits for, such as a stream that nobody
 * fills, unless somebody goes on with what he gives: it may be a worker for whom there is no work any more.
 */
export function leftWaiters(graph: SuspendedGraph, heap: HeapGraph, places: InspectorPlaces): readonly Suspended[] {
  return [...waitersForNobody(graph, heap)].flatMap(([each, settlers]) => {
    if (isGivenUp(each, graph, heap) || saysSo(each, heap, places)) return [];
    return settlers === 'none' || isNeeded(each, graph, heap) ? [each] : [];
  });
}

function saysSo({ fn }: Suspended, heap: HeapGraph, places: InspectorPlaces): boolean {
  const place = heap.placeOf(fn);
  return place !== null && FOR_EVER.test(places.scriptAt(place));
}

/** Somebody goes on with its value, or a module with its end. */
function isNeeded(waiter: Suspended, graph: SuspendedGraph, heap: HeapGraph): boolean {
  const last = [...withAwaiters([waiter], graph.functions)].filter((each) => !graph.isAwaited(each));
  return last.some((each) => isModule(each, heap) || (graph.valueHandlersOf(each.promise)?.length ?? 0) > 0);
}
