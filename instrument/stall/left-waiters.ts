import type { HeapGraph, HeapNode } from '../heap/heap-graph.ts';
import type { InspectorPlaces } from '../heap/inspector-places.ts';
import { isReference } from '../heap/live-references.ts';
import { awaitersOf, type Suspended, type SuspendedGraph } from '../heap/suspended-graph.ts';
import type { Unsettleable } from '../heap/unsettleable.ts';
import { isMain } from './entry-functions.ts';
import { isGivenUp } from './lock-waiters.ts';

/** Waits for ever on purpose. */
const FOR_EVER =
  /\bnew\s+Promise\s*(?:<[^<>]*>\s*)?\(\s*(?:\(\s*\)|_\w*|function\s*\(\s*\))\s*(?:=>\s*)?(?:\{\s*\}|undefined|null|void 0)\s*,?\s*\)/;
/** How far from an answer those may be who have it: in a variable, in an object of a framework. */
const MAX_STEPS = 4;
const MAX_SEEN = 2_000;

/**
 * Those who wait for a promise that nobody can settle any more, and are missed: somebody goes on with what they give, they owe an
 * answer, or they are the program. Nobody misses the others: who looks again and again is left where he sleeps when his timer is
 * cleared, and of who calls a function that is put off only the last one goes on. Who is given up, as the loser of a race, and who means to
 * wait is none of them.
 * @param answers where those are that servers of this process have not begun to send
 */
export function leftWaiters(
  unsettleable: Unsettleable,
  graph: SuspendedGraph,
  heap: HeapGraph,
  places: InspectorPlaces,
  answers: () => readonly HeapNode[],
): readonly Suspended[] {
  const awaiters = awaitersOf(graph.functions);
  let owing: ReadonlySet<Suspended> | null = null;
  return unsettleable.waiters.filter((each) => {
    if (isGivenUp(each, awaiters, graph, heap) || isMeant(each, heap, places)) return false;
    const stopped = [...awaiters.behind([each])];
    if (stopped.some((one) => !awaiters.has(one) && isNeeded(one, graph, heap))) return true;
    owing ??= owersOf(answers(), graph, heap);
    return stopped.some((one) => owing?.has(one));
  });
}

/** Waits for ever on purpose, as far as its file tells. */
export function isMeant({ fn }: Suspended, heap: HeapGraph, places: InspectorPlaces): boolean {
  const place = heap.placeOf(fn);
  return place !== null && FOR_EVER.test(places.scriptAt(place));
}

/** Somebody goes on with its value, or it is all there is. */
function isNeeded(last: Suspended, graph: SuspendedGraph, heap: HeapGraph): boolean {
  if (isMain(last, heap)) return true;
  return (graph.valueHandlersOf(last.promise)?.length ?? 0) > 0;
}

/** The functions that have one of these in a variable, or in an object there. */
function owersOf(answers: readonly HeapNode[], graph: SuspendedGraph, heap: HeapGraph): ReadonlySet<Suspended> {
  const steps = new Map(answers.map((node): [HeapNode, number] => [node, 0]));
  const owing = new Set<Suspended>();
  for (const [node, step] of steps) {
    if (step === MAX_STEPS || steps.size > MAX_SEEN) continue;
    for (const edge of heap.retainers(node)) {
      if (!isReference(edge, heap)) continue;
      const suspended = graph.functionAt(edge.node);
      if (suspended !== undefined) owing.add(suspended);
      else if (!steps.has(edge.node)) steps.set(edge.node, step + 1);
    }
  }
  return owing;
}
