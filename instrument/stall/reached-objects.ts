import { isOwnFile, toPath } from '../paths.ts';
import { namesIn } from './function-text.ts';
import type { HeapGraph, HeapNode } from './heap-graph.ts';
import type { InspectorPlaces } from './inspector-places.ts';

/** Objects and functions looked at: whoever reaches more of them may reach anything. */
const MAX_OBJECTS = 4_000;
const MAX_FUNCTIONS = 60;

/** References that lead to what all objects of a kind share, and from one timer to the next. */
const SHARED = new Set([
  'map',
  'shared',
  'feedback_cell',
  'code',
  'dispatch_handle',
  '__proto__',
  'prototype',
  'constructor',
  '_idleNext',
  '_idlePrev',
]);
/** What dept itself notes on a promise. */
const NOTES = new Set(['#history', '#settling', '#waits', '#awaiter']);

/**
 * What functions can get hold of when they run: the variables that they name, and all that leads on from there. What they would
 * import, or find in a global variable, is not among it. Null when it is too much.
 */
export function reachedFrom(
  functions: readonly HeapNode[],
  heap: HeapGraph,
  places: InspectorPlaces,
): ReadonlySet<HeapNode> | null {
  const reached = new Set(functions);
  let texts = 0;
  for (const node of reached) {
    if (reached.size > MAX_OBJECTS || texts > MAX_FUNCTIONS) return null;
    const isFunction = heap.type(node) === 'closure';
    if (isFunction && heap.placeOf(node) !== null) texts++;
    const further = isFunction ? variablesOf(node, heap, places) : referencesOf(node, heap);
    if (further === null) return null;
    for (const next of further) reached.add(next);
  }
  return reached;
}

/** The variables that a function names. Null where its text is not known. */
export function variablesOf(fn: HeapNode, heap: HeapGraph, places: InspectorPlaces): readonly HeapNode[] | null {
  const place = heap.placeOf(fn);
  if (place === null) return builtInVariables(fn, heap);
  const variables: HeapNode[] = [];
  const text = places.textAt(place);
  if (text === null) return null;
  const named = namesIn(text);
  for (let scope = heap.follow(fn, 'context'); scope !== null; scope = heap.follow(scope, 'previous')) {
    if (heap.name(scope).includes('NativeContext')) break;
    for (const edge of heap.edges(scope))
      if (edge.type === 'context' && named.has(edge.name)) variables.push(edge.node);
  }
  // What dept carries through leads to the program's own function, and to all that dept knows.
  const isOwn = isOwnFile(toPath(places.urlOf(place) ?? ''));
  return isOwn ? variables.filter((node) => heap.type(node) === 'closure') : variables;
}

/** Of a function of V8: what it was bound to, the promise that it settles, the function that it passes on to. */
function builtInVariables(fn: HeapNode, heap: HeapGraph): readonly HeapNode[] {
  const context = heap.follow(fn, 'context');
  const isShared = context === null || heap.name(context).includes('NativeContext');
  const bound = heap.edges(fn).filter(({ name }) => name.startsWith('bound_'));
  const inner = isShared ? [] : heap.edges(context).filter(({ type }) => type === 'context' || type === 'hidden');
  return [...bound, ...inner].map(({ node }) => node);
}

function referencesOf(node: HeapNode, heap: HeapGraph): readonly HeapNode[] {
  if (heap.name(node).includes('NativeContext')) return [];
  return heap
    .edges(node)
    .filter(({ type, name }) => type !== 'weak' && type !== 'shortcut' && !SHARED.has(name) && !NOTES.has(name))
    .map((edge) => edge.node);
}
