import type { EdgeTable } from './edge-table.ts';
import type { TopologicalOrder } from './topological-order.ts';

const NO_NODE = -1;

/**
 * The edges that the topological order had to refuse, because they close circles.
 *
 * A path through one of them comes to its tail along the order, so from nodes that stand after the last of all tails
 * none of them can be reached; and a path goes on from its head along the order, so none leads to nodes that stand
 * before the first of all heads. These two bounds spare most searches. They are found again, in O(edges set aside),
 * when the order has changed.
 */
export class SetAside {
  readonly #table: EdgeTable;
  readonly #order: TopologicalOrder;
  readonly #edges: Set<number> = new Set();
  #boundsVersion: number = NO_NODE;
  #lastTail: number = NO_NODE;
  #firstHead: number = NO_NODE;
  #someMayFit = false;

  constructor(table: EdgeTable, order: TopologicalOrder) {
    this.#table = table;
    this.#order = order;
  }

  get size(): number {
    return this.#edges.size;
  }

  has(edge: number): boolean {
    return this.#edges.has(edge);
  }

  add(edge: number): void {
    this.#edges.add(edge);
    this.#boundsVersion = -1;
  }

  delete(edge: number): boolean {
    this.#boundsVersion = -1;
    return this.#edges.delete(edge);
  }

  /** To be called when an arc has left the order: an edge that closed a circle with it may now fit in. */
  arcDeleted(): void {
    this.#someMayFit = this.#edges.size > 0;
  }

  /** Gives the edges that fit into the order by now back to it. Free unless arcs have been deleted since the last call. */
  restore(): void {
    if (!this.#someMayFit) {
      return;
    }
    this.#someMayFit = false;
    this.#boundsVersion = -1;
    for (const edge of this.#edges) {
      if (this.#order.insert(this.#table.from(edge), this.#table.to(edge))) {
        this.#edges.delete(edge);
      }
    }
  }

  /** False if it is certain that `node` does not lead to the tail of an edge set aside. */
  mayBeReachedFrom(node: number): boolean {
    if (this.#edges.size === 0) {
      return false;
    }
    this.#updateBounds();
    return !this.#order.isBefore(this.#lastTail, node);
  }

  /** False if it is certain that no head of an edge set aside leads to `node`. */
  mayReach(node: number): boolean {
    if (this.#edges.size === 0) {
      return false;
    }
    this.#updateBounds();
    return !this.#order.isBefore(node, this.#firstHead);
  }

  #updateBounds(): void {
    const order = this.#order;
    if (this.#boundsVersion === order.version) {
      return;
    }
    this.#boundsVersion = order.version;
    this.#lastTail = NO_NODE;
    this.#firstHead = NO_NODE;
    for (const edge of this.#edges) {
      const tail = this.#table.from(edge);
      const head = this.#table.to(edge);
      if (this.#lastTail === NO_NODE || order.isBefore(this.#lastTail, tail)) {
        this.#lastTail = tail;
      }
      if (this.#firstHead === NO_NODE || order.isBefore(head, this.#firstHead)) {
        this.#firstHead = head;
      }
    }
  }
}
