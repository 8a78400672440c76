import { grown } from './adjacency.ts';

/** Cells per node in {@link NodePlaces.cells}: level, index, mark of the last search that met the node. */
export const PLACE_STRIDE = 3;
/** Cell of the mark, counted from a node's place (the level is at 0). */
export const PLACE_MARK = 2;
const INDEX = 1;

const LOWEST_INDEX = -0x7fff_ffff;
const LAST_MARK = 0x7fff_ffff;

/**
 * Where each node stands in a topological order: by level first, inside a level by index.
 *
 * All indices are different. They are given counting down, so the node moved last is the first one of its level. Level,
 * index and mark of a node are neighbours in memory because a search needs them together.
 */
export class NodePlaces {
  #cells: Int32Array = new Int32Array(0);
  #count = 0;
  #nextIndex: number;
  #lastMark = 0;

  /** @param firstIndex where indices start to count down from; only tests need another one than 0 */
  constructor(firstIndex = 0) {
    this.#nextIndex = firstIndex;
  }

  /** Level, index and mark of every node; replaced when it grows. */
  get cells(): Int32Array {
    return this.#cells;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#cells.byteLength;
  }

  /** Makes `node` and every smaller number valid; a new node is the last one of the first level. */
  ensureNode(node: number): void {
    if ((node + 1) * PLACE_STRIDE > this.#cells.length) {
      this.#cells = grown(this.#cells, (node + 1) * PLACE_STRIDE);
    }
    for (let added = this.#count; added <= node; added++) {
      this.#cells[added * PLACE_STRIDE] = 1;
      // Nodes never moved keep the order of their numbers: usually locks are first met in the order they are nested.
      this.#cells[added * PLACE_STRIDE + INDEX] = added;
    }
    this.#count = Math.max(this.#count, node + 1);
  }

  isBefore(a: number, b: number): boolean {
    const cells = this.#cells;
    const levelA = cells[a * PLACE_STRIDE]!;
    const levelB = cells[b * PLACE_STRIDE]!;
    return (
      levelA < levelB || (levelA === levelB && cells[a * PLACE_STRIDE + INDEX]! < cells[b * PLACE_STRIDE + INDEX]!)
    );
  }

  level(node: number): number {
    return this.#cells[node * PLACE_STRIDE]!;
  }

  index(node: number): number {
    return this.#cells[node * PLACE_STRIDE + INDEX]!;
  }

  setLevel(node: number, level: number): void {
    this.#cells[node * PLACE_STRIDE] = level;
  }

  /** Makes the node the first one of a level. */
  putFirst(node: number, level: number): void {
    this.#cells[node * PLACE_STRIDE] = level;
    this.#cells[node * PLACE_STRIDE + INDEX] = --this.#nextIndex;
  }

  /** Makes `count` nodes of one level its first ones; among themselves they keep their order (and get sorted by it). */
  moveToFront(nodes: Int32Array, count: number): void {
    const cells = this.#cells;
    // Insertion sort: seldom more than a handful of nodes.
    for (let i = 1; i < count; i++) {
      const node = nodes[i]!;
      const index = cells[node * PLACE_STRIDE + INDEX]!;
      let j = i - 1;
      for (; j >= 0 && cells[nodes[j]! * PLACE_STRIDE + INDEX]! > index; j--) {
        nodes[j + 1] = nodes[j]!;
      }
      nodes[j + 1] = node;
    }
    for (let i = count - 1; i >= 0; i--) {
      cells[nodes[i]! * PLACE_STRIDE + INDEX] = --this.#nextIndex;
    }
  }

  /** A mark that no node has: greater by one than the mark before, unless there were two thousand million of them. */
  newMark(): number {
    return ++this.#lastMark;
  }

  /** To be called before each search: makes sure that it cannot run out of marks, nor moving every node of indices. */
  prepareSearch(): void {
    if (this.#lastMark > LAST_MARK - 4) {
      this.#lastMark = 0;
      for (let node = 0; node < this.#count; node++) {
        this.#cells[node * PLACE_STRIDE + PLACE_MARK] = 0;
      }
    }
    if (this.#nextIndex - this.#count <= LOWEST_INDEX) {
      this.#renumber();
    }
  }

  /** Gives all nodes the smallest indices that keep their order: once in two thousand million moves. */
  #renumber(): void {
    const nodes = Int32Array.from({ length: this.#count }, (_, node) => node);
    nodes.sort((a, b) => this.index(a) - this.index(b));
    for (const [index, node] of nodes.entries()) {
      this.#cells[node * PLACE_STRIDE + INDEX] = index;
    }
    this.#nextIndex = 0;
  }
}
