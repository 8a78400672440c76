import type { AliveHandles } from '../heap/alive-handles.ts';
import type { HeapEdge, HeapGraph, HeapNode } from '../heap/heap-graph.ts';
import type { InspectorPlaces } from '../heap/inspector-places.ts';
import type { NamedFunction } from '../heap/list-owners.ts';
import {
  isCalled,
  isGranted,
  isHistory,
  isHold,
  isInstanceNote,
  isLent,
  isMade,
  isNote,
  isOfWait,
  isRecord,
  isSymbol,
  isWait,
  isWeaklyKnown,
  OBJECT,
} from '../heap/own-references.ts';

/** Objects looked at for one hold: where there are more nothing is known. */
const MAX_SEEN = 2_000;
/** What so many refer to belongs to everybody. */
const MAX_RETAINERS = 200;

/** The `close` of an answer comes when it is given, or its reader gives up. */
const OWED = /ServerResponse$/;
/** Scopes are gone through by the names of their variables; what the engine notes of code leads nowhere. */
const NO_WHOLE = /^(?:system \/ .*(?:Context|FeedbackVector|CallSiteInfo|Script|Module)|Module|Generator)$/;
/** Where V8 keeps properties. */
const STORE = /^(?:system \/ PropertyArray|\(object properties\))$/;
/** Names of methods that give back, as alternatives of a pattern. */
export const GIVING_BACK = 'release|unlock|leave';
const METHOD = new RegExp(`^(?:${GIVING_BACK})$`);

/** Which of what is alive outside can still end a hold: a listener of a process, a socket or a request names what gives it back. */
export class ReleasePaths {
  readonly #heap: HeapGraph;
  readonly #places: InspectorPlaces;
  readonly #alive: AliveHandles;
  /** What no way leads through. */
  readonly closed: ReadonlySet<HeapNode>;

  /** No way leads through the waits that are stuck, nor through the promises and functions that are so with them. */
  constructor(
    heap: HeapGraph,
    places: InspectorPlaces,
    alive: AliveHandles,
    waits: readonly HeapNode[],
    stuck: readonly HeapNode[],
  ) {
    this.#heap = heap;
    this.#places = places;
    this.#alive = alive;
    this.closed = new Set([...stuck, ...waits.flatMap((wait) => this.#asking(wait))]);
  }

  /**
   * True when something alive leads to a function of the program, or of dept, that gives back what is held.
   * @param past through these no way leads
   */
  leadToEndOf(held: HeapNode, past: readonly HeapNode[]): boolean {
    const { functions, objects } = this.#releasers(held);
    const naming = [...functions, ...objects].flatMap((node) => this.#programNaming(node));
    // A pool has all that it lends, and their methods.
    return this.leadTo(
      [...functions, ...naming],
      new Set([...this.closed, ...objects, ...this.librariesOf(held), ...past]),
    );
  }

  /** What has a function that gives it back, and will call that: a list of listeners, or what `finally` makes of it. */
  handedTo(held: HeapNode): readonly HeapNode[] {
    const { functions, objects } = this.#releasers(held);
    const given = new Set([...functions, ...objects]);
    const others = functions.flatMap((fn) => this.#heap.retainers(fn)).filter(({ node }) => !given.has(node));
    // Each property is a reference of the object itself, too.
    const isObject = (node: HeapNode): boolean => !STORE.test(this.#heap.name(node)) && !leadsNowhere(node, this.#heap);
    const wholes = others.filter((edge) => isPart(edge, this.#heap) && isObject(edge.node));
    const builtIn = others.flatMap(({ node }) => this.#heap.functionsOver(node));
    return [...wholes.map(({ node }) => node), ...builtIn.filter((fn) => this.#heap.placeOf(fn) === null)];
  }

  /** Functions of the program that have in a variable what was given to give it back, and what they call that. */
  namersOf(held: HeapNode): readonly NamedFunction[] {
    const { functions, objects } = this.#releasers(held);
    const variables = [...functions, ...objects].flatMap((given) => this.#variablesOf(given));
    return variables.flatMap(({ name, node: scope }) =>
      this.#closuresIn(scope)
        .filter((closure) => this.#isOfProgram(closure) && this.#names(closure, name))
        .map((node) => ({ name, node })),
    );
  }

  /** What whoever has taken it was given to give it back. */
  givenFor(held: HeapNode): ReadonlySet<HeapNode> {
    const { functions, objects } = this.#releasers(held);
    return new Set([...functions, ...objects]);
  }

  /** It lasts until this process has answered a request. */
  isAnswered(held: HeapNode): boolean {
    return [...this.givenFor(held)].some((node) => OWED.test(this.#heap.name(node)));
  }

  /** What the program calls, or calls a method of, to give back what is held. */
  endsOf(held: HeapNode): readonly HeapNode[] {
    const { functions, objects } = this.#releasers(held);
    const object = this.#heap.follow(held, OBJECT);
    return [...functions, ...objects, ...(object === null ? [] : this.#instancesOf(object))];
  }

  /** What has a method that gives back what is held, and what only dept's symbol tells that it has. */
  lendersOf(held: HeapNode): ReadonlySet<HeapNode> {
    const object = this.#heap.follow(held, OBJECT);
    const noted = object === null ? [] : this.#heap.retainers(object).filter(({ name }) => isSymbol(name));
    return new Set([...this.endsOf(held), ...noted.map(({ node }) => node)]);
  }

  /**
   * The lock, the pool or the queue in the package that made it, as far as dept knows it. It has all that is queued, and whoever can use it
   * leads to that through it, which tells nothing. What it has lent is no part of it.
   */
  librariesOf(held: HeapNode): ReadonlySet<HeapNode> {
    const object = this.#heap.follow(held, OBJECT);
    const keyed = object === null ? [] : this.#heap.retainers(object).filter(({ name }) => isWeaklyKnown(name));
    const given = this.givenFor(held);
    const known = [...this.lendersOf(held), ...keyed.map(({ node }) => node)];
    return new Set(known.filter((node) => !given.has(node) && this.#heap.type(node) === 'object'));
  }

  /** The queue, the pool or the limiter whose limit says how many may have what is held: as dept knows it, or has made methods for it. */
  limitedOf(held: HeapNode): readonly HeapNode[] {
    const object = this.#heap.follow(held, OBJECT);
    if (object === null) return [];
    const retainers = this.#heap.retainers(object);
    const records = retainers.filter(({ name }) => name === OBJECT || isMade(name)).map(({ node }) => node);
    const known = [object, ...records].flatMap((node) => this.#heap.retainers(node));
    const noted = known.filter(({ name }) => isWeaklyKnown(name) || isInstanceNote(name) || isSymbol(name));
    const functions = [...this.#ownFunctionsOver(retainers.filter(({ name }) => isMade(name)).map(({ node }) => node))];
    const owners = functions.flatMap((fn) => this.#heap.retainers(fn)).filter(({ type }) => type === 'property');
    const all = [...noted.map(({ node }) => node), ...functions, ...owners.map(({ node }) => node)];
    return all.filter((node) => ['closure', 'object'].includes(this.#heap.type(node)));
  }

  /** True when something alive leads to one of these functions, not through what is closed. */
  leadTo(functions: readonly HeapNode[], closed: ReadonlySet<HeapNode> = this.closed): boolean {
    const seen = new Set(functions.filter((node) => !closed.has(node)));
    for (const node of seen) {
      if (seen.size > MAX_SEEN) return false;
      if (this.#alive.has(node)) return true;
      for (const next of this.above(node)) if (!closed.has(next)) seen.add(next);
    }
    return false;
  }

  /** dept's functions that end the hold when the program calls them, and what it gives back or calls such a method of. */
  #releasers(held: HeapNode): { readonly functions: readonly HeapNode[]; readonly objects: readonly HeapNode[] } {
    const heap = this.#heap;
    const owners = heap.retainers(held).filter(({ name, type }) => isHold(name) && type !== 'context');
    const functions = this.#ownFunctionsOver([held, ...owners.map(({ node }) => node)]);
    const methods = this.#withMethods([...functions]);
    const lent = owners.flatMap(({ node }) => heap.edges(node).filter(({ name }) => isLent(name)));
    for (const { node } of lent) {
      const release = heap.edges(node).find(({ name }) => name === 'release')?.node;
      if (release !== undefined && heap.type(release) === 'closure') functions.add(release);
    }
    const guards = heap.retainers(held).filter(({ name, type }) => isGranted(name) && type === 'property');
    const given = [...lent, ...guards].map(({ node }) => node);
    const objects = [...methods, ...given].filter((node) => heap.type(node) === 'object');
    return { functions: [...functions], objects: [...new Set(objects)] };
  }

  /** What has one of these functions as its method to give back. */
  #withMethods(functions: readonly HeapNode[]): readonly HeapNode[] {
    return functions
      .flatMap((each) => this.#heap.retainers(each))
      .filter(({ type, name }) => type === 'property' && METHOD.test(name))
      .map(({ node }) => node);
  }

  /**
   * The objects of packages that dept knows as this one, by its note on them or by what that note knows; and those that a
   * factory has made, by the methods that dept gave them.
   */
  #instancesOf(object: HeapNode): readonly HeapNode[] {
    const known = this.#heap.retainers(object).filter(({ name }) => name === OBJECT);
    const noted = [object, ...known.map(({ node }) => node)]
      .flatMap((node) => this.#heap.retainers(node))
      .filter(({ name }) => isInstanceNote(name))
      .map(({ node }) => node);
    const made = this.#heap.retainers(object).filter(({ name }) => isMade(name));
    return [...noted, ...this.#withMethods([...this.#ownFunctionsOver(made.map(({ node }) => node))])];
  }

  /** dept's functions over one of these, and those over such a function in turn. */
  #ownFunctionsOver(nodes: readonly HeapNode[]): Set<HeapNode> {
    const functions = new Set(nodes.flatMap((node) => this.#ownClosuresOver(node)));
    for (const each of functions) for (const outer of this.#ownClosuresOver(each)) functions.add(outer);
    return functions;
  }

  #ownClosuresOver(node: HeapNode): readonly HeapNode[] {
    return this.#heap
      .retainers(node)
      .filter(({ type, name }) => type === 'context' && !isHistory(name))
      .flatMap((edge) => this.#closuresIn(edge.node))
      .filter((closure) => this.#isOwn(closure));
  }

  /** Functions of the program, not of a package, that have it in a variable they name. */
  #programNaming(node: HeapNode): readonly HeapNode[] {
    return this.#naming(node).filter((closure) => this.#isOfProgram(closure));
  }

  #isOfProgram(closure: HeapNode): boolean {
    return !this.#isOwn(closure) && !this.#places.isInstalled(this.#heap.placeOf(closure));
  }

  #naming(node: HeapNode): readonly HeapNode[] {
    return this.#variablesOf(node).flatMap((edge) =>
      this.#closuresIn(edge.node).filter((closure) => this.#names(closure, edge.name)),
    );
  }

  #variablesOf(node: HeapNode): readonly HeapEdge[] {
    const retainers = this.#heap.retainers(node);
    return retainers.length > MAX_RETAINERS ? [] : retainers.filter(({ type }) => type === 'context');
  }

  /** The functions that were made in this scope, or in one inside of it. */
  #closuresIn(scope: HeapNode): readonly HeapNode[] {
    const closures: HeapNode[] = [];
    const scopes = new Set([scope]);
    for (const each of scopes) {
      for (const { node, name } of this.#heap.retainers(each)) {
        if (name === 'previous') scopes.add(node);
        else if (name === 'context' && this.#heap.type(node) === 'closure') closures.push(node);
      }
      if (closures.length + scopes.size > MAX_RETAINERS) break;
    }
    return closures;
  }

  /** What leads here: functions that name it, and objects that it is a part of. */
  above(node: HeapNode): readonly HeapNode[] {
    const retainers = this.#heap.retainers(node);
    if (retainers.length > MAX_RETAINERS || this.#isOwed(node, retainers) || this.#isTimed(node)) return [];
    const parents = retainers.filter((edge) => isPart(edge, this.#heap)).map((edge) => edge.node);
    return [...this.#naming(node), ...parents.filter((parent) => !leadsNowhere(parent, this.#heap))];
  }

  /** Timers, and what is called at once, stand in lists of Node: all of it leads to each of them. */
  #isTimed(node: HeapNode): boolean {
    return this.#heap.type(node) === 'object' && this.#heap.follow(node, '_idleNext') !== null;
  }

  /** A request that this process answers is over when its answer is. */
  #isOwed(node: HeapNode, retainers: readonly HeapEdge[]): boolean {
    const name = this.#heap.name(node);
    if (OWED.test(name) || this.#alive.isStuck(node)) return true;
    return (
      /Request$|^IncomingMessage$/.test(name) &&
      retainers.some((edge) => edge.name === 'req' && OWED.test(this.#heap.name(edge.node)))
    );
  }

  /** The functions of dept in which somebody asks in a callback for what he waits for, and his place in the queue. */
  #asking(wait: HeapNode): readonly HeapNode[] {
    const retainers = this.#heap.retainers(wait).filter(({ type }) => type === 'property');
    const claims = retainers.filter(({ name }) => isWait(name)).map(({ node }) => node);
    const entries = retainers.filter(({ name }) => isSymbol(name)).map(({ node }) => node);
    // A request that waits for a connection.
    const keyed = claims.flatMap((claim) => this.#heap.retainers(claim).filter(({ name }) => isWeaklyKnown(name)));
    const requests = keyed.map(({ node }) => node).filter((node) => this.#heap.type(node) === 'object');
    return [...entries, ...requests, ...[wait, ...claims].flatMap((node) => this.#ownClosuresOver(node))];
  }

  #names(closure: HeapNode, variable: string): boolean {
    const place = this.#heap.placeOf(closure);
    if (place === null) return false;
    // dept's own text need not be read: what it carries has few names.
    return this.#isOwn(closure) ? isCalled(variable) : this.#places.namesAt(place).has(variable);
  }

  #isOwn(closure: HeapNode): boolean {
    return this.#places.isOwn(this.#heap.placeOf(closure));
  }
}

/** A reference from a whole to its part. What dept notes on promises is none. */
function isPart({ type, name, node }: HeapEdge, heap: HeapGraph): boolean {
  if (type === 'weak' || type === 'shortcut' || type === 'context') return false;
  if (isNote(name, heap.isPromise(node))) return false;
  return name !== '__proto__' && name !== 'prototype' && name !== 'constructor' && name !== 'map';
}

/** True for what is no whole of its parts. */
function leadsNowhere(node: HeapNode, heap: HeapGraph): boolean {
  const className = heap.name(node);
  return heap.type(node) === 'synthetic' || NO_WHOLE.test(className) || isRecord(className) || isOfWait(className);
}
