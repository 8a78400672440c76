import type { EdgeLists } from './edge-lists.ts';
import type { EdgeTable } from './edge-table.ts';
import { Tangles } from './tangles.ts';
import type { TopologicalOrder } from './topological-order.ts';

const MANY_PENDING = 8;

/**
 * The edges that the topological order had to refuse, because they close circles.
 *
 * Where a path passes such an edge, the order says nothing: the tangles of circles tell which nodes are connected so.
 * An edge enters its tangle not at once but when the order accepts the next edge, so that refusing one costs no more
 * than a search.
 */
export class SetAside {
  readonly #table: EdgeTable;
  readonly #lists: EdgeLists;
  readonly #order: TopologicalOrder;
  readonly #tangles: Tangles;
  readonly #edges: Set<number> = new Set();
  /** Edges set aside that are in no tangle yet. */
  #pending: number[] = [];
  /** With so many tangles it pays to count them anew: new edges may have joined them. */
  #recountAt = 0;
  #someMayFit = false;
  #deletions = 0;

  constructor(table: EdgeTable, lists: EdgeLists, order: TopologicalOrder) {
    this.#table = table;
    this.#lists = lists;
    this.#order = order;
    this.#tangles = new Tangles(table, lists);
  }

  get size(): number {
    return this.#edges.size;
  }

  get bytes(): number {
    return this.#tangles.bytes;
  }

  /** Whether no edge is set aside: then the order alone decides. */
  get isEmpty(): boolean {
    return this.#edges.size === 0;
  }

  has(edge: number): boolean {
    return this.#edges.has(edge);
  }

  /** True only if it is certain that a path through edges set aside leads from `node` to `target`. */
  connect(node: number, target: number): boolean {
    return this.#edges.size > 0 && this.#upToDate().connect(node, target);
  }

  /** False only if it is certain that no path through edges set aside leads from `node` to `target`. */
  mayConnect(node: number, target: number): boolean {
    return this.#edges.size > 0 && this.#upToDate().mayConnect(node, target);
  }

  /** False only if it is certain that `node` leads to no edge set aside. */
  mayBeReachedFrom(node: number): boolean {
    if (this.#edges.size === 0) {
      return false;
    }
    for (let i = 0; i < this.#pending.length; i++) {
      if (!this.#order.isBefore(this.#table.from(this.#pending[i]!), node)) {
        return true;
      }
    }
    return this.#tangles.mayBeReachedFrom(node);
  }

  /** Sets a new edge of the graph aside. */
  add(edge: number): void {
    this.#edges.add(edge);
    this.#pending.push(edge);
    if (this.#pending.length > MANY_PENDING) {
      this.#upToDate();
    }
  }

  /** To be called for a new edge of the graph that the order has accepted. */
  edgeAdded(from: number, to: number): void {
    if (this.#edges.size > 0) {
      this.#upToDate().addEdge(from, to);
    }
  }

  /** To be called for each edge that the graph has lost. True if it had been set aside. */
  edgeDeleted(edge: number): boolean {
    const wasAside = this.#edges.delete(edge);
    if (wasAside) {
      this.#pending = this.#pending.filter((other) => other !== edge);
    }
    if (this.#edges.size > 0) {
      this.#deletions++;
      this.#tangles.doubt();
      // Without an arc of the order an edge that closed a circle with it may fit in.
      this.#someMayFit ||= !wasAside;
    } else if (wasAside) {
      this.#startAgain();
    }
    return wasAside;
  }

  /**
   * Gives the edges that fit into the order by now back to it. Free unless edges have been deleted since the last call.
   * The tangles are found anew if one did, or after as many deletions as to pay for it.
   */
  restore(): void {
    if (!this.#someMayFit) {
      return;
    }
    this.#someMayFit = false;
    let left = false;
    for (const edge of this.#edges) {
      if (this.#order.insert(this.#table.from(edge), this.#table.to(edge))) {
        this.#edges.delete(edge);
        left = true;
      }
    }
    if (left || this.#deletions * 4 > this.#table.size) {
      this.#startAgain();
    }
  }

  #startAgain(): void {
    this.#pending = [...this.#edges];
    this.#tangles.clear('first');
    this.#recountAt = 0;
    this.#deletions = 0;
  }

  #upToDate(): Tangles {
    const tangles = this.#tangles;
    for (let edge = this.#pending.pop(); edge !== undefined; edge = this.#pending.pop()) {
      const tail = this.#table.from(edge);
      const head = this.#table.to(edge);
      if (tangles.connect(head, tail)) {
        // A tangle that has a bit already.
        tangles.addEdge(tail, head);
      } else if (tangles.isFull && tangles.count >= this.#recountAt) {
        this.#recountAt = tangles.canGrow ? 0 : 2 * tangles.count;
        tangles.clear('larger');
        this.#pending = [...this.#edges];
      } else {
        tangles.addTangle(tail, head);
      }
    }
    return tangles;
  }

  /** Throws if an edge is missing in the tangles. O(nodes + edges): for tests. */
  checkInvariants(): void {
    if (this.#edges.size === 0) {
      return;
    }
    const pending = new Set(this.#pending);
    for (let node = 0; node < this.#lists.nodeCount; node++) {
      for (let edge = this.#lists.newestOut(node); edge >= 0; edge = this.#lists.olderOut(edge)) {
        const to = this.#table.to(edge);
        const isIn = this.#tangles.hasSpread(node, to) && (!this.has(edge) || this.#tangles.mayConnect(node, to));
        if (!isIn && !pending.has(edge)) {
          throw new Error(`edges set aside: the tangles do not know edge ${edge}`);
        }
      }
    }
  }
}
