import { SearchMemory, shortestPath } from './circle-search.ts';
import { EdgeLists } from './edge-lists.ts';
import { EdgeTable, NO_EDGE } from './edge-table.ts';
import { SetAside } from './set-aside.ts';
import { TopologicalOrder } from './topological-order.ts';

/**
 * `known`: the edge was already there. `added`: it is new and on no circle. `closes-circle`: it is new and its head
 * leads back to its tail.
 */
export type AddResult = 'known' | 'added' | 'closes-circle';

/** Rooms are as long as the largest node: a number beyond this is a mistake, not a class. */
const NODE_LIMIT = 2 ** 24;

/**
 * Which event cannot happen until which other event happens: a directed graph over classes that tells for each new
 * edge whether it closes a circle.
 *
 * Nodes are small integers, edges get dense numbers (a freed number is given again), so that the caller keeps what it
 * knows of an edge in arrays of its own. Edges of a node are listed from the newest on.
 *
 * A known edge costs one look-up in a table, a new one an insertion into an incremental topological order, O(1) if the
 * order already agrees, O(sqrt(m)) amortised otherwise. An edge that the order must refuse is set aside: still an edge
 * like any other, but unknown to the order. From then on an edge that the order accepts may close a circle through one
 * set aside. Whether it does is kept as bits of nodes, exact and O(1) to ask for up to 256 separate tangles of circles;
 * beyond that, and after deletions, only a "maybe" is left, which a search decides in O(nodes + edges) at most. (An edge
 * that closes a circle this way stays in the order, which holds it without contradiction.) As long as no edge is set
 * aside the order alone decides. An edge from a node to itself is on no other circle: it is neither in the order nor set
 * aside, and costs later edges nothing.
 */
export class DependencyGraph {
  readonly #table: EdgeTable = new EdgeTable();
  readonly #lists: EdgeLists = new EdgeLists();
  readonly #order: TopologicalOrder = new TopologicalOrder();
  readonly #aside: SetAside = new SetAside(this.#table, this.#lists, this.#order);
  #lastEdge: number = NO_EDGE;

  /** For shortestPath() only. */
  readonly searchMemory: SearchMemory = new SearchMemory();

  /** One more than the largest node; numbers never used are nodes without edges. */
  get nodeCount(): number {
    return this.#lists.nodeCount;
  }

  get edgeCount(): number {
    return this.#table.size;
  }

  /** Every edge number is smaller: the length that arrays parallel to the edges need. */
  get edgeLimit(): number {
    return this.#lists.edgeLimit;
  }

  /** The edge that the last call of `add` was about. */
  get lastEdge(): number {
    return this.#lastEdge;
  }

  /** Size of all arrays. */
  get bytes(): number {
    return this.#table.bytes + this.#lists.bytes + this.#order.bytes + this.#aside.bytes + this.searchMemory.bytes;
  }

  /** Makes `node` and every smaller number valid. */
  ensureNode(node: number): void {
    if (!isNode(node)) {
      throw new RangeError(`not a node: ${node}`);
    }
    if (node < this.#lists.nodeCount) {
      return;
    }
    this.#order.ensureNode(node);
    this.#lists.ensureNode(node);
  }

  /** Adds an edge if it is new, and its nodes. */
  add(from: number, to: number): AddResult {
    const known = this.#table.get(from, to);
    if (known !== NO_EDGE) {
      this.#lastEdge = known;
      return 'known';
    }
    return this.#addNew(from, to);
  }

  #addNew(from: number, to: number): AddResult {
    this.ensureNode(from);
    this.ensureNode(to);
    const aside = this.#aside;
    const nothingAside = aside.isEmpty;
    if (!nothingAside) {
      aside.restore();
    }
    const inOrder = this.#order.insert(from, to);
    const closesCircle = !inOrder || (!nothingAside && this.#leadsThroughAside(to, from));
    const edge = this.#lists.link(from, to);
    this.#table.set(from, to, edge);
    this.#lastEdge = edge;
    if (!inOrder && from !== to) {
      aside.add(edge);
    } else if (inOrder && !nothingAside) {
      aside.edgeAdded(from, to);
    }
    return closesCircle ? 'closes-circle' : 'added';
  }

  #leadsThroughAside(node: number, target: number): boolean {
    const aside = this.#aside;
    if (aside.connect(node, target)) {
      return true;
    }
    return aside.mayConnect(node, target) && shortestPath(this, node, target) !== null;
  }

  /** The number of an edge, or -1. O(1) and without allocation. */
  edgeOf(from: number, to: number): number {
    return this.#table.get(from, to);
  }

  hasEdge(from: number, to: number): boolean {
    return this.#table.get(from, to) !== NO_EDGE;
  }

  /** The node an edge starts at; -1 if there is no such edge. */
  from(edge: number): number {
    return this.#table.from(edge);
  }

  /** The node an edge ends at; -1 if there is no such edge. */
  to(edge: number): number {
    return this.#table.to(edge);
  }

  /** Whether the edge closes a circle of edges older than it, and is therefore unknown to the topological order. */
  isSetAside(edge: number): boolean {
    return this.#aside.has(edge) || (this.from(edge) === this.to(edge) && this.from(edge) >= 0);
  }

  /** Cursor over the edges out of a node: its newest one, or -1. */
  newestOut(node: number): number {
    return this.#lists.newestOut(node);
  }

  /** The next older edge out of the same node, or -1. */
  olderOut(edge: number): number {
    return this.#lists.olderOut(edge);
  }

  /** Cursor over the edges into a node: its newest one, or -1. */
  newestIn(node: number): number {
    return this.#lists.newestIn(node);
  }

  /** The next older edge into the same node, or -1. */
  olderIn(edge: number): number {
    return this.#lists.olderIn(edge);
  }

  /** Calls `visit` for each edge out of the node, the newest first. It may delete the edge it is called for. */
  successors(node: number, visit: (successor: number, edge: number) => void): void {
    for (let edge = this.newestOut(node), older: number; edge >= 0; edge = older) {
      older = this.olderOut(edge);
      visit(this.to(edge), edge);
    }
  }

  /** Calls `visit` for each edge into the node, the newest first. It may delete the edge it is called for. */
  predecessors(node: number, visit: (predecessor: number, edge: number) => void): void {
    for (let edge = this.newestIn(node), older: number; edge >= 0; edge = older) {
      older = this.olderIn(edge);
      visit(this.from(edge), edge);
    }
  }

  /** False if it is certain, from places in the order and bits alone, that no path leads from `node` to `target`. */
  mayReach(node: number, target: number): boolean {
    return !this.#order.isBefore(target, node) || this.#aside.mayBeReachedFrom(node);
  }

  /** Deletes an edge; its number will be given to a later one. False if there is no such edge. O(degree). */
  deleteEdge(edge: number): boolean {
    const from = this.from(edge);
    const to = this.to(edge);
    if (from < 0) {
      return false;
    }
    this.#table.delete(from, to);
    this.#lists.unlink(edge, from, to);
    if (!this.#aside.edgeDeleted(edge) && from !== to) {
      this.#order.delete(from, to);
    }
    return true;
  }

  /** Deletes all edges of a node. The number stays valid, and free for another class. O(degrees of its neighbours). */
  removeNode(node: number): void {
    if (!isNode(node)) {
      return;
    }
    for (let edge = this.newestOut(node); edge >= 0; edge = this.newestOut(node)) {
      this.deleteEdge(edge);
    }
    for (let edge = this.newestIn(node); edge >= 0; edge = this.newestIn(node)) {
      this.deleteEdge(edge);
    }
    this.#order.removeNode(node);
  }

  /** Throws if the parts of the graph contradict each other. O(nodes + edges * degree): for tests. */
  checkInvariants(): void {
    this.#order.checkInvariants();
    this.#aside.checkInvariants();
    let out = 0;
    let into = 0;
    let inOrder = 0;
    for (let node = 0; node < this.nodeCount; node++) {
      for (let edge = this.newestOut(node); edge >= 0; edge = this.olderOut(edge)) {
        out++;
        const to = this.to(edge);
        check(this.from(edge) === node, `edge ${edge} is listed at ${node} but starts at ${this.from(edge)}`);
        check(this.#table.get(node, to) === edge, `edge ${edge} is in the list but not in the table`);
        inOrder += this.isSetAside(edge) ? 0 : 1;
        check(this.#order.hasArc(node, to) !== this.isSetAside(edge), `edge ${edge} is neither in the order nor aside`);
      }
      for (let edge = this.newestIn(node); edge >= 0; edge = this.olderIn(edge)) {
        into++;
        check(this.to(edge) === node, `edge ${edge} is listed at ${node} but ends at ${this.to(edge)}`);
      }
    }
    check(out === this.edgeCount && into === out, `${this.edgeCount} edges, listed: ${out} out, ${into} in`);
    check(inOrder === this.#order.arcCount, `${inOrder} edges not set aside, ${this.#order.arcCount} in the order`);
  }
}

function isNode(node: number): boolean {
  return Number.isInteger(node) && node >= 0 && node < NODE_LIMIT;
}

function check(holds: boolean, message: string): void {
  if (!holds) {
    throw new Error(`dependency graph: ${message}`);
  }
}
