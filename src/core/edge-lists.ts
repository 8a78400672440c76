import { grown } from './adjacency.ts';

const NONE = -1;
/** Cells per node in `#newest` and per edge in `#older`. */
const STRIDE = 2;
const OUT = 0;
const IN = 1;

/**
 * For each node the edges that leave it and the edges that enter it, newest first, and the pool of edge numbers.
 *
 * Lists are threaded through the edges: one integer per edge and direction, no slack, O(1) to add, no allocation to walk:
 *
 *     for (let edge = lists.newestOut(node); edge >= 0; edge = lists.olderOut(edge)) ...
 */
export class EdgeLists {
  #newest: Int32Array = new Int32Array(0);
  #older: Int32Array = new Int32Array(0);
  #nodeCount = 0;
  #edgeLimit = 0;
  /** Freed numbers, threaded through `#older`. */
  #freeEdge: number = NONE;

  get nodeCount(): number {
    return this.#nodeCount;
  }

  /** Every edge number given so far is smaller. */
  get edgeLimit(): number {
    return this.#edgeLimit;
  }

  get bytes(): number {
    return this.#newest.byteLength + this.#older.byteLength;
  }

  newestOut(node: number): number {
    return this.#newest[node * STRIDE + OUT] ?? NONE;
  }

  newestIn(node: number): number {
    return this.#newest[node * STRIDE + IN] ?? NONE;
  }

  olderOut(edge: number): number {
    return this.#older[edge * STRIDE + OUT]!;
  }

  olderIn(edge: number): number {
    return this.#older[edge * STRIDE + IN]!;
  }

  /** Makes `node` and every smaller number valid, with empty lists. */
  ensureNode(node: number): void {
    const cells = (node + 1) * STRIDE;
    if (cells > this.#newest.length) {
      this.#newest = grown(this.#newest, cells).fill(NONE, this.#newest.length);
    }
    this.#nodeCount = Math.max(this.#nodeCount, node + 1);
  }

  /** Puts a new edge in front of the two lists and returns its number, a freed one if there is any. O(1). */
  link(from: number, to: number): number {
    const edge = this.#takeEdge();
    this.#older[edge * STRIDE + OUT] = this.#newest[from * STRIDE + OUT]!;
    this.#older[edge * STRIDE + IN] = this.#newest[to * STRIDE + IN]!;
    this.#newest[from * STRIDE + OUT] = edge;
    this.#newest[to * STRIDE + IN] = edge;
    return edge;
  }

  /** Takes the edge out of its lists and frees its number. O(edges newer than it in these lists). */
  unlink(edge: number, from: number, to: number): void {
    this.#unlinkOne(edge, from, OUT);
    this.#unlinkOne(edge, to, IN);
    this.#older[edge * STRIDE] = this.#freeEdge;
    this.#freeEdge = edge;
  }

  #unlinkOne(edge: number, node: number, direction: number): void {
    const older = this.#older;
    const rest = older[edge * STRIDE + direction]!;
    let newer = this.#newest[node * STRIDE + direction]!;
    if (newer === edge) {
      this.#newest[node * STRIDE + direction] = rest;
      return;
    }
    while (older[newer * STRIDE + direction] !== edge) {
      newer = older[newer * STRIDE + direction]!;
    }
    older[newer * STRIDE + direction] = rest;
  }

  #takeEdge(): number {
    const freed = this.#freeEdge;
    if (freed !== NONE) {
      this.#freeEdge = this.#older[freed * STRIDE]!;
      return freed;
    }
    const edge = this.#edgeLimit++;
    if (this.#edgeLimit * STRIDE > this.#older.length) {
      this.#older = grown(this.#older, this.#edgeLimit * STRIDE);
    }
    return edge;
  }
}
