import type { HeapGraph, HeapNode } from './heap-graph.ts';
import { resolveFunctions } from './held-resolvers.ts';
import type { InspectorPlaces } from './inspector-places.ts';
import { carriedBy } from './marked-holds.ts';

/** A timer that will run. */
export interface LiveTimer {
  readonly node: HeapNode;
  /** What it calls, as it was given. */
  readonly callback: HeapNode;
  readonly repeats: boolean;
}

/** Functions in functions that lead from a timer to what it settles. */
const MAX_DEPTH = 4;

/** The timers of a heap that will run. One that repeats may look again and again for what never comes. */
export class LiveTimers {
  readonly all: readonly LiveTimer[];
  /** Those that have not run yet and will run once. */
  readonly once: readonly LiveTimer[];
  readonly #heap: HeapGraph;
  readonly #places: InspectorPlaces;
  readonly #byNode: ReadonlyMap<HeapNode, LiveTimer>;

  constructor(heap: HeapGraph, places: InspectorPlaces) {
    this.#heap = heap;
    this.#places = places;
    const timers = timersOf(heap);
    this.all = timers;
    this.once = timers.filter(({ repeats }) => !repeats);
    this.#byNode = new Map(this.once.map((timer) => [timer.node, timer]));
  }

  /** The functions that those which repeat were given, or that these were bound from. */
  get repeated(): ReadonlySet<HeapNode> {
    const given = this.all.filter(({ repeats }) => repeats).map(({ callback }) => carriedBy(callback, this.#heap));
    return new Set(given.map((fn) => this.#heap.follow(fn, 'bound_function') ?? fn));
  }

  /** Those that run once and settle the promise when they run, by themselves or by a function that names its resolve function. */
  settling(promise: HeapNode): readonly LiveTimer[] {
    const found = new Set<LiveTimer>();
    for (const resolve of resolveFunctions(promise, this.#heap)) this.#above(resolve, found, MAX_DEPTH);
    return [...found];
  }

  #above(node: HeapNode, found: Set<LiveTimer>, depth: number): void {
    if (depth === 0) return;
    for (const edge of this.#heap.retainers(node)) {
      const timer = this.#byNode.get(edge.node);
      if (timer !== undefined && (edge.name === '_onTimeout' || edge.name === '_timerArgs')) found.add(timer);
      // The arguments of a timer.
      else if (edge.type === 'element' || edge.name === 'elements') this.#above(edge.node, found, depth - 1);
      else if (edge.type === 'context') {
        for (const closure of this.#heap.functionsOver(edge.node)) {
          if (this.#names(closure, edge.name)) this.#above(closure, found, depth - 1);
        }
      }
    }
  }

  #names(closure: HeapNode, variable: string): boolean {
    const place = this.#heap.placeOf(closure);
    return place !== null && this.#places.namesAt(place).has(variable);
  }
}

/**
 * True while a timer is set that will run once, whosoever it is, but for dept's own.
 * @param isOver false: those of Node itself do not count, as a server keeps some for its connections
 */
export function hasTimerSet(heap: HeapGraph, places: InspectorPlaces, isOver: boolean): boolean {
  return timersOf(heap).some(({ callback, repeats }) => {
    if (repeats) return false;
    const called = carriedBy(callback, heap);
    const place = heap.placeOf(heap.follow(called, 'bound_function') ?? called);
    const url = place === null ? null : places.urlOf(place);
    if (url?.startsWith('node:') === true) return isOver;
    return !places.isOwn(place);
  });
}

function timersOf(heap: HeapGraph): readonly LiveTimer[] {
  const timers: LiveTimer[] = [];
  for (let node = 0; node < heap.size; node++) {
    const timer = heap.name(node) === 'Timeout' && heap.type(node) === 'object' ? timerAt(node, heap) : null;
    if (timer !== null) timers.push(timer);
  }
  return timers;
}

/** One that repeats has a number where the others have null; one that has run or was cleared is in no list. */
function timerAt(node: HeapNode, heap: HeapGraph): LiveTimer | null {
  const edges = heap.edges(node);
  const typeOf = (name: string): string | undefined => {
    const edge = edges.find((each) => each.name === name);
    return edge === undefined ? undefined : heap.type(edge.node);
  };
  const callback = edges.find(({ name }) => name === '_onTimeout')?.node;
  if (typeOf('_idleNext') !== 'object' || callback === undefined || heap.type(callback) !== 'closure') return null;
  return { node, callback, repeats: ['number', undefined].includes(typeOf('_repeat')) };
}
