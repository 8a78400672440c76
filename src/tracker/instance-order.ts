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
   * Notes that `from` cannot be released before `to` is; `describe` is called only for what is new.
   * @returns the circles of instances that this closes, the new pair first: the shortest, and the shortest without a
   * timeout where that is another one
   */
  add(
    from: TrackedObject,
    fromBit: number,
    to: TrackedObject,
    toBit: number,
    timed: boolean,
    describe: () => Dependency,
  ): readonly (readonly Dependency[])[] {
    const { graph } = this.#store;
    const tail = this.#node(from, fromBit);
    const head = this.#node(to, toBit);
    const known = graph.edgeOf(tail, head);
    if (known >= 0) {
      if (timed || !this.#store.dependency(known).timed) return [];
      this.#store.replace(known, describe());
      return this.#circles(known, (edge) => !this.#store.dependency(edge).timed);
    }
    if (this.isFull) return [];
    const result = graph.add(tail, head);
    const edge = graph.edgeOf(tail, head);
    this.#store.add(edge, describe(), null);
    if (result !== 'closes-circle') return [];
    const shortest = this.#circles(edge, () => true);
    if (timed || shortest.every((circle) => circle.every((dependency) => !dependency.timed))) return shortest;
    return [...shortest, ...this.#circles(edge, (other) => !this.#store.dependency(other).timed)];
  }

  /** The shortest circle through an edge, over edges that are accepted; empty when there is none. */
  #circles(edge: number, accept: (edge: number) => boolean): readonly (readonly Dependency[])[] {
    const { graph } = this.#store;
    const path = shortestPath(graph, graph.to(edge), graph.from(edge), accept);
    return path === null ? [] : [[edge, ...path].map((other) => this.#store.dependency(other))];
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
