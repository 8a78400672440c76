import type { HeapGraph, HeapNode } from './heap-graph.ts';
import { resolveFunctions } from './held-resolvers.ts';
import type { InspectorPlaces } from './inspector-places.ts';
import { type Suspended, type SuspendedGraph, withAwaiters } from './suspended-graph.ts';

/** Whom a list belongs to, and what it is called there: a property of an object, or a variable of a scope. */
interface Owner {
  readonly node: HeapNode;
  readonly name: string;
  readonly isScope: boolean;
}

/** One who stands in line behind earlier calls of the same function on the same object, one of which awaits him. */
export interface InLine {
  readonly waiter: Suspended;
  readonly owner: Owner;
  /** The calls that have got past the line, and those of them that await him. */
  readonly before: readonly Suspended[];
  readonly awaiting: readonly Suspended[];
}

const LIST = /^(?:Array|Set|Map)$|queue|list|deque/i;
const PASSAGE = /^(?:Object|Array|Set|Map|)$|queue|list|deque|node|entry|item|task|job/i;
const MAX_SEEN = 200;
const MAX_RETAINERS = 50;
const MAX_SCOPES = 6;
/** What takes one out of a list. */
const TAKES =
  '\\s*(?:\\?|!)?\\.?\\s*(?:\\[|shift|pop|splice|slice|delete|forEach|values|entries|dequeue|poll|take|remove)';

/**
 * Those who stand in line in a limiter or a lock of the program's own, though an earlier call of it awaits them: as far as the
 * heap alone shows.
 */
export function standingInLine(graph: SuspendedGraph, heap: HeapGraph): readonly InLine[] {
  const waiting = new Map<Suspended, Owner>();
  for (const each of graph.functions) {
    if (each.waitsFor.length > 0 || each.promise === null) continue;
    const owner = graph.sourcesOf(each.awaits).flatMap((promise) => ownerOf(promise, heap) ?? [])[0];
    if (owner !== undefined && isOf(each, owner, heap)) waiting.set(each, owner);
  }
  return [...waiting].flatMap(([waiter, owner]) => {
    const all = graph.functions.filter((each) => isOf(each, owner, heap));
    return callsAround(waiter, owner, all).flatMap((call): InLine[] => {
      const stopped = withAwaiters([call], graph.functions);
      const same = all.filter((each) => each !== call && isSameFunction(each, call, heap));
      // Who stands in line as well has not got past it.
      const before = same.filter((each) => ![...waiting.keys()].some((other) => isInLine(each, other, owner, all)));
      const awaiting = before.filter((each) => stopped.has(each));
      return awaiting.length > 0 ? [{ waiter, owner, before, awaiting }] : [];
    });
  });
}

/**
 * Those of them whom the end of such a call would let go on, as its text says: behind where it has stopped it takes the next one
 * out of the list, itself or in a function that it calls. They wait for these calls then.
 * @returns these waiters
 */
export function joinLines(lines: readonly InLine[], heap: HeapGraph, places: InspectorPlaces): ReadonlySet<Suspended> {
  const joined = new Set<Suspended>();
  for (const { waiter, owner, before, awaiting } of lines) {
    const list = escaped(owner.name);
    const takes = new RegExp(`${list}${TAKES}`);
    const letsGo = awaiting.some((each) => {
      const rest = restOf(each, heap, places);
      const called = functionsCalled(rest, each, owner, heap).map((fn) => textOf(fn, heap, places));
      return [rest, ...called].some((text) => takes.test(text));
    });
    if (letsGo) joined.add(Object.assign(waiter, { waitsFor: before, isOpen: false }));
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

function textOf(fn: HeapNode, heap: HeapGraph, places: InspectorPlaces): string {
  const place = heap.placeOf(fn);
  return (place === null ? null : places.textAt(place)) ?? '';
}

/** The functions around it that a text calls, and the methods of the owner. */
function functionsCalled(text: string, { fn }: Suspended, owner: Owner, heap: HeapGraph): readonly HeapNode[] {
  const own = owner.isScope ? [] : prototypesOf(owner.node, heap);
  const isCalled = (name: string, before: string): boolean => new RegExp(`${before}${escaped(name)}\\s*\\(`).test(text);
  const called = (from: readonly HeapNode[], before: string): readonly HeapNode[] =>
    from
      .flatMap((node) => heap.edges(node))
      .filter(({ name, node }) => heap.type(node) === 'closure' && isCalled(name, before))
      .map(({ node }) => node);
  // A private method is a variable of its class.
  return [...called(scopesOf(fn, heap), '(?:^|[^.\\w$#]|this\\.(?=#))'), ...called(own, 'this\\.')];
}

function escaped(name: string): string {
  return name.replaceAll('$', '\\$');
}

function ownerOf(promise: HeapNode, heap: HeapGraph): Owner | null {
  const seen = new Set(resolveFunctions(promise, heap));
  for (const node of seen) {
    if (seen.size > MAX_SEEN) return null;
    const retainers = heap.retainers(node);
    if (retainers.length > MAX_RETAINERS) continue;
    for (const { node: above, type, name } of retainers) {
      if (type === 'weak' || type === 'shortcut') continue;
      const isScope = heap.name(above).endsWith('Context');
      if (
        heap.type(node) === 'object' &&
        LIST.test(heap.name(node)) &&
        (isScope ? type === 'context' : type === 'property')
      ) {
        if (isScope || !LIST.test(heap.name(above))) return { node: above, name, isScope };
      }
      if (isScope && type === 'context') {
        for (const edge of heap.retainers(above))
          if (edge.name === 'context' && heap.type(edge.node) === 'closure') seen.add(edge.node);
      } else if (heap.type(above) === 'array' || (heap.type(above) === 'object' && PASSAGE.test(heap.name(above))))
        seen.add(above);
    }
  }
  return null;
}

/** A method that was called on the owner, or a function that sees the variable. */
function isOf(each: Suspended, { node, isScope }: Owner, heap: HeapGraph): boolean {
  return isScope ? scopesOf(each.fn, heap).includes(node) : heap.follow(each.node, 'receiver') === node;
}

/** The waiter's own call, and those of methods of the same object that await it one after the other. */
function callsAround(waiter: Suspended, { isScope }: Owner, all: readonly Suspended[]): readonly Suspended[] {
  return isScope ? [waiter] : [...withAwaiters([waiter], all)];
}

function isInLine(each: Suspended, waiter: Suspended, owner: Owner, all: readonly Suspended[]): boolean {
  return (
    each === waiter ||
    (!owner.isScope && each.waitsFor.length === 1 && each.waitsFor[0] === waiter && all.includes(each))
  );
}

function isSameFunction(one: Suspended, other: Suspended, heap: HeapGraph): boolean {
  const [a, b] = [heap.placeOf(one.fn), heap.placeOf(other.fn)];
  return a !== null && b !== null && a.scriptId === b.scriptId && a.line === b.line && a.column === b.column;
}

function scopesOf(fn: HeapNode, heap: HeapGraph): readonly HeapNode[] {
  const scopes: HeapNode[] = [];
  for (
    let scope = heap.follow(fn, 'context');
    scope !== null && scopes.length < MAX_SCOPES;
    scope = heap.follow(scope, 'previous')
  ) {
    if (heap.name(scope).includes('NativeContext')) break;
    scopes.push(scope);
  }
  return scopes;
}

function prototypesOf(object: HeapNode, heap: HeapGraph): readonly HeapNode[] {
  const all = [object];
  for (const each of all) {
    const next = heap.follow(each, '__proto__');
    if (next !== null && all.length < 3) all.push(next);
  }
  return all;
}
