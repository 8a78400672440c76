import type { TrackedObject } from '../../src/core/tracked-object.ts';
import { Wait } from '../../src/core/wait.ts';
import type { HeapGraph, HeapNode } from '../heap/heap-graph.ts';
import { isFollowed, isHolder, isSleeper } from '../heap/own-references.ts';
import { awaitersOf, type Suspended, type SuspendedGraph } from '../heap/suspended-graph.ts';
import type { Keeper } from './lock-queues.ts';
import { isGivenUp } from './lock-waiters.ts';

const IS_WAIT = new RegExp(`^${Wait.name}$`);
/** From a wait to what it is for, and to what joins the history of who goes on: that is there when it was granted. */
const OBJECT: keyof Wait = 'object';
const GRANTED: keyof Wait = 'node';
const CLASS: keyof TrackedObject = 'key';
const KIND: keyof TrackedObject['key'] = 'kind';
const NAME: keyof TrackedObject['key'] = 'name';

/**
 * Those who wait for their turn in what dept watches, though nobody saw them begin to: no hook tells that a `for await` over
 * what is no async iterator, as an array of promises, waits for each of them. When nothing is left to run they wait for ever
 * for what another one holds. Whose wait is known to sleep is told of by that.
 */
export function unseenWaiters(graph: SuspendedGraph, heap: HeapGraph): ReadonlyMap<Suspended, Keeper> {
  if (!heap.hasObjectNamed(IS_WAIT)) return new Map();
  const awaiters = awaitersOf(graph.functions);
  return new Map(
    graph.functions.flatMap((each): [Suspended, Keeper][] => {
      if (each.waitsFor.length > 0) return [];
      const [keeper] = [...graph.chainTo(each.awaits)].flatMap((promise) => heldByOthers(promise, heap));
      return keeper === undefined || isGivenUp(each, awaiters, graph, heap) ? [] : [[each, keeper]];
    }),
  );
}

/** What whoever awaits the promise has to wait for first. */
function heldByOthers(promise: HeapNode, heap: HeapGraph): readonly Keeper[] {
  return waitsOf(promise, heap).flatMap((wait) => {
    const isSeen = heap.retainers(wait).some(({ name }) => isSleeper(name));
    const isGranted = heap.edges(wait).some(({ name, node }) => name === GRANTED && isObject(node, heap));
    const object = isSeen || isGranted ? null : heap.follow(wait, OBJECT);
    const key = object === null ? null : heap.follow(object, CLASS);
    if (object === null || key === null) return [];
    if (!heap.edges(object).some(({ name, node }) => isHolder(name) && isObject(node, heap))) return [];
    const [kind, name] = [KIND, NAME].map((field) => textOf(heap.follow(key, field), heap));
    // Who computes a value may have been given up together with it.
    if (kind === undefined || kind === 'promise') return [];
    return [{ node: object, className: name ?? kind, property: null, mayBeReleasedBy: [] }];
  });
}

function waitsOf(promise: HeapNode, heap: HeapGraph): readonly HeapNode[] {
  return heap
    .edges(promise)
    .flatMap(({ name, node }) => (isFollowed(name) ? [node, ...heap.edges(node).map((edge) => edge.node)] : []))
    .flatMap((list) => heap.edges(list).map(({ node }) => node))
    .filter((node) => isObject(node, heap) && heap.name(node) === Wait.name);
}

/** Also null is something that a heap has a place for. */
function isObject(node: HeapNode, heap: HeapGraph): boolean {
  return heap.type(node) === 'object';
}

function textOf(node: HeapNode | null, heap: HeapGraph): string | undefined {
  return node !== null && heap.type(node) === 'string' ? heap.name(node) : undefined;
}
