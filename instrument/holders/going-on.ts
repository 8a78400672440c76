import type { AliveHandles } from '../heap/alive-handles.ts';
import type { HeapGraph, HeapNode } from '../heap/heap-graph.ts';
import { resolveFunctions } from '../heap/held-resolvers.ts';
import type { InspectorPlaces } from '../heap/inspector-places.ts';
import type { LiveTimers } from '../heap/live-timers.ts';
import type { Suspended, SuspendedGraph } from '../heap/suspended-graph.ts';
import type { ReleasePaths } from './release-paths.ts';

/** Objects looked at from what may run up to what is alive. */
const MAX_SEEN = 3_000;
/** What whoever fills a web stream was given. */
const CHANNEL = /^(?:Readable|Writable|Transform)(?:Stream|ByteStream)\w*(?:Controller|Writer)$/;
const IMMEDIATE = 'Immediate';
const NONE: ReadonlySet<HeapNode> = new Set();

interface Look {
  readonly alive: AliveHandles;
  readonly heap: HeapGraph;
  readonly places: InspectorPlaces;
  readonly graph: SuspendedGraph;
  readonly timers: LiveTimers;
  /** What does not go on is closed there. */
  readonly paths: ReleasePaths;
}

/** What was seen on the way up from something that may run. */
interface Way {
  readonly nodes: ReadonlySet<HeapNode>;
  readonly isAlive: boolean;
  /** There was too much to see. */
  readonly isCut: boolean;
}

/** What goes on by itself: what a timer, a process, a worker, a socket or a request leads to, and what follows from that. */
export class GoingOn {
  readonly #look: Look;
  readonly #timers: ReadonlySet<HeapNode>;
  readonly #computedBy: ReadonlyMap<HeapNode | null, Suspended>;
  /** From these no way leads to what is alive. */
  readonly #dead = new Set<HeapNode>();

  constructor(look: Look) {
    this.#look = look;
    this.#timers = new Set(look.timers.once.map(({ node }) => node));
    this.#computedBy = new Map(look.graph.functions.map((each) => [each.promise, each]));
  }

  /**
   * Who will call a function: the functions and promises on the way up to what is alive. Null where nothing alive is found.
   * @param past through these no way leads
   */
  callersOf(fn: HeapNode, past: ReadonlySet<HeapNode> = NONE): readonly HeapNode[] | null {
    const way = this.#wayUp([fn], new Set(), past);
    if (!way.isAlive && !way.isCut && past.size === 0) for (const node of way.nodes) this.#dead.add(node);
    return way.isAlive ? [...way.nodes] : null;
  }

  /** True where the promise will be settled. */
  settles(promise: HeapNode): boolean {
    return this.#isSettled(promise, new Set());
  }

  #isSettled(promise: HeapNode, seen: Set<HeapNode>): boolean {
    const { graph, heap, paths, timers } = this.#look;
    if (seen.has(promise)) return false;
    seen.add(promise);
    const sources = graph.sourcesOf(promise);
    if (paths.closed.has(promise)) return false;
    const isTimed = (source: HeapNode): boolean => timers.settling(source).length > 0;
    const isStuck = (source: HeapNode): boolean => paths.closed.has(this.#computedBy.get(source)?.node ?? source);
    // Of a race the others may only be what ends it where something fails, but for a time limit.
    if (sources.some(isStuck)) return sources.some(isTimed);
    return sources.some((source) => {
      const computing = this.#computedBy.get(source);
      if (computing !== undefined) return this.#isSettled(computing.awaits, seen);
      if (isTimed(source)) return true;
      return this.#wayUp([...resolveFunctions(source, heap), ...this.#requestsOf(source)], seen).isAlive;
    });
  }

  /** What Node itself settles is known to the request. */
  #requestsOf(promise: HeapNode): readonly HeapNode[] {
    const { alive, heap } = this.#look;
    return heap.retainers(promise).flatMap(({ node }) => (alive.has(node) ? [node] : []));
  }

  #wayUp(from: readonly HeapNode[], promises: Set<HeapNode>, past: ReadonlySet<HeapNode> = NONE): Way {
    const { heap, paths } = this.#look;
    const isOpen = (node: HeapNode): boolean => !paths.closed.has(node) && !this.#dead.has(node) && !past.has(node);
    const nodes = new Set(from.filter(isOpen));
    for (const node of nodes) {
      if (nodes.size > MAX_SEEN) return { nodes, isAlive: false, isCut: true };
      if (this.#isAlive(node)) return { nodes, isAlive: true, isCut: false };
      if (this.#suspendedOver(node).some((each) => isOpen(each.node) && this.#isSettled(each.awaits, promises)))
        return { nodes, isAlive: true, isCut: false };
      for (const above of [...paths.above(node), ...this.#builtInOver(node)]) {
        if (!isOpen(above)) continue;
        if (!heap.isReaction(above)) nodes.add(above);
        else if (this.#runs(above, nodes, promises)) return { nodes, isAlive: true, isCut: false };
      }
    }
    return { nodes, isAlive: false, isCut: false };
  }

  /** Whether what is registered on a promise will run; what comes of it is on the way as well. */
  #runs(reaction: HeapNode, seen: Set<HeapNode>, promises: Set<HeapNode>): boolean {
    const { heap } = this.#look;
    for (const { node } of heap.edges(reaction)) if (heap.isPromise(node)) seen.add(node);
    const list = new Set([reaction]);
    for (const each of list) {
      for (const { node } of heap.retainers(each)) {
        if (heap.isReaction(node)) list.add(node);
        else if (heap.isPromise(node) && this.#isSettled(node, promises)) return true;
      }
    }
    return false;
  }

  /** The functions that have it in a variable of their own: of Node, as the one that reads a stream from a generator, and who fills a stream. */
  #suspendedOver(node: HeapNode): readonly Suspended[] {
    const { graph, heap, places } = this.#look;
    return heap.retainers(node).flatMap(({ type, node: above }) => {
      const each = type === 'weak' ? undefined : graph.functionAt(above);
      if (each === undefined) return [];
      return CHANNEL.test(heap.name(node)) || places.isOfNode(heap.placeOf(each.fn)) ? [each] : [];
    });
  }

  /** The functions of V8 itself that will call it: those of `finally`, and of combinators. */
  #builtInOver(node: HeapNode): readonly HeapNode[] {
    const { heap } = this.#look;
    if (heap.type(node) !== 'closure') return [];
    const scopes = heap.retainers(node).filter((edge) => heap.name(edge.node).endsWith(' / Context'));
    return scopes.flatMap((edge) => heap.functionsOver(edge.node)).filter((fn) => heap.placeOf(fn) === null);
  }

  #isAlive(node: HeapNode): boolean {
    const { alive, heap } = this.#look;
    if (this.#timers.has(node) || alive.has(node)) return true;
    return heap.type(node) === 'object' && heap.name(node) === IMMEDIATE;
  }
}
