import { shortestPath } from '../core/circle-search.ts';
import type { Dependency } from '../core/dependency.ts';
import type { TrackedObject } from '../core/tracked-object.ts';
import { DependencyStore } from './dependency-store.ts';

/**
 * The order in which instances of one class nest in each other. A consistent order (keys always ascending) is no
 * deadlock; an inversion is, and so is the same instance twice. Nodes are pairs of instance and event bit.
 */
export class InstanceOrder {
  readonly #store = new DependencyStore();
  readonly #nodes = new Map<number, number>();
  readonly #maxPairs: number;

  constructor(maxPairs: number) {
    this.#maxPairs = maxPairs;
  }

  get isFull(): boolean {
    return this.#store.graph.edgeCount >= this.#maxPairs;
  }

  /**
   * Notes that `from` cannot be released before `to` is; `describe` is called only for a new pair.
   * @returns the circle of instances that this closes, the new pair first, or null
   */
  add(
    from: TrackedObject,
    fromBit: number,
    to: TrackedObject,
    toBit: number,
    describe: () => Dependency,
  ): readonly Dependency[] | null {
    const { graph } = this.#store;
    const tail = this.#node(from, fromBit);
    const head = this.#node(to, toBit);
    if (graph.hasEdge(tail, head) || this.isFull) return null;
    const result = graph.add(tail, head);
    this.#store.add(graph.edgeOf(tail, head), describe(), null);
    if (result !== 'closes-circle') return null;
    const path = shortestPath(graph, head, tail) ?? [];
    return [graph.edgeOf(tail, head), ...path].map((edge) => this.#store.dependency(edge));
  }

  #node(object: TrackedObject, bit: number): number {
    const key = object.id * 2 + bit;
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    const node = this.#nodes.size;
    this.#nodes.set(key, node);
    return node;
  }
}
