import type { HeapGraph, HeapNode } from '../heap/heap-graph.ts';
import { isPlainObject, resolveFunctions, soleHolders } from '../heap/held-resolvers.ts';
import { functionsIn, type ListOwner, methodsOf, propertiesOf, scopesAround, scopesOf } from '../heap/list-owners.ts';
import type { Suspended, SuspendedGraph } from '../heap/suspended-graph.ts';

/** A suspended function, and the function among its variables that lets the next one go on. */
export interface Unlocker {
  readonly holder: Suspended;
  readonly unlock: HeapNode;
  /** What the function is called, where it is a method of a guard; null where it was given to the holder itself. */
  readonly method: string | null;
}

/**
 * Who holds the lock in whose list somebody stands, where its `lock()` gives a function that unlocks it, or an object with one: who
 * alone has that function in his variables. It was made by an earlier call of the very function in which the waiter stands, for the
 * same list; the two ends of a channel are not made so. Or, where it gives a guard, an object that knows the lock: who alone has that.
 * @param promise what the waiter waits for in the end
 */
export function unlockersOf(
  waiter: Suspended,
  promise: HeapNode,
  owner: ListOwner,
  graph: SuspendedGraph,
  heap: HeapGraph,
): readonly Unlocker[] {
  const call = callsIn(waiter, promise, heap);
  const kinds = new Set<HeapNode | null>([...call].flatMap((scope) => kindOf(scope, heap) ?? []));
  const isSibling = (scope: HeapNode): boolean => !call.has(scope) && kinds.has(kindOf(scope, heap));
  const isUnlock = (fn: HeapNode): boolean => {
    const scopes = scopesOf(fn, heap);
    return scopes.some(isSibling) && isAbout(owner, scopes, heap);
  };
  return graph.functions.flatMap((holder) => {
    if (holder === waiter) return [];
    const functions = heap.edges(holder.registers).flatMap(({ node }) => functionsIn(node, heap));
    const given = [...new Set(functions)]
      .filter((fn) => isUnlock(fn) && isHeldBy(holder, fn, graph, heap))
      .map((unlock): Unlocker => ({ holder, unlock, method: null }));
    return given.length > 0 ? given : guardsOf(holder, owner, graph, heap);
  });
}

/** All that its guards can do: which of that lets the next one go on, their texts say. */
function guardsOf(holder: Suspended, owner: ListOwner, graph: SuspendedGraph, heap: HeapGraph): readonly Unlocker[] {
  const knows = (node: HeapNode): boolean =>
    heap.type(node) === 'object' &&
    node !== owner.node &&
    !heap.isPromise(node) &&
    propertiesOf(node, heap).some((edge) => edge.node === owner.node);
  const guards = new Set(heap.edges(holder.registers).map(({ node }) => node));
  return [...guards]
    .filter((node) => knows(node) && isHeldBy(holder, node, graph, heap))
    .flatMap((guard) => methodsOf(guard, heap))
    .map(({ name, node }) => ({ holder, unlock: node, method: name }));
}

/** The scopes of the call in which the waiter stands in the list: its own, and that of the function that listed it. */
function callsIn({ node }: Suspended, promise: HeapNode, heap: HeapGraph): ReadonlySet<HeapNode> {
  const listing = resolveFunctions(promise, heap)
    .flatMap((resolve) => heap.retainers(resolve))
    .filter(({ type }) => type === 'context')
    .map((retainer) => retainer.node);
  return new Set([heap.follow(node, 'context'), ...listing].flatMap((scope) => scopesAround(scope, heap)));
}

/** What all scopes of one function, or of one block of it, have in common. */
function kindOf(scope: HeapNode, heap: HeapGraph): HeapNode | null {
  return heap.follow(scope, 'scope_info');
}

function isAbout({ node, isScope }: ListOwner, scopes: readonly HeapNode[], heap: HeapGraph): boolean {
  if (isScope) return scopes.includes(node);
  return scopes.some((scope) => heap.edges(scope).some((edge) => edge.type === 'context' && edge.node === node));
}

function isHeldBy(holder: Suspended, what: HeapNode, graph: SuspendedGraph, heap: HeapGraph): boolean {
  const holders = soleHolders(
    [what],
    heap,
    (node) => graph.functionAt(node),
    (node) => isPlainObject(node, heap),
  );
  return holders?.length === 1 && holders[0] === holder;
}
