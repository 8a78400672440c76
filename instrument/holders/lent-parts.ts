import type { TrackedObject } from '../../src/core/tracked-object.ts';
import type { HeapGraph, HeapNode } from '../heap/heap-graph.ts';
import type { InspectorPlaces } from '../heap/inspector-places.ts';
import { isRecord } from '../heap/own-references.ts';
import { variablesOf } from '../heap/reached-objects.ts';
import { isGivingBack } from './giving-texts.ts';

/** Of these whoever takes one may be given something to give it back with. */
const LENDING: ReadonlySet<string> = new Set(['pool', 'mutex', 'semaphore']);
/** Objects that a pool, or what it lends, consists of. */
const MAX_PARTS = 20_000;
/** Functions looked at behind one that the resource has. */
const MAX_BEHIND = 20;

/** References to what objects have in common, to the neighbour in a list of Node, and to what ran when an object was made. */
const NO_PART = /^(?:map|__proto__|constructor|prototype|_idleNext|_idlePrev|domain|<symbol .*[rR]esource.*)$/;
/** They know who waits for something, or belong to everybody. */
const NOT_PARTS =
  /^(?:process|global|Timeout|Immediate|AsyncContextFrame|Promise|Generator|AsyncGenerator|WeakRef|FinalizationRegistry)$/;

/** True for locks and pools: a connection or a queue gives back by itself. */
export function isLending({ key }: TrackedObject): boolean {
  return LENDING.has(key.kind);
}

/** True for what is no part of a resource, whoever refers to it. */
export function isNoPart(className: string): boolean {
  return NOT_PARTS.test(className);
}

/**
 * All that these objects consist of, not through functions. Null when it is too much.
 * @param without what is none of it
 */
export function lentParts(
  wholes: Iterable<HeapNode>,
  heap: HeapGraph,
  without: ReadonlySet<HeapNode> = new Set(),
): ReadonlySet<HeapNode> | null {
  const parts = new Set([...wholes].filter((node) => heap.type(node) === 'object'));
  for (const part of parts) {
    if (parts.size > MAX_PARTS) return null;
    for (const { type, name, node } of heap.edges(part)) {
      if (type === 'weak' || type === 'shortcut' || type === 'context' || NO_PART.test(name) || without.has(node))
        continue;
      const className = heap.name(node);
      if (isCompound(node, heap) && !isNoPart(className) && !isRecord(className)) parts.add(node);
    }
  }
  return parts;
}

/**
 * True where what was lent has something to answer, such as a query, or gives itself back when that is done: it has a function of the
 * program, one that settles a promise, or one that gives back. Who only listens to it for errors is not asked for anything.
 * @param given what was lent, and what gives it back
 * @param parts all that it consists of
 */
export function isInUse(
  given: ReadonlySet<HeapNode>,
  parts: ReadonlySet<HeapNode>,
  heap: HeapGraph,
  places: InspectorPlaces,
): boolean {
  const listeners = listenersOf(given, heap);
  for (const part of parts) {
    for (const { type, name, node } of heap.edges(part)) {
      if (heap.type(node) !== 'closure' || type === 'weak' || type === 'shortcut' || NO_PART.test(name)) continue;
      const isMethod = given.has(node) && given.has(part);
      const isListener = listeners.has(part) && places.isOfProgram(heap.placeOf(node));
      if (!isMethod && !isListener && (given.has(node) || answers(node, heap, places))) return true;
    }
  }
  return false;
}

/** The lists of those who listen to one of these. */
function listenersOf(emitters: ReadonlySet<HeapNode>, heap: HeapGraph): ReadonlySet<HeapNode> {
  const byEvent = [...emitters].flatMap((node) => heap.follow(node, '_events') ?? []);
  // An emitter of many events has them in a table.
  const tables = byEvent.flatMap((node) => heap.edges(node)).filter(({ name }) => name === 'properties');
  byEvent.push(...tables.map(({ node }) => node));
  const lists = byEvent.flatMap((node) => heap.edges(node)).filter(({ node }) => heap.name(node) === 'Array');
  return new Set([...byEvent, ...lists.map(({ node }) => node)]);
}

/** It is a function of the program, or leads to one, or to a promise that is to be settled; or it gives back. */
function answers(fn: HeapNode, heap: HeapGraph, places: InspectorPlaces): boolean {
  const called = new Set([fn]);
  for (const each of called) {
    if (called.size > MAX_BEHIND) return false;
    const place = heap.placeOf(each);
    if (places.isOfProgram(place) || (place !== null && isGivingBack(places.textAt(place) ?? ''))) return true;
    const variables = variablesOf(each, heap, places) ?? [];
    if (variables.some((node) => isPending(node, heap))) return true;
    for (const node of variables) if (heap.type(node) === 'closure') called.add(node);
  }
  return false;
}

/** A promise that somebody waits for. */
export function isPending(node: HeapNode, heap: HeapGraph): boolean {
  return heap.isPromise(node) && heap.edges(node).some((edge) => heap.isReaction(edge.node));
}

function isCompound(node: HeapNode, heap: HeapGraph): boolean {
  const type = heap.type(node);
  return type === 'object' || type === 'array' || type === 'hidden' || heap.isOfEngine(node);
}
