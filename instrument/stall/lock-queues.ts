import type { HeapEdge, HeapGraph, HeapNode } from '../heap/heap-graph.ts';
import type { Suspended } from '../heap/suspended-graph.ts';

/** Where the resolve function is kept that would let a suspended function go on: the queue of a lock, an emitter. */
export interface Keeper {
  /** The nearest object of a class of its own, such as a `Semaphore`. */
  readonly node: HeapNode;
  readonly className: string;
  /** Its property that leads to the resolve function; null for an object that dept watches. */
  readonly property: string | null;
  /** Suspended functions with a local function over that object. A guess: any such function counts as a release. */
  mayBeReleasedBy: readonly Suspended[];
}

const PLAIN = new Set(['Object', 'Array', '', 'Promise', '(object elements)', 'Generator']);
const NO_KEEPER = /^system|^\(|Context|Reaction|Capability/;
/** References that lead from a function to what all functions share. */
const SHARED = new Set([
  'map',
  'shared',
  'feedback_cell',
  'code',
  'scope_info',
  'native_context',
  '__proto__',
  'prototype',
]);
/** Objects looked at for one function, and those that too many refer to. */
const MAX_SEEN = 400;
const MAX_RETAINERS = 200;
const MAX_STEPS = 8;
const MAX_REACH = 5;

/** The keeper of the first of these promises that has one; null when nothing that has a name keeps its resolve function. */
export function keeperOf(sources: readonly HeapNode[], heap: HeapGraph): Keeper | null {
  for (const source of sources) {
    const found = keeperOfPromise(source, heap);
    if (found !== null) return found;
  }
  return null;
}

/** Fills in who may release each keeper: whoever is suspended with a local function that reaches it. */
export function findReleasers(
  keepers: ReadonlyMap<Suspended, Keeper>,
  all: readonly Suspended[],
  heap: HeapGraph,
): void {
  const closures = new Map<Suspended, readonly HeapNode[]>();
  for (const each of all) {
    const locals = heap.edges(each.registers).map(({ node }) => node);
    closures.set(
      each,
      locals.filter((node) => heap.type(node) === 'closure'),
    );
  }
  const known = new Map<HeapNode, readonly Suspended[]>();
  for (const keeper of keepers.values()) {
    let holders = known.get(keeper.node);
    if (holders === undefined) {
      holders = all.filter((each) => closures.get(each)?.some((fn) => reaches(fn, keeper.node, heap)));
      known.set(keeper.node, holders);
    }
    keeper.mayBeReleasedBy = holders;
  }
  for (const [waiter, keeper] of keepers) {
    keeper.mayBeReleasedBy = keeper.mayBeReleasedBy.filter((each) => each !== waiter);
  }
}

/** True for the name of a class that says nothing of what an object is for. */
export function isPlain(className: string): boolean {
  return PLAIN.has(className);
}

/** Goes up from the promise over its resolve functions to an object that has a class of its own. */
function keeperOfPromise(promise: HeapNode, heap: HeapGraph): Keeper | null {
  const resolvers = heap
    .retainers(promise)
    .filter(({ node, type }) => type !== 'weak' && heap.name(node).includes('Context'))
    .flatMap(({ node }) => heap.retainers(node))
    .map(({ node }) => node)
    .filter((node) => heap.type(node) === 'closure');
  return keeperAbove([promise], resolvers, heap, ({ node, name }) => {
    const [kind, className] = [heap.type(node), heap.name(node)];
    if (kind === 'object' && !isPlain(className) && !NO_KEEPER.test(className)) return keeper(node, heap, name);
    return kind === 'array' || (kind === 'object' && isPlain(className) && className !== 'Promise') ? [node] : [];
  });
}

/**
 * Goes up from these objects to those that refer to them, and so on, until one is a keeper.
 * @param look a keeper, or the objects from which it goes on
 */
export function keeperAbove(
  done: readonly HeapNode[],
  from: readonly HeapNode[],
  heap: HeapGraph,
  look: (retainer: HeapEdge) => Keeper | readonly HeapNode[],
): Keeper | null {
  const seen = new Set(done);
  let layer = from;
  for (let step = 0; step < MAX_STEPS && layer.length > 0; step++) {
    const next: HeapNode[] = [];
    for (const node of layer) {
      if (seen.has(node) || seen.size > MAX_SEEN) continue;
      seen.add(node);
      const retainers = heap.retainers(node);
      if (retainers.length > MAX_RETAINERS) continue;
      for (const retainer of retainers) {
        if (retainer.type === 'weak' || retainer.type === 'shortcut' || seen.has(retainer.node)) continue;
        const found = look(retainer);
        if ('className' in found) return found;
        next.push(...found);
      }
    }
    layer = next;
  }
  return null;
}

export function keeper(node: HeapNode, heap: HeapGraph, property: string): Keeper {
  return { node, className: heap.name(node), property, mayBeReleasedBy: [] };
}

/** True when a function leads to the object through what it has captured itself, not through its module. */
function reaches(fn: HeapNode, target: HeapNode, heap: HeapGraph): boolean {
  const depth = new Map([[fn, 0]]);
  for (const [node, steps] of depth) {
    for (const edge of heap.edges(node)) {
      if (edge.type === 'weak' || SHARED.has(edge.name) || (node !== fn && edge.name === 'previous')) continue;
      if (edge.node === target) return true;
      const isScope = heap.name(edge.node).endsWith('Context') && !heap.name(edge.node).includes('Native');
      const isFurther = steps + 1 < MAX_REACH && (isScope || heap.type(edge.node) === 'closure');
      if (isFurther && !depth.has(edge.node)) depth.set(edge.node, steps + 1);
    }
  }
  return false;
}
