import { type HeapGraph, takeHeapGraph } from './heap-graph.ts';
import { InspectorPlaces } from './inspector-places.ts';

/** What is read from the heap of now, with an inspector that has so much time. */
export function inHeap<Answer>(budgetMs: number, read: (heap: HeapGraph, places: InspectorPlaces) => Answer): Answer {
  const heap = takeHeapGraph();
  const places = new InspectorPlaces(budgetMs);
  try {
    return read(heap, places);
  } finally {
    places.close();
  }
}
