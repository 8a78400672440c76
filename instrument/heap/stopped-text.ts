import type { HeapGraph } from './heap-graph.ts';
import type { InspectorPlaces } from './inspector-places.ts';
import { textOf } from './list-owners.ts';
import type { Suspended } from './suspended-graph.ts';

/** The text of a function before and behind the place at which it has stopped. */
export function splitText(
  { node, fn }: Pick<Suspended, 'fn' | 'node'>,
  heap: HeapGraph,
  places: InspectorPlaces,
): readonly [string, string] {
  const begin = heap.placeOf(fn);
  const at = begin === null ? null : places.find(heap.id(node));
  if (begin === null || at === null) return ['', ''];
  const text = textOf(fn, heap, places);
  const lines = text.split('\n').slice(0, at.line - 1 - begin.line);
  const column = at.line - 1 === begin.line ? at.column - 1 - begin.column : at.column - 1;
  const offset = lines.reduce((sum, line) => sum + line.length + 1, 0) + Math.max(column, 0);
  return [text.slice(0, offset), text.slice(offset)];
}
