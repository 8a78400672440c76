import type { Dependents } from '../../src/core/dependents.ts';
import type { HeapGraph, HeapNode } from '../heap/heap-graph.ts';
import { resolveFunctions } from '../heap/held-resolvers.ts';
import { awaitersOf, type Suspended, type SuspendedGraph } from '../heap/suspended-graph.ts';
import { isPlain, type Keeper, keeper, keeperAbove } from './lock-queues.ts';

/** What lets one go on when another one gives it back, and nobody else. A semaphore may be a signal, a queue may be for idle workers. */
const LOCK = /(?:Mutex|Lock)$/;
/** What a lock keeps its waiters in; not the news that it was lost, or closed. */
const OF_WAITERS =
  /queue|wait|pend|defer|resol|sema|lock|releas|acquir|request|ticket|task|job|reader|writer|next|head|first|tail|last|promise/i;
const PART = /queue|list|deferred|node|wait|entry|deque|item|ticket|task|job|request|semaphore|ring|^Map$|^Set$/i;

/**
 * Those who wait in an object that its class calls a lock, and what keeps them there. When nothing is left to run they wait for
 * ever for what another one holds, whatever the lock is made of. Who has lost a race, and is given up, is none of them.
 */
export function lockWaiters(graph: SuspendedGraph, heap: HeapGraph): ReadonlyMap<Suspended, Keeper> {
  if (!heap.hasObjectNamed(LOCK)) return new Map();
  const awaiters = awaitersOf(graph.functions);
  return new Map(
    graph.functions.flatMap((each): [Suspended, Keeper][] => {
      if (each.waitsFor.length > 0 || isGivenUp(each, awaiters, graph, heap)) return [];
      const [lock] = graph.sourcesOf(each.awaits).flatMap((promise) => lockAround(promise, heap) ?? []);
      return lock === undefined ? [] : [[each, lock]];
    }),
  );
}

/** What awaits it in the end settles a promise that nobody awaits, as in a `Promise.race` that another one has won. */
export function isGivenUp(
  waiter: Suspended,
  awaiters: Dependents<Suspended>,
  graph: SuspendedGraph,
  heap: HeapGraph,
): boolean {
  const last = [...awaiters.behind([waiter])].filter((each) => !awaiters.has(each));
  return last.every((each) => {
    const handlers = graph.valueHandlersOf(each.promise);
    return handlers === null || handlers.some((handler) => isLost(handler, graph, heap));
  });
}

/** True for what settles a promise with whose value nobody goes on; one that `then` was given instead of a value leads on. */
function isLost(handler: HeapNode, graph: SuspendedGraph, heap: HeapGraph): boolean {
  const settled = settledPromises(handler, heap);
  return settled?.every((promise) => (graph.valueHandlersOf(promise)?.length ?? 0) === 0) ?? false;
}

/**
 * A resolve function of V8's own knows its promise, until it has settled that: then, since Node 26, nothing. Null for any other
 * function.
 */
function settledPromises(handler: HeapNode, heap: HeapGraph): readonly HeapNode[] | null {
  const context = heap.placeOf(handler) === null ? heap.follow(handler, 'context') : null;
  if (context === null || heap.name(context).includes('NativeContext')) return null;
  const known = heap.edges(context).filter(({ type }) => type === 'hidden' || type === 'context');
  const promises = known.map(({ node }) => node).filter((node) => heap.isPromise(node));
  return known.length === 0 || promises.length > 0 ? promises : null;
}

function lockAround(promise: HeapNode, heap: HeapGraph): Keeper | null {
  return keeperAbove([], resolveFunctions(promise, heap), heap, ({ node, type, name }) => {
    if (isLock(node, heap) && OF_WAITERS.test(name)) return keeper(node, heap, name);
    if (type === 'context') return listedFunctions(node, heap);
    return isPart(node, heap) ? [node] : [];
  });
}

function isLock(node: HeapNode, heap: HeapGraph): boolean {
  return heap.type(node) === 'object' && LOCK.test(heap.name(node));
}

function isPart(node: HeapNode, heap: HeapGraph): boolean {
  const name = heap.name(node);
  if (heap.type(node) === 'array') return true;
  return heap.type(node) === 'object' && !heap.isPromise(node) && (isPlain(name) || PART.test(name));
}

/** The functions of a scope that stand in a list: one of them calls the resolve function when it is its turn. */
function listedFunctions(scope: HeapNode, heap: HeapGraph): readonly HeapNode[] {
  return heap
    .functionsOver(scope)
    .flatMap((fn) => heap.retainers(fn))
    .filter(({ type, node }) => type === 'element' || heap.type(node) === 'array')
    .map(({ node }) => node);
}
