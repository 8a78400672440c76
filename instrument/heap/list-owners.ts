import { escaped } from './function-text.ts';
import type { HeapEdge, HeapGraph, HeapNode } from './heap-graph.ts';
import { isPlainObject, resolveFunctions } from './held-resolvers.ts';
import type { InspectorPlaces } from './inspector-places.ts';

/** Whom a list belongs to, and what it is called there: a property of an object, a variable of a scope, or an event of an emitter. */
export interface ListOwner {
  readonly node: HeapNode;
  readonly name: string;
  readonly isScope: boolean;
  /** Null for a list. Else what stands there is one promise with its resolve functions, and these are their names. */
  readonly settlers: readonly string[] | null;
  /** True for the listeners of an event. */
  readonly isEvent: boolean;
}

const LIST = /^(?:Array|Set|Map)$|queue|list|deque/i;
const PASSAGE = /^(?:Object|Array|Set|Map|)$|queue|list|deque|node|entry|item|task|job/i;
const MAX_SEEN = 200;
const MAX_RETAINERS = 50;
const MAX_SCOPES = 6;
/** What takes one out of a list. */
const TAKES =
  '\\s*(?:\\?|!)?\\.?\\s*(?:\\[|shift|pop|splice|slice|delete|forEach|values|entries|dequeue|poll|take|remove)';

/** What puts one into it. */
const ADDS = '\\s*(?:\\?|!)?\\.?\\s*(?:push|unshift|add|set|enqueue|append|insert)\\s*\\(';

/** In one expression, also where it goes on in the next line. */
const RETURNS = '\\breturn\\b(?:[^;\\n]|\\n\\s*[?:&|.])*';

const EMITS = '\\.\\s*emit\\s*\\(\\s*';
/** Of the emitter itself, or `once` of `node:events`. */
const LISTENS =
  '(?:\\.\\s*(?:on|once|addListener|prependListener|prependOnceListener)\\s*\\(|(?<![\\w$])once\\s*\\([^,()]*,)\\s*';

const PUTS = '\\s*(?:\\?\\?)?=(?!=)(?!\\s*(?:null|undefined|void|false)\\b)';

/**
 * What keeps what settles the promise, by the object or the scope it belongs to: a list, or if there is none, the place of that
 * promise alone; null when there is neither.
 */
export function ownerOf(promise: HeapNode, heap: HeapGraph): ListOwner | null {
  const seen = new Set(resolveFunctions(promise, heap));
  const deferred = new Map<HeapNode, string[]>();
  let alone: ListOwner | null = null;
  for (const node of seen) {
    if (seen.size > MAX_SEEN) return null;
    const retainers = heap.retainers(node);
    if (retainers.length > MAX_RETAINERS) continue;
    const settlers = deferred.get(node) ?? null;
    const isList = heap.type(node) === 'object' && LIST.test(heap.name(node));
    for (const { node: above, type, name } of retainers) {
      if (type === 'weak' || type === 'shortcut') continue;
      const isScope = heap.name(above).endsWith('Context');
      if (isScope ? type === 'context' : type === 'property' && heap.type(above) === 'object') {
        const owner = { node: above, name, isScope, isEvent: false };
        if (isList && (isScope || !LIST.test(heap.name(above)))) return { ...owner, settlers: null };
        if (settlers !== null && name !== '__proto__' && name !== 'this') alone ??= { ...owner, settlers };
      }
      if (isScope && type === 'context') {
        for (const fn of heap.functionsOver(above)) seen.add(fn);
      } else if (heap.type(above) === 'array' || (heap.type(above) === 'object' && PASSAGE.test(heap.name(above)))) {
        seen.add(above);
      }
      if (heap.type(node) === 'closure' && isDeferred(above, promise, heap)) {
        deferred.set(above, [...(deferred.get(above) ?? []), name]);
        seen.add(above);
      }
    }
  }
  return alone;
}

/** An object that has a promise beside the function that settles it. */
function isDeferred(object: HeapNode, promise: HeapNode, heap: HeapGraph): boolean {
  if (heap.type(object) !== 'object' || heap.isPromise(object)) return false;
  return heap.edges(object).some(({ type, node }) => type === 'property' && node === promise);
}

/** What takes one out of its list, in the text of a function, or settles the promise that stands there. */
export function takesFrom({ name, settlers, isEvent }: ListOwner): RegExp {
  if (isEvent) return new RegExp(`${EMITS}${quoted(name)}`);
  if (settlers === null) return new RegExp(`${named(name)}${TAKES}`);
  const calls = `(?<![\\w$])(?:${settlers.map(escaped).join('|')})\\s*(?:\\?\\.\\s*)?\\(`;
  return new RegExp(`${named(name)}(?![\\w$])[^]*?${calls}`);
}

/** What takes one out of its list and returns it. */
export function readsFrom(owner: ListOwner): RegExp {
  return owner.settlers === null && !owner.isEvent ? new RegExp(`${RETURNS}${takesFrom(owner).source}`) : /$./;
}

/** What puts one into its list, or a promise there. */
export function addsTo({ name, settlers, isEvent }: ListOwner): RegExp {
  if (isEvent) return new RegExp(`${LISTENS}${quoted(name)}`);
  return new RegExp(`${named(name)}${settlers === null ? ADDS : PUTS}`);
}

/** A function by the name that it is called by. */
export interface NamedFunction {
  readonly name: string;
  readonly node: HeapNode;
}

/** The methods of an object, by name. */
export function methodsOf(object: HeapNode, heap: HeapGraph): readonly NamedFunction[] {
  const methods = prototypesOf(object, heap)
    .flatMap((node) => heap.edges(node))
    .filter(({ type, name, node }) => type === 'property' && name !== 'constructor' && heap.type(node) === 'closure');
  // A private method is a variable of its class, around all the others.
  const scopes = new Set(methods.flatMap(({ node }) => scopesOf(node, heap)));
  const own = [...scopes]
    .flatMap((scope) => heap.edges(scope))
    .filter(({ node }) => heap.type(node) === 'closure' && heap.name(node).startsWith('#'))
    .map(({ node }) => ({ name: heap.name(node), node }));
  return [...methods, ...own];
}

/** The functions around it that a text calls, and the methods of the owner. */
export function functionsCalled(text: string, fn: HeapNode, owner: ListOwner, heap: HeapGraph): readonly HeapNode[] {
  const own = owner.isScope ? [] : prototypesOf(owner.node, heap);
  const isCalled = (name: string, before: string): boolean => new RegExp(`${before}${escaped(name)}\\s*\\(`).test(text);
  const called = (from: readonly HeapNode[], before: string): readonly HeapNode[] =>
    from
      .flatMap((node) => heap.edges(node))
      .filter((edge) => heap.type(edge.node) === 'closure' && isCalled(nameOf(edge, heap), before))
      .map(({ node }) => node);
  return [...called(scopesOf(fn, heap), '(?:^|[^.\\w$#]|this\\.(?=#))'), ...called(own, 'this\\.')];
}

/** V8 does not say what the variables of a class are called: private methods know their names. */
function nameOf({ type, name, node }: HeapEdge, heap: HeapGraph): string {
  return type === 'hidden' ? heap.name(node) : name;
}

/** The references of an object to its properties. */
export function propertiesOf(object: HeapNode, heap: HeapGraph): readonly HeapEdge[] {
  return heap.edges(object).filter(({ type, name }) => type === 'property' && name !== '__proto__');
}

/** The function itself, or those of a plain object. */
export function functionsIn(node: HeapNode, heap: HeapGraph): readonly HeapNode[] {
  if (heap.type(node) === 'closure') return [node];
  if (!isPlainObject(node, heap)) return [];
  return propertiesOf(node, heap)
    .map((edge) => edge.node)
    .filter((part) => heap.type(part) === 'closure');
}

/** Empty for what is no function of a script. */
export function textOf(fn: HeapNode, heap: HeapGraph, places: InspectorPlaces): string {
  const place = heap.placeOf(fn);
  return (place === null ? null : places.textAt(place)) ?? '';
}

/** The scopes that a function sees, its own one first; without those that all share. */
export function scopesOf(fn: HeapNode, heap: HeapGraph): readonly HeapNode[] {
  return scopesAround(heap.follow(fn, 'context'), heap);
}

/** This scope and those around it. */
export function scopesAround(inner: HeapNode | null, heap: HeapGraph): readonly HeapNode[] {
  const scopes: HeapNode[] = [];
  for (let scope = inner; scope !== null && scopes.length < MAX_SCOPES; scope = heap.follow(scope, 'previous')) {
    if (heap.name(scope).includes('NativeContext')) break;
    scopes.push(scope);
  }
  return scopes;
}

/** What the module of a scope exports and imports, which stands in cells. */
export function importsOf(scope: HeapNode, heap: HeapGraph): readonly HeapNode[] {
  const module = heap.follow(scope, 'extension');
  if (module === null || !heap.name(module).includes('SourceTextModule')) return [];
  return heap
    .edges(module)
    .filter(({ type, node }) => type === 'hidden' && heap.type(node) === 'array')
    .flatMap(({ node }) => heap.edges(node))
    .filter(({ node }) => heap.name(node).endsWith(' / Cell'))
    .flatMap(({ node }) => heap.follow(node, 'value') ?? []);
}

function prototypesOf(object: HeapNode, heap: HeapGraph): readonly HeapNode[] {
  const all = [object];
  for (const each of all) {
    const next = heap.follow(each, '__proto__');
    if (next !== null && all.length < 3) all.push(next);
  }
  return all;
}

/** The name itself, not the end of a longer one. */
function named(name: string): string {
  return `(?<![\\w$#])${escaped(name)}`;
}

function quoted(name: string): string {
  return `(['"\`])${name.replaceAll(/[^\w]/g, '\\$&')}\\1`;
}
