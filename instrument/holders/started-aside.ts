import { isModule } from '../heap/definitions.ts';
import type { HeapEdge, HeapNode } from '../heap/heap-graph.ts';
import { isWeaklyKnown } from '../heap/own-references.ts';
import { isConnected, keepersOf } from '../heap/promise-keepers.ts';
import { reachedFrom, variablesOf } from '../heap/reached-objects.ts';
import { nodesOf, type Suspended } from '../heap/suspended-graph.ts';
import type { HolderLook } from './holder-look.ts';

/**
 * True when those who have stopped were started aside: whatever becomes of them, the holder goes on without them. He does not
 * where somebody goes on with their values, not only with their errors, and can get hold of what the holder waits for; nor
 * where they share with him what keeps that, as an emitter or a list of waiters.
 * @param asked the promises that one was given who has stopped
 * @param holders the functions of the holder, with all that they await
 */
export function isAside(
  asked: readonly HeapNode[],
  stopped: ReadonlySet<Suspended>,
  holders: readonly Suspended[],
  look: HolderLook,
): boolean {
  const onValue = goingOnWith(asked, stopped, look);
  if (onValue === null) return false;
  // Who waits for the same beside them lets nobody go on either: a way through the queue leads nowhere.
  const own = new Set([...asked, ...nodesOf(stopped)]);
  const beside = new Set([...look.stuck].filter((node) => !own.has(node)));
  const reached = reachedFrom(onValue, look.heap, look.places, beside);
  const awaited = holders.flatMap((each) => look.openFor(each));
  if (reached === null || awaited.some((promise) => reached.has(promise))) return false;
  return !awaited.some((promise) => [...stopped].some((each) => maySettle(each, promise, look)));
}

/** What goes on with the values of these promises, and of those that the functions compute; null where it is not known. */
function goingOnWith(
  asked: readonly HeapNode[],
  stopped: ReadonlySet<Suspended>,
  { graph, heap }: HolderLook,
): readonly HeapNode[] | null {
  // How a generator of a compiler goes on is among the handlers of what it awaits.
  const known = [...stopped].filter((each) => each.promise !== null || isModule(each, heap));
  const computed = known.filter((each) => !graph.isAwaited(each)).map(({ promise }) => promise);
  const handlers = [...computed, ...asked].map((promise) => graph.valueHandlersOf(promise));
  return handlers.includes(null) ? null : handlers.flatMap((each) => each ?? []);
}

/** It uses an object that keeps what would settle the promise, and that nobody outside of the process has a part in. */
function maySettle(each: Suspended, promise: HeapNode, look: HolderLook): boolean {
  const { heap, places } = look;
  const keepers = keepersOf(promise, heap);
  // What it waits for itself is no means: a pool keeps who waits for it beside those who wait for an answer.
  const own = new Set(look.openFor(each).flatMap((awaited) => [...keepersOf(awaited, heap)]));
  const used = [each.registers, ...(variablesOf(each.fn, heap, places) ?? [])];
  const isMeans = (node: HeapNode): boolean => keepers.has(node) && !own.has(node) && !isConnected(node, heap);
  if (used.some(isMeans)) return true;
  // What a connection keeps is settled by what comes over it.
  const parts = used.flatMap((node) =>
    heap.edges(node).flatMap((edge) => (isPart(edge) ? [{ node, part: edge.node }] : [])),
  );
  return parts.some(({ node, part }) => isMeans(part) && !isConnected(node, heap));
}

/** Not what a `WeakMap` keeps for it, as dept's own do: who gets that has the map. */
function isPart({ type, name }: HeapEdge): boolean {
  return type !== 'weak' && type !== 'shortcut' && name !== '__proto__' && !isWeaklyKnown(name);
}
