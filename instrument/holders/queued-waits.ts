import type { EventContext } from '../../src/core/event-context.ts';
import type { QueuedCircles } from '../../src/tracker/queued-circles.ts';
import type { Step } from '../../src/tracker/stuck-waits.ts';
import { AliveHandles } from '../heap/alive-handles.ts';
import type { HeapGraph, HeapNode } from '../heap/heap-graph.ts';
import { inHeap } from '../heap/in-heap.ts';
import type { InspectorPlaces } from '../heap/inspector-places.ts';
import { MarkedHolds } from '../heap/marked-holds.ts';
import { ProgramFunctions } from '../heap/program-functions.ts';
import { KeptEnds } from './kept-ends.ts';
import { LimitRaisers } from './limit-raisers.ts';
import { ReleasePaths } from './release-paths.ts';

/**
 * Of these waits those that certainly keep what is held from being given back: nothing else in the heap has what gives it back but the
 * callbacks that they will call, and none of them goes on.
 */
export function keptByQueues(circles: QueuedCircles, budgetMs: number): readonly Step[] {
  const first = circles.steps();
  const marked = new MarkedHolds(first, new Set());
  return inHeap(budgetMs, (heap, places) => {
    // Where one goes on others may do so behind it.
    for (let steps = first; steps.length > 0; steps = circles.steps()) {
      const { kept, going } = keptBy(steps, marked.nodesIn(heap), heap, places);
      if (going.length === 0) return kept;
      for (const held of going) circles.goesOn(held);
    }
    return [];
  });
}

/** What keeps nobody going in particular. */
const NOBODY = { own: new Set<HeapNode>(), areThreadsStuck: false };

/** @param nodes where what is held and waited for is in the heap */
function keptBy(
  steps: readonly Step[],
  nodes: ReadonlyMap<object, HeapNode>,
  heap: HeapGraph,
  places: InspectorPlaces,
): { readonly kept: readonly Step[]; readonly going: readonly EventContext[] } {
  const waits = [...new Set(steps.map(({ wait }) => wait))];
  const ends = new KeptEnds(
    heap,
    places,
    waits.flatMap((wait) => nodes.get(wait) ?? []),
  );
  const paths = new ReleasePaths(heap, places, new AliveHandles(heap, NOBODY), [], []);
  const raisers = new LimitRaisers(new ProgramFunctions(heap, places), heap, places);
  const [kept, going]: [Step[], EventContext[]] = [[], []];
  for (const held of new Set(steps.map((step) => step.held))) {
    const node = nodes.get(held);
    const isRaised = node !== undefined && raisers.of(paths.limitedOf(node)).length > 0;
    const keepers = node === undefined || isRaised ? null : ends.keepersOf(node);
    if (keepers === null) going.push(held);
    else kept.push(...waits.filter((wait) => keepers.has(nodes.get(wait) ?? -1)).map((wait) => ({ wait, held })));
  }
  return { kept, going };
}
