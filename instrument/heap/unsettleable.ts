import type { HeapEdge, HeapGraph, HeapNode } from './heap-graph.ts';
import { resolveFunctions } from './held-resolvers.ts';
import { isReference } from './live-references.ts';
import { isWeaklyKnown } from './own-references.ts';
import { type Suspended, type SuspendedGraph, withAwaiters } from './suspended-graph.ts';

/** Objects looked at on the way from what settles a promise to whoever has it. */
const MAX_SEEN = 1_000;
/** Leads from what a script sees of a handle or request to what Node has behind it. */
const NATIVE = 'javascript_to_native';
/** What the engine keeps variables and properties in. */
const KEEPING = /^system \/ (?:.*Context|ContextCell|Cell|PropertyCell|PropertyArray)$/;
/** Where the engine has its own lists. */
const OF_ENGINE = /^system \/ NativeContext$/;

/**
 * The functions that wait for promises which nobody can settle: no function computes them, no other promise leads to them, and nobody has
 * a resolve function of theirs, or nobody else than who cannot go on before: an early return has skipped them, or a callback was
 * dropped. What Node settles itself is known to the engine, or to a request of Node.
 */
export function waitersForNobody(graph: SuspendedGraph, heap: HeapGraph): readonly Suspended[] {
  const computed = new Set(graph.functions.map(({ promise }) => promise));
  return graph.functions.filter((each) => {
    const sources = each.waitsFor.length > 0 || each.circle !== null ? [] : graph.sourcesOf(each.awaits);
    if (sources.length === 0 || sources.some((source) => computed.has(source))) return false;
    const settlers = settlersOf(sources, graph, heap);
    return settlers !== null && haveOnly(withAwaiters([each], graph.functions), settlers, graph, heap);
  });
}

/** All that could settle these, directly; null where something is unknown. */
function settlersOf(promises: readonly HeapNode[], graph: SuspendedGraph, heap: HeapGraph): readonly HeapNode[] | null {
  const settlers: HeapNode[] = [];
  for (const promise of promises) {
    settlers.push(...resolveFunctions(promise, heap));
    for (const edge of heap.retainers(promise)) {
      if (!isReference(edge, heap) || graph.functionAt(edge.node) !== undefined) continue;
      if (isNative(edge.node, heap)) settlers.push(edge.node);
      else if (!isOnlyKnown(edge, heap)) return null;
    }
  }
  return settlers;
}

/** True when all ways to these lead through functions that have stopped. */
function haveOnly(
  stopped: ReadonlySet<Suspended>,
  nodes: readonly HeapNode[],
  graph: SuspendedGraph,
  heap: HeapGraph,
): boolean {
  const seen = new Set(nodes);
  for (const node of seen) {
    if (seen.size > MAX_SEEN || heap.type(node) === 'synthetic') return false;
    for (const edge of heap.retainers(node)) {
      if (isWeakRef(edge, heap)) return false;
      if (!isReference(edge, heap) || isTable(edge, heap)) continue;
      const suspended = graph.functionAt(edge.node);
      if (suspended === undefined) seen.add(edge.node);
      else if (!stopped.has(suspended)) return false;
    }
  }
  return true;
}

/** Whoever has a promise in a variable, in an object or in a list cannot settle it by that. */
function isOnlyKnown({ type, node }: HeapEdge, heap: HeapGraph): boolean {
  const kind = heap.type(node);
  if (kind === 'array') return !heap.retainers(node).some((edge) => OF_ENGINE.test(heap.name(edge.node)));
  if (heap.isOfEngine(node)) return KEEPING.test(heap.name(node));
  if (kind !== 'object' && kind !== 'closure') return false;
  return type === 'property' || type === 'element' || type === 'context';
}

/** Of the program, which may come to it that way as long as it is there. */
function isWeakRef({ type, node }: HeapEdge, heap: HeapGraph): boolean {
  return type === 'weak' && heap.name(node) === 'WeakRef';
}

/** A weak map has a value only as long as its key is there. */
function isTable({ name, node }: HeapEdge, heap: HeapGraph): boolean {
  return isWeaklyKnown(name) && heap.type(node) === 'array';
}

function isNative(node: HeapNode, heap: HeapGraph): boolean {
  return heap.edges(node).some(({ name }) => name === NATIVE);
}
