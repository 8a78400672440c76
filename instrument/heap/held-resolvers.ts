import type { HeapGraph, HeapNode } from './heap-graph.ts';
import { isKept } from './own-references.ts';

/** Objects looked at on the way from a promise to those who can settle it. */
const MAX_SEEN = 60;

/**
 * Who alone can settle a promise that no function computes: the suspended functions that have its resolve functions in their
 * variables, as the holder of a lock of the program's own has what lets the next one go on, or in an object there, as the reader of a
 * message has what answers it. Null when anything else has one of them as well: a queue, a map, an instance of a class.
 * @param holderOf the suspended function whose variables these are
 */
export function soleResolvers<T>(
  promise: HeapNode,
  heap: HeapGraph,
  holderOf: (node: HeapNode) => T | undefined,
): readonly T[] | null {
  return soleHolders(resolveFunctions(promise, heap), heap, holderOf, (node) => isPlainObject(node, heap));
}

/** The same for any functions; `isPart` for what is not looked at otherwise, but is a variable's as well. */
export function soleHolders<T>(
  functions: readonly HeapNode[],
  heap: HeapGraph,
  holderOf: (node: HeapNode) => T | undefined,
  isPart: (node: HeapNode) => boolean = () => false,
): readonly T[] | null {
  const holders = new Set<T>();
  const seen = new Set<HeapNode>(functions);
  for (const node of seen) {
    if (seen.size > MAX_SEEN) return null;
    for (const { node: retainer, type, name } of heap.retainers(node)) {
      if (type === 'weak' || type === 'shortcut' || isKept(heap.name(retainer), name)) continue;
      const holder = holderOf(retainer);
      if (holder !== undefined) holders.add(holder);
      // A variable that a closure has captured, and what a promise was fulfilled with or a reaction gets.
      else if (isPassage(retainer, heap) || isPart(retainer)) seen.add(retainer);
      else return null;
    }
  }
  return holders.size > 0 ? [...holders] : null;
}

/** V8's own: their context knows the promise. */
export function resolveFunctions(promise: HeapNode, heap: HeapGraph): readonly HeapNode[] {
  return heap
    .retainers(promise)
    .filter(({ node, type }) => type !== 'weak' && heap.name(node).endsWith(' / Context'))
    .flatMap(({ node }) => heap.retainers(node))
    .map(({ node }) => node)
    .filter((node) => heap.type(node) === 'closure' && heap.placeOf(node) === null);
}

export function isPlainObject(node: HeapNode, heap: HeapGraph): boolean {
  return heap.type(node) === 'object' && heap.name(node) === 'Object';
}

function isPassage(node: HeapNode, heap: HeapGraph): boolean {
  return heap.isPromise(node) || heap.type(node) === 'closure' || heap.name(node).endsWith('Context');
}
