import { namesIn } from './function-text.ts';
import type { HeapGraph, HeapNode } from './heap-graph.ts';
import type { InspectorPlaces } from './inspector-places.ts';
import { isInstanceNote, isNote, isRecord, OBJECT } from './own-references.ts';

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

/**
 * What functions can get hold of when they run: the variables that they name, and all that leads on from there. What they would
 * import, or find in a global variable, is not among it. Null when it is too much.
 * @param closed what leads nowhere
 */
export function reachedFrom(
  functions: readonly HeapNode[],
  heap: HeapGraph,
  places: InspectorPlaces,
  closed: ReadonlySet<HeapNode>,
): ReadonlySet<HeapNode> | null {
  const reached = new Set(functions);
  return walk(reached, heap, places, closed, () => false) === 'all' ? reached : null;
}

/** True when a function can get hold of one of these: the nearest are looked at first, whatever else it may reach. */
export function reaches(
  fn: HeapNode,
  targets: readonly HeapNode[],
  heap: HeapGraph,
  places: InspectorPlaces,
  closed: ReadonlySet<HeapNode>,
): boolean {
  return walk(new Set([fn]), heap, places, closed, (node) => targets.includes(node)) === 'found';
}

/** Adds to what is reached all that it leads to, until one is found or it is too much. */
function walk(
  reached: Set<HeapNode>,
  heap: HeapGraph,
  places: InspectorPlaces,
  closed: ReadonlySet<HeapNode>,
  isFound: (node: HeapNode) => boolean,
): 'all' | 'found' | 'too-much' {
  // As soon as it is seen: what is looked at before may already be too much.
  const isAmong = (nodes: readonly HeapNode[]): boolean => {
    const open = nodes.filter((node) => !closed.has(node));
    for (const node of open) reached.add(node);
    return open.some(isFound);
  };
  if ([...reached].some(isFound)) return 'found';
  let texts = 0;
  for (const node of reached) {
    if (reached.size > MAX_OBJECTS || texts > MAX_FUNCTIONS) return 'too-much';
    const isFunction = heap.type(node) === 'closure';
    if (isFunction && heap.placeOf(node) !== null) texts++;
    const further = isFunction ? variablesOf(node, heap, places) : partsOf(node, heap, places);
    if (further === null) return 'too-much';
    if (isAmong(further) || (isFunction && isAmong(propertiesOf(node, heap, places)))) return 'found';
  }
  return 'all';
}

/** The variables that a function names. Null where its text is not known. */
export function variablesOf(fn: HeapNode, heap: HeapGraph, places: InspectorPlaces): readonly HeapNode[] | null {
  const place = heap.placeOf(fn);
  if (place === null) return builtInVariables(fn, heap);
  const text = places.textAt(place);
  if (text === null) return null;
  const variables = named(namesIn(text), heap.follow(fn, 'context'), heap);
  // What dept carries through leads to the program's own function, and to all that dept knows.
  return places.isOwn(place) ? variables.filter((node) => heap.type(node) === 'closure') : variables;
}

/** What a program has put on a function, as on any other object: a library may be one function with many of them. */
function propertiesOf(fn: HeapNode, heap: HeapGraph, places: InspectorPlaces): readonly HeapNode[] {
  const place = heap.placeOf(fn);
  if (place === null || places.isOwn(place)) return [];
  return heap
    .edges(fn)
    .filter(({ type, name }) => type === 'property' && !SHARED.has(name) && !isNote(name, false))
    .map(({ node }) => node);
}

/** Of a function of V8: what it was bound to, the promise that it settles, the function that it passes on to. */
function builtInVariables(fn: HeapNode, heap: HeapGraph): readonly HeapNode[] {
  const context = heap.follow(fn, 'context');
  const isShared = context === null || heap.name(context).includes('NativeContext');
  const bound = heap.edges(fn).filter(({ name }) => name.startsWith('bound_'));
  const inner = isShared ? [] : heap.edges(context).filter(({ type }) => type === 'context' || type === 'hidden');
  return [...bound, ...inner].map(({ node }) => node);
}

/** The variables of these names in a scope and those around it. */
function named(names: ReadonlySet<string>, innermost: HeapNode | null, heap: HeapGraph): HeapNode[] {
  const variables: HeapNode[] = [];
  for (let scope = innermost; scope !== null; scope = heap.follow(scope, 'previous')) {
    if (heap.name(scope).includes('NativeContext')) break;
    const edges = heap.edges(scope);
    // V8 does not say what the variables of a block are called, as of the body of a loop.
    const isBlock = edges.every(({ type }) => type !== 'context');
    for (const { type, name, node } of edges)
      if (type === 'context' ? names.has(name) : isBlock && type === 'hidden') variables.push(node);
  }
  return variables;
}

/** Of a function that has stopped: its variables, and those around it that it names. Of any other object what it refers to. */
export function partsOf(node: HeapNode, heap: HeapGraph, places: InspectorPlaces): readonly HeapNode[] | null {
  const registers = heap.follow(node, 'parameters_and_registers');
  const fn = heap.follow(node, 'function');
  if (registers === null || fn === null) return referencesOf(node, heap);
  const around = variablesOf(fn, heap, places);
  if (around === null) return null;
  const place = heap.placeOf(fn);
  const names = namesIn(place === null ? null : places.textAt(place));
  const own = referencesOf(registers, heap);
  const receiver = heap.follow(node, 'receiver');
  const promises = heap.edges(node).filter((edge) => edge.type === 'hidden' && heap.isPromise(edge.node));
  const scopes = own.filter((each) => isScope(each, heap)).flatMap((scope) => named(names, scope, heap));
  return [...own, ...scopes, ...(receiver === null ? [] : [receiver]), ...promises.map((edge) => edge.node), ...around];
}

function isScope(node: HeapNode, heap: HeapGraph): boolean {
  return heap.name(node).startsWith('system / ') && heap.name(node).endsWith('Context');
}

/** A scope is seen through the functions that were made in it; what the engine notes of code and of stacks leads nowhere. */
function leadsOn(node: HeapNode, heap: HeapGraph): boolean {
  const isRecord = heap.name(node).startsWith('system / ') && !/Promise|PropertyArray/.test(heap.name(node));
  return !isRecord && !['code', 'string', 'number', 'bigint', 'symbol', 'regexp'].includes(heap.type(node));
}

function referencesOf(node: HeapNode, heap: HeapGraph): readonly HeapNode[] {
  if (!leadsOn(node, heap) || isRecord(heap.name(node))) return [];
  const isError = heap.name(node).endsWith('Error');
  const isPromise = heap.isPromise(node);
  return (
    heap
      .edges(node)
      .filter(
        ({ type, name }) => type !== 'weak' && type !== 'shortcut' && !SHARED.has(name) && !isNote(name, isPromise),
      )
      // What dept knows of an object leads to all that dept knows. A class of the program may have such a field, too.
      .filter(({ name, node: next }) => !isInstanceNote(name) || heap.follow(next, OBJECT) === null)
      // Each property is a reference of its own, too.
      .filter(({ type, name }) => type !== 'internal' || name !== 'properties')
      // An error knows the functions that were running.
      .filter(({ type, name }) => !isError || (type === 'property' && !name.startsWith('<symbol')))
      .map((edge) => edge.node)
  );
}
