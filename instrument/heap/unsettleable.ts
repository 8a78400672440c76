import type { Dependents } from '../../src/core/dependents.ts';
import type { HeapEdge, HeapGraph, HeapNode } from './heap-graph.ts';
import { resolveFunctions } from './held-resolvers.ts';
import { isReference } from './live-references.ts';
import { isWeaklyKnown } from './own-references.ts';
import { awaitersOf, type Suspended, type SuspendedGraph } from './suspended-graph.ts';

/** Objects looked at on the way from what settles one promise to whoever has it, and for all of a heap: what is left then is not known. */
const MAX_SEEN = 1_000;
const MAX_SEEN_IN_ALL = 300_000;
/** What the engine keeps variables and properties in. */
const KEEPING = /^system \/ (?:.*Context|ContextCell|Cell|PropertyCell|PropertyArray)$/;
/** Where the engine has its own lists. */
const OF_ENGINE = /^system \/ NativeContext$/;

/**
 * Which functions wait for promises that nobody can settle: no function computes them, no other promise leads to them, and nobody has a
 * resolve function of theirs, or nobody else than who cannot go on before: an early return has skipped them, or a callback was
 * dropped. What Node settles itself is known to the engine, or to a request of Node.
 */
export class Unsettleable {
  readonly #graph: SuspendedGraph;
  readonly #heap: HeapGraph;
  readonly #computed: ReadonlySet<HeapNode | null>;
  readonly #known = new Map<Suspended, boolean>();
  readonly #awaiters: Dependents<Suspended>;
  #left = MAX_SEEN_IN_ALL;

  constructor(graph: SuspendedGraph, heap: HeapGraph) {
    this.#graph = graph;
    this.#heap = heap;
    this.#computed = new Set(graph.functions.map(({ promise }) => promise));
    this.#awaiters = awaitersOf(graph.functions);
  }

  get waiters(): readonly Suspended[] {
    return this.#graph.functions.filter((each) => this.isAwaitedBy(each));
  }

  isAwaitedBy(each: Suspended): boolean {
    let known = this.#known.get(each);
    if (known === undefined) {
      known = this.#isFound(each);
      this.#known.set(each, known);
    }
    return known;
  }

  #isFound(each: Suspended): boolean {
    if (each.waitsFor.length > 0 || each.circle !== null) return false;
    const sources = this.#graph.sourcesOf(each.awaits);
    if (sources.length === 0 || sources.some((source) => this.#computed.has(source))) return false;
    const settlers = this.#settlersOf(sources);
    return settlers !== null && this.#haveOnly(this.#awaiters.behind([each]), settlers);
  }

  /** All that could settle these, directly; null where something is unknown. */
  #settlersOf(promises: readonly HeapNode[]): readonly HeapNode[] | null {
    const heap = this.#heap;
    const settlers: HeapNode[] = [];
    for (const promise of promises) {
      settlers.push(...resolveFunctions(promise, heap));
      for (const edge of heap.retainers(promise)) {
        if (!isReference(edge, heap) || this.#graph.functionAt(edge.node) !== undefined) continue;
        if (heap.isNative(edge.node)) settlers.push(edge.node);
        else if (!isOnlyKnown(edge, heap)) return null;
      }
    }
    return settlers;
  }

  /** True when all ways to these lead through functions that have stopped. */
  #haveOnly(stopped: ReadonlySet<Suspended>, nodes: readonly HeapNode[]): boolean {
    const heap = this.#heap;
    const seen = new Set(nodes);
    for (const node of seen) {
      if (seen.size > MAX_SEEN || --this.#left < 0 || heap.type(node) === 'synthetic') return false;
      for (const edge of heap.retainers(node)) {
        if (isWeakRef(edge, heap)) return false;
        if (!isReference(edge, heap) || isTable(edge, heap)) continue;
        const suspended = this.#graph.functionAt(edge.node);
        if (suspended === undefined) seen.add(edge.node);
        else if (!stopped.has(suspended)) return false;
      }
    }
    return true;
  }
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
