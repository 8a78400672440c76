import { unlockersOf } from './given-unlocks.ts';
import type { HeapGraph, HeapNode } from './heap-graph.ts';
import type { InspectorPlaces } from './inspector-places.ts';
import { functionsCalled, type ListOwner, ownerOf, scopesOf, takesFrom, textOf } from './list-owners.ts';
import { type Suspended, type SuspendedGraph, withAwaiters } from './suspended-graph.ts';

/** Somebody who has got past the line, and is to let the next one go on. */
interface Passed {
  readonly call: Suspended;
  /** The function that he was given to do it with; null for a call of the function that the next one stands in: it does it itself. */
  readonly unlock: HeapNode | null;
}

/** One who stands in line in a limiter or a lock behind those who seem to wait for him. */
export interface InLine {
  readonly waiter: Suspended;
  readonly owner: ListOwner;
  /** Those who have got past the line, and those of them that wait for him. */
  readonly before: readonly Passed[];
  readonly awaiting: readonly Passed[];
}

/**
 * Those who stand in line in a limiter or a lock of the program's own, though somebody who has got past it waits for them: as far as the
 * heap alone shows.
 * @param isOver nothing is left to run: who has a function that unlocks does not use it any more
 */
export function standingInLine(graph: SuspendedGraph, heap: HeapGraph, isOver: boolean): readonly InLine[] {
  const waiting = new Map<Suspended, { readonly owner: ListOwner; readonly promise: HeapNode }>();
  for (const each of graph.functions) {
    if (each.waitsFor.length > 0) continue;
    for (const promise of graph.sourcesOf(each.awaits)) {
      const owner = waiting.has(each) ? null : ownerOf(promise, heap);
      if (owner !== null) waiting.set(each, { owner, promise });
    }
  }
  const lines = [...waiting].flatMap(([waiter, { owner, promise }]) => {
    const own =
      waiter.promise !== null && isOf(waiter, owner, heap) ? callsBefore(waiter, owner, waiting, graph, heap) : [];
    if (own.length > 0) return own.map((before) => ({ waiter, owner, before }));
    const unlockers = isOver ? unlockersOf(waiter, promise, owner, graph, heap) : [];
    const before = unlockers.map(({ holder, unlock }): Passed => ({ call: holder, unlock }));
    return before.length > 0 ? [{ waiter, owner, before }] : [];
  });
  const mayWaitFor = new Map(graph.functions.map((each) => [each, new Set(each.waitsFor)]));
  for (const { waiter, before } of lines) for (const { call } of before) mayWaitFor.get(waiter)?.add(call);
  return lines.flatMap(({ waiter, owner, before }): InLine[] => {
    const stopped = awaitersOf(waiter, mayWaitFor);
    const awaiting = before.filter(({ call }) => stopped.has(call));
    return awaiting.length > 0 ? [{ waiter, owner, before, awaiting }] : [];
  });
}

/** The earlier calls of the function that the waiter stands in, and of those that await it in methods of the same object. */
function callsBefore(
  waiter: Suspended,
  owner: ListOwner,
  waiting: ReadonlyMap<Suspended, unknown>,
  graph: SuspendedGraph,
  heap: HeapGraph,
): readonly (readonly Passed[])[] {
  const all = graph.functions.filter((each) => isOf(each, owner, heap));
  return callsAround(waiter, owner, all).flatMap((call) => {
    const same = all.filter((each) => each !== call && isSameFunction(each, call, heap));
    // Who stands in line as well has not got past it.
    const before = same.filter((each) => ![...waiting.keys()].some((other) => isInLine(each, other, owner, all)));
    return before.length > 0 ? [before.map((each): Passed => ({ call: each, unlock: null }))] : [];
  });
}

function awaitersOf(
  waiter: Suspended,
  mayWaitFor: ReadonlyMap<Suspended, ReadonlySet<Suspended>>,
): ReadonlySet<Suspended> {
  const stopped = new Set([waiter]);
  for (const each of stopped) for (const [other, awaited] of mayWaitFor) if (awaited.has(each)) stopped.add(other);
  return stopped;
}

/**
 * Those of them whom the end of such a call, or the function that was given, would let go on, as its text says: it takes the next one
 * out of the list, itself or in a function that it calls. They wait for these calls then.
 * @returns these waiters
 */
export function joinLines(lines: readonly InLine[], heap: HeapGraph, places: InspectorPlaces): ReadonlySet<Suspended> {
  const joined = new Set<Suspended>();
  for (const { waiter, owner, before, awaiting } of lines) {
    const takes = takesFrom(owner);
    const letsGo = awaiting.some(({ call, unlock }) => {
      const text = unlock === null ? restOf(call, heap, places) : textOf(unlock, heap, places);
      const called = functionsCalled(text, unlock ?? call.fn, owner, heap).map((fn) => textOf(fn, heap, places));
      return [text, ...called].some((each) => takes.test(each));
    });
    if (letsGo) joined.add(Object.assign(waiter, { waitsFor: before.map(({ call }) => call), isOpen: false }));
  }
  return joined;
}

/** The text of a function behind the place at which it has stopped. */
function restOf({ node, fn }: Suspended, heap: HeapGraph, places: InspectorPlaces): string {
  const begin = heap.placeOf(fn);
  const at = begin === null ? null : places.find(heap.id(node));
  if (begin === null || at === null) return '';
  const lines = textOf(fn, heap, places)
    .split('\n')
    .slice(at.line - 1 - begin.line);
  const column = at.line - 1 === begin.line ? at.column - 1 - begin.column : at.column - 1;
  return [(lines[0] ?? '').slice(Math.max(column, 0)), ...lines.slice(1)].join('\n');
}

/** A method that was called on the owner, or a function that sees the variable. */
function isOf(each: Suspended, { node, isScope }: ListOwner, heap: HeapGraph): boolean {
  return isScope ? scopesOf(each.fn, heap).includes(node) : heap.follow(each.node, 'receiver') === node;
}

/** The waiter's own call, and those of methods of the same object that await it one after the other. */
function callsAround(waiter: Suspended, { isScope }: ListOwner, all: readonly Suspended[]): readonly Suspended[] {
  return isScope ? [waiter] : [...withAwaiters([waiter], all)];
}

function isInLine(each: Suspended, waiter: Suspended, owner: ListOwner, all: readonly Suspended[]): boolean {
  return (
    each === waiter ||
    (!owner.isScope && each.waitsFor.length === 1 && each.waitsFor[0] === waiter && all.includes(each))
  );
}

function isSameFunction(one: Suspended, other: Suspended, heap: HeapGraph): boolean {
  const [a, b] = [heap.placeOf(one.fn), heap.placeOf(other.fn)];
  return a !== null && b !== null && a.scriptId === b.scriptId && a.line === b.line && a.column === b.column;
}
