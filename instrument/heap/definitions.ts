import type { Frame, Stack } from '../../src/core/stack.ts';
import { packageRelative, toPath } from '../paths.ts';
import { mapPosition } from '../stacks/source-maps.ts';
import type { HeapGraph } from './heap-graph.ts';
import type { Origin } from './inline-maps.ts';
import type { InspectorPlaces, SuspendedPlace } from './inspector-places.ts';
import type { Suspended } from './suspended-graph.ts';

/** The body of a module that has stopped at a top-level await. */
export function isModule({ fn }: Suspended, heap: HeapGraph): boolean {
  const place = heap.placeOf(fn);
  return heap.name(fn) === '' && place?.line === 0 && place.column === 0;
}

/** Where the function begins, as a stack of one frame; null where its script is not known. */
export function definitionOf({ fn }: Suspended, heap: HeapGraph, places: InspectorPlaces): Stack | null {
  const place = heap.placeOf(fn);
  const url = place === null ? null : places.urlOf(place);
  if (place === null || url === null) return null;
  return stackAt(heap.name(fn), { url, line: place.line + 1, column: place.column + 1 }, places);
}

/** Where it ends, likewise; null for the body of a module as well, which ends where its file does. */
export function endOf(each: Suspended, heap: HeapGraph, places: InspectorPlaces): Frame | null {
  const place = heap.placeOf(each.fn);
  const url = place === null ? null : places.urlOf(place);
  const lines = place === null || isModule(each, heap) ? undefined : places.textAt(place)?.split('\n');
  if (place === null || url === null || lines === undefined) return null;
  const last = (lines.at(-1) as string).length;
  const column = lines.length === 1 ? place.column + last : last;
  return stackAt('', { url, line: place.line + lines.length, column }, places).frames[0] ?? null;
}

/** A place of the compiled text, in the source that it was made of, as captured stacks give it. */
export function stackAt(functionName: string, compiled: CompiledPlace, places: InspectorPlaces): Stack {
  const place = originOf(compiled, places);
  const frame: Frame = {
    functionName: functionName === '' ? null : functionName,
    file: packageRelative(place.path),
    path: place.path,
    line: place.line,
    column: place.column,
  };
  return { frames: [frame] };
}

type CompiledPlace = Pick<SuspendedPlace, 'url' | 'line' | 'column'>;

/** Positions of the inspector are those of the compiled text, also where stack traces are mapped already. */
function originOf({ url, line, column }: CompiledPlace, { inlineMaps }: InspectorPlaces): Origin {
  const path = toPath(url);
  const mapped = mapPosition(path, line, column);
  const isMapped = mapped.path !== path || mapped.line !== line || mapped.column !== column;
  return isMapped ? mapped : (inlineMaps.originOf(url, line, column) ?? mapped);
}
