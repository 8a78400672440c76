import { escaped } from '../heap/function-text.ts';
import type { HeapGraph, HeapNode } from '../heap/heap-graph.ts';
import { isPlainObject } from '../heap/held-resolvers.ts';
import type { InspectorPlaces } from '../heap/inspector-places.ts';
import {
  addsTo,
  functionsCalled,
  functionsIn,
  importsOf,
  type ListOwner,
  methodsOf,
  type NamedFunction,
  propertiesOf,
  readsFrom,
  scopesOf,
  takesFrom,
  textOf,
} from '../heap/list-owners.ts';
import { hasTimerSet } from '../heap/live-timers.ts';
import type { Suspended } from '../heap/suspended-graph.ts';

/** Functions that are looked at: each for each waiter. */
const MAX_FUNCTIONS = 400;
/** A function that is called without anything. */
const NO_PARAMETERS = /^\s*\(\s*\)/;
/** What stands before the body of a loop. */
const LOOP_HEAD = /\b(?:do|(?:for|while)\b[^;{}]*(?:;[^;{}]*;[^{}]*)?\))\s*$/;

/** What a function that has stopped sees: by name, as far as the heap knows names. */
interface Sight {
  readonly named: ReadonlyMap<string, HeapNode>;
  /** By their place among the parameters: what they are called its text says. */
  readonly parameters: ReadonlyMap<number, HeapNode>;
  readonly nameless: ReadonlySet<HeapNode>;
}

/** How a lock is taken and given back, where these are two functions of one object or of one scope. */
interface Verbs {
  readonly takes: readonly string[];
  readonly givesBack: readonly string[];
  /** What gives back returns what it takes out of the list: it reads a mailbox. */
  readonly reads: readonly string[];
}

/**
 * Who holds a lock that is taken by one function and given back by another one: who has called the first before the place where he has
 * stopped, and calls the second behind it. For a program that has nothing left to run, or has done nothing for long.
 */
export class LaterReleases {
  readonly #heap: HeapGraph;
  readonly #sights = new Map<Suspended, Sight>();
  /** By the owner of a list, and the name of that: an object may have one for readers and one for writers. */
  readonly #verbs = new Map<string, Verbs>();
  readonly #isOver: boolean;
  #hasTimers: boolean | null = null;

  /** @param isOver nothing is left to run */
  constructor(functions: readonly Suspended[], heap: HeapGraph, isOver: boolean) {
    this.#heap = heap;
    this.#isOver = isOver;
    if (functions.length > MAX_FUNCTIONS) return;
    for (const each of functions) this.#sights.set(each, sightOf(each, heap));
  }

  /** Those who see the lock. */
  seeing(owner: ListOwner): readonly Suspended[] {
    return [...this.#sights].flatMap(([each, { named, nameless }]) =>
      [...named.values(), ...nameless].some((seen) => this.#isAbout(seen, owner)) ? [each] : [],
    );
  }

  /** The lock itself, or where it is a scope, functions over that. */
  #isAbout(seen: HeapNode, { node, isScope }: ListOwner): boolean {
    if (!isScope) return seen === node;
    return functionsIn(seen, this.#heap).some((fn) => scopesOf(fn, this.#heap).includes(node));
  }

  /** Whether the text of a function says that it holds the lock. @param split its text before and behind the place where it has stopped */
  holds(each: Suspended, owner: ListOwner, places: InspectorPlaces, split: () => readonly [string, string]): boolean {
    const { takes, givesBack } = this.#verbsOf(owner, places);
    const whole = textOf(each.fn, this.#heap, places);
    const last = this.#lastCalls(each, owner, whole);
    if (last(whole, takes) < 0 || last(whole, givesBack) < 0 || this.#isLeftToTimers(places)) return false;
    const [before, behind] = split();
    return last(before, takes) > last(before, givesBack) && last(behind, givesBack) >= 0;
  }

  /** Whether he reads the list in the loop in which he has stopped: a mailbox that he alone reads, as nobody else has taken it out. */
  readsOn(each: Suspended, owner: ListOwner, places: InspectorPlaces, split: () => readonly [string, string]): boolean {
    const { reads } = this.#verbsOf(owner, places);
    if (reads.length === 0 || this.#isLeftToTimers(places)) return false;
    const last = this.#lastCalls(each, owner, textOf(each.fn, this.#heap, places));
    return last(loopAround(...split()), reads) >= 0;
  }

  /** What a timer gives back that keeps no program alive may be left undone. */
  #isLeftToTimers(places: InspectorPlaces): boolean {
    this.#hasTimers ??= hasTimerSet(this.#heap, places, this.#isOver);
    return this.#hasTimers;
  }

  /** Tells where, in a part of its whole text, a function calls one of these of the lock last; -1 where it calls none. */
  #lastCalls(each: Suspended, owner: ListOwner, whole: string): (text: string, names: readonly string[]) => number {
    const parameters = parametersIn(whole);
    return (text, names) => {
      const places = names.flatMap((name) => {
        const call = new RegExp(`(?:([\\w$#]+)\\s*\\.\\s*)?(?<![\\w$#])${escaped(name)}\\s*\\(`, 'g');
        return [...text.matchAll(call)].filter(([, of]) => this.#isOf(of ?? null, name, owner, each, parameters));
      });
      return Math.max(-1, ...places.map(({ index }) => index));
    };
  }

  /** @param of what stands before the name; null where it is called by its name alone */
  #isOf(of: string | null, name: string, owner: ListOwner, each: Suspended, parameters: readonly string[]): boolean {
    const sight = this.#sights.get(each);
    // A method is called on its object.
    if (sight === undefined || (of === null && !owner.isScope)) return false;
    // A parameter hides what is around the function.
    const seen = sight.parameters.get(parameters.indexOf(of ?? name)) ?? sight.named.get(of ?? name);
    return (seen === undefined ? [...sight.nameless] : [seen]).some((each) => this.#isAbout(each, owner));
  }

  #verbsOf(owner: ListOwner, places: InspectorPlaces): Verbs {
    const list = `${owner.node} ${owner.name}`;
    const known = this.#verbs.get(list);
    if (known !== undefined) return known;
    const heap = this.#heap;
    const [takes, givesBack, reads]: [string[], string[], string[]] = [[], [], []];
    for (const { name, node } of owner.isScope ? this.#functionsOver(owner.node) : methodsOf(owner.node, heap)) {
      const text = textOf(node, heap, places);
      const all = [text, ...functionsCalled(text, node, owner, heap).map((called) => textOf(called, heap, places))];
      const [adds, lets] = [addsTo(owner), takesFrom(owner)].map((test) => all.some((each) => test.test(each)));
      if (adds === true && lets === false) takes.push(name);
      // Who gives something to whoever waits is no holder: he may be idle himself.
      else if (lets === true && adds === false && NO_PARAMETERS.test(text)) {
        givesBack.push(name);
        if (readsFrom(owner).test(text)) reads.push(name);
      }
    }
    const verbs = { takes, givesBack, reads };
    this.#verbs.set(list, verbs);
    return verbs;
  }

  /** The functions over a scope that somebody sees, by the name that he has for them. */
  #functionsOver(scope: HeapNode): readonly NamedFunction[] {
    const heap = this.#heap;
    const found = new Map<HeapNode, string>();
    const add = (node: HeapNode, name: string): void => {
      if (heap.type(node) === 'closure' && scopesOf(node, heap).includes(scope)) found.set(node, name);
    };
    for (const { named, nameless } of this.#sights.values()) {
      for (const [name, node] of named) add(node, name);
      for (const node of nameless) add(node, heap.name(node));
      for (const node of [...named.values(), ...nameless])
        if (heap.type(node) === 'object') for (const edge of propertiesOf(node, heap)) add(edge.node, edge.name);
    }
    return [...found].map(([node, name]) => ({ name, node }));
  }
}

/** Its variables have no names in the heap, those around it do, and so have the properties of what it was called on. */
function sightOf({ node, fn, registers }: Suspended, heap: HeapGraph): Sight {
  const named = new Map<string, HeapNode>();
  const nameless = new Set(heap.edges(registers).map((edge) => edge.node));
  // V8 keeps the parameters first.
  const parameters = new Map(heap.edges(registers).map((edge): [number, HeapNode] => [Number(edge.name), edge.node]));
  const receiver = heap.follow(node, 'receiver');
  if (receiver !== null) {
    named.set('this', receiver);
    for (const edge of propertiesOf(receiver, heap)) named.set(edge.name, edge.node);
  }
  const inner = heap.follow(node, 'context');
  const scopes = [...(inner === null ? [] : [inner]), ...scopesOf(fn, heap)];
  for (const scope of scopes) {
    for (const { type, name, node: seen } of heap.edges(scope))
      if (type === 'context' && name !== 'this' && !named.has(name)) named.set(name, seen);
    for (const seen of importsOf(scope, heap)) nameless.add(seen);
  }
  // As in `locks.disk.acquire()`.
  for (const seen of [...named.values()]) {
    if (!isPlainObject(seen, heap)) continue;
    for (const edge of propertiesOf(seen, heap)) if (!named.has(edge.name)) named.set(edge.name, edge.node);
  }
  return { named, parameters, nameless };
}

/** The text of the innermost loop around the place between these two; empty where there is none. */
function loopAround(before: string, behind: string): string {
  for (let depth = 0, at = before.length - 1; at >= 0; at--) {
    if (before[at] === '}') depth++;
    if (before[at] !== '{') continue;
    if (depth > 0) depth--;
    else if (LOOP_HEAD.test(before.slice(0, at))) return before.slice(at) + untilClosed(behind);
  }
  return '';
}

function untilClosed(text: string): string {
  let depth = 1;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '{') depth++;
    else if (text[at] === '}' && --depth === 0) return text.slice(0, at);
  }
  return text;
}

/** What a function calls its parameters; empty where that is not a plain name. */
function parametersIn(text: string): readonly string[] {
  const list = /^\s*\(([^()]*)\)/.exec(text)?.[1] ?? '';
  return list.split(',').map((each) => /^\s*([\w$]+)\s*(?:=.*)?$/s.exec(each)?.[1] ?? '');
}
