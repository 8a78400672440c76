import type { HeapGraph, HeapNode } from '../heap/heap-graph.ts';
import type { InspectorPlaces } from '../heap/inspector-places.ts';
import { importsOf, scopesOf } from '../heap/list-owners.ts';
import { firstCallOf, type ProgramFunctions } from '../heap/program-functions.ts';
import { partsOf, variablesOf } from '../heap/reached-objects.ts';
import { splitText } from '../heap/stopped-text.ts';
import type { Going } from '../suspicion.ts';
import type { HolderLook } from './holder-look.ts';

/** To read a limit is no change of it. */
const RAISES =
  /\.\s*concurrency\s*(?:\+\+|[+*]?=(?![=>]))|\+\+[\w$.]+\.concurrency\b|\.\s*(?:updateSettings|setConcurrency|setValue)\s*\(/;

/** Objects looked at for one function, the nearest first. */
const MAX_OBJECTS = 4_000;

/** The functions of a program that change how many tasks of a queue may run, or how many permits there are. */
export class LimitRaisers {
  readonly #heap: HeapGraph;
  readonly #places: InspectorPlaces;
  readonly #names: ReadonlySet<string>;
  readonly #raising: readonly HeapNode[];
  readonly #reached = new Map<HeapNode, ReadonlySet<HeapNode>>();

  constructor(functions: ProgramFunctions, heap: HeapGraph, places: InspectorPlaces) {
    this.#heap = heap;
    this.#places = places;
    this.#names = functions.namesOf((own, names) => raises(own, names));
    this.#raising = functions.all.filter((fn) => raises(functions.ownTextOf(fn), this.#names));
  }

  /** Those that can get hold of one of these, whoever calls them. */
  of(limited: readonly HeapNode[]): readonly HeapNode[] {
    return this.#raising.filter((fn) => this.#leadsTo(fn, limited));
  }

  /** Whether one of them runs: of who is called for a request, or again and again by a timer, nobody knows when he does so, if ever. */
  raise(limited: readonly HeapNode[], look: HolderLook): Going | null {
    const { goingOn, graph, servers, stuck, timers } = look;
    const resumed = graph.functions.some((each) => {
      if (stuck.has(each.node) || !raises(splitText(each, this.#heap, this.#places)[1], this.#names)) return false;
      return goingOn.settles(each.awaits) && this.#leadsTo(each.node, limited);
    });
    if (resumed) return 'certainly';
    const called = this.of(limited);
    if (called.some((fn) => goingOn.callersOf(fn, new Set(servers)) !== null)) return 'certainly';
    const { repeated } = timers;
    return called.some((fn) => repeated.has(fn) || goingOn.callersOf(fn) !== null) ? 'seemingly' : null;
  }

  #leadsTo(from: HeapNode, limited: readonly HeapNode[]): boolean {
    let reached = this.#reached.get(from);
    if (reached === undefined) {
      reached = this.#reachedFrom(from);
      this.#reached.set(from, reached);
    }
    return limited.some((node) => reached.has(node));
  }

  /** Through objects, and through what the functions name that it names itself: the worker of one queue may know another one. */
  #reachedFrom(from: HeapNode): ReadonlySet<HeapNode> {
    const near = this.#variablesOf(from);
    const further = near.filter((node) => this.#isFunction(node)).flatMap((fn) => this.#variablesOf(fn));
    const seen = new Set([...near, ...further, ...this.#importsOf(from)]);
    for (const node of seen) {
      if (this.#isFunction(node)) continue;
      if (seen.size > MAX_OBJECTS) break;
      for (const part of partsOf(node, this.#heap, this.#places) ?? []) seen.add(part);
    }
    return seen;
  }

  #variablesOf(node: HeapNode): readonly HeapNode[] {
    const variables = this.#isFunction(node) ? variablesOf : partsOf;
    return variables(node, this.#heap, this.#places) ?? [];
  }

  /** All of the module: the heap does not say which names they have. */
  #importsOf(node: HeapNode): readonly HeapNode[] {
    const fn = this.#isFunction(node) ? node : this.#heap.follow(node, 'function');
    const cells = fn === null ? [] : scopesOf(fn, this.#heap).flatMap((scope) => importsOf(scope, this.#heap));
    return cells.flatMap((cell) => [cell, ...this.#heap.edges(cell).map((edge) => edge.node)]);
  }

  #isFunction(node: HeapNode): boolean {
    return this.#heap.type(node) === 'closure';
  }
}

function raises(text: string, names: ReadonlySet<string>): boolean {
  return RAISES.test(text) || firstCallOf(names, text) >= 0;
}
