import type { HeapGraph, HeapNode } from './heap-graph.ts';
import { resolveFunctions } from './held-resolvers.ts';
import type { LiveTimers } from './live-timers.ts';
import type { ReleasePaths } from './release-paths.ts';
import type { Suspended, SuspendedGraph } from './suspended-graph.ts';

/** Objects looked at from what may run up to what is alive. */
const MAX_SEEN = 3_000;
/** Handles of Node that call back by themselves, but for those that `ReleasePaths` knows. */
const ALIVE = /^(?:MessagePort|FSEvent|StatWatcher|Immediate)$/;

interface Look {
  readonly heap: HeapGraph;
  readonly graph: SuspendedGraph;
  readonly timers: LiveTimers;
  /** What does not go on is closed there. */
  readonly paths: ReleasePaths;
}

/** What goes on by itself: what a timer, a process, a worker, a socket or a request leads to, and what follows from that. */
export class GoingOn {
  readonly #look: Look;
  readonly #timers: ReadonlySet<HeapNode>;
  readonly #computedBy: ReadonlyMap<HeapNode | null, Suspended>;

  constructor(look: Look) {
    this.#look = look;
    this.#timers = new Set(look.timers.all.map(({ node }) => node));
    this.#computedBy = new Map(look.graph.functions.map((each) => [each.promise, each]));
  }

  /** Who will call a function: the functions and promises on the way up to what is alive. Null where nothing alive is found. */
  callersOf(fn: HeapNode): readonly HeapNode[] | null {
    return this.#wayUp([fn], new Set());
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
    if (paths.closed.has(promise) || sources.some((source) => paths.closed.has(source))) return false;
    return sources.some((source) => {
      const computing = this.#computedBy.get(source);
      if (computing !== undefined) return !paths.closed.has(computing.node) && this.#isSettled(computing.awaits, seen);
      if (timers.settling(source).length > 0) return true;
      return this.#wayUp([...resolveFunctions(source, heap), ...this.#requestsOf(source)], seen) !== null;
    });
  }

  /** What Node itself settles is known to the request. */
  #requestsOf(promise: HeapNode): readonly HeapNode[] {
    const { heap, paths } = this.#look;
    return heap.retainers(promise).flatMap(({ node }) => (paths.isAlive(node) ? [node] : []));
  }

  #wayUp(from: readonly HeapNode[], promises: Set<HeapNode>): readonly HeapNode[] | null {
    const { heap, paths } = this.#look;
    const seen = new Set(from.filter((node) => !paths.closed.has(node)));
    for (const node of seen) {
      if (seen.size > MAX_SEEN) return null;
      if (this.#isAlive(node)) return [...seen];
      for (const above of [...paths.above(node), ...this.#builtInOver(node)]) {
        if (paths.closed.has(above)) continue;
        if (!isReaction(above, heap)) seen.add(above);
        else if (this.#runs(above, seen, promises)) return [...seen];
      }
    }
    return null;
  }

  /** Whether what is registered on a promise will run; what comes of it is on the way as well. */
  #runs(reaction: HeapNode, seen: Set<HeapNode>, promises: Set<HeapNode>): boolean {
    const { heap } = this.#look;
    for (const { node } of heap.edges(reaction)) if (heap.isPromise(node)) seen.add(node);
    const list = new Set([reaction]);
    for (const each of list) {
      for (const { node } of heap.retainers(each)) {
        if (isReaction(node, heap)) list.add(node);
        else if (heap.isPromise(node) && this.#isSettled(node, promises)) return true;
      }
    }
    return false;
  }

  /** The functions of V8 itself that will call it: those of `finally`, and of combinators. */
  #builtInOver(node: HeapNode): readonly HeapNode[] {
    const { heap } = this.#look;
    if (heap.type(node) !== 'closure') return [];
    const scopes = heap.retainers(node).filter((edge) => heap.name(edge.node).endsWith(' / Context'));
    return scopes.flatMap((edge) => heap.functionsOver(edge.node)).filter((fn) => heap.placeOf(fn) === null);
  }

  #isAlive(node: HeapNode): boolean {
    const { heap, paths } = this.#look;
    if (this.#timers.has(node) || paths.isAlive(node)) return true;
    if (heap.type(node) !== 'object') return false;
    const name = heap.name(node);
    return ALIVE.test(name) || (name === 'Worker' && this.#isRunning(node));
  }

  /** A worker that has ended has no handle any more. */
  #isRunning(worker: HeapNode): boolean {
    const { heap } = this.#look;
    return heap.edges(worker).some(({ name, node }) => name.includes('kHandle') && heap.type(node) === 'object');
  }
}

function isReaction(node: HeapNode, heap: HeapGraph): boolean {
  return heap.name(node).includes('PromiseReaction');
}
