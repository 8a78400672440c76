/** Int32 cells per node in {@link Adjacency.heads}: where its block starts, how many cells are used, how many it has. */
export const HEAD_STRIDE = 3;
/** Cell of the number of neighbours, counted from a node's head (the block's offset is at 0). */
export const HEAD_LENGTH = 1;
const HEAD_CAPACITY = 2;
const SMALLEST_BLOCK_BITS = 1;
const NO_BLOCK = -1;

/**
 * A growable list of neighbours for each node, all lists in one pool of integers.
 *
 * A list is one block of the pool; block sizes are powers of two, and a block that a list has outgrown is recycled for
 * the next list that needs its size. To iterate without a call per neighbour, read `heads` and `pool` directly:
 *
 *     const at = node * HEAD_STRIDE;
 *     for (let i = heads[at], end = i + heads[at + HEAD_LENGTH]; i < end; i++) visit(pool[i]);
 *
 * Both arrays are replaced when they grow: read them again after `push` or `ensureNode`.
 */
export class Adjacency {
  #heads: Int32Array = new Int32Array(0);
  #pool: Int32Array = new Int32Array(64);
  #poolUsed = 0;
  /** First free block per size; a free block holds the offset of the next one in its first cell. */
  readonly #freeBlocks: Int32Array = new Int32Array(32).fill(NO_BLOCK);

  get heads(): Int32Array {
    return this.#heads;
  }

  get pool(): Int32Array {
    return this.#pool;
  }

  get bytes(): number {
    return this.#heads.byteLength + this.#pool.byteLength + this.#freeBlocks.byteLength;
  }

  /** Makes `node` and every smaller number valid, with empty lists. */
  ensureNode(node: number): void {
    const needed = (node + 1) * HEAD_STRIDE;
    if (needed > this.#heads.length) {
      this.#heads = grown(this.#heads, needed);
    }
  }

  lengthOf(node: number): number {
    return this.#heads[node * HEAD_STRIDE + HEAD_LENGTH]!;
  }

  /** The neighbours; valid until the next change. */
  list(node: number): Int32Array {
    const start = this.#heads[node * HEAD_STRIDE]!;
    return this.#pool.subarray(start, start + this.lengthOf(node));
  }

  includes(node: number, neighbour: number): boolean {
    return this.list(node).includes(neighbour);
  }

  /** Appends a neighbour: amortised O(1). */
  push(node: number, neighbour: number): void {
    const heads = this.#heads;
    const at = node * HEAD_STRIDE;
    const length = heads[at + HEAD_LENGTH]!;
    if (length === heads[at + HEAD_CAPACITY]!) {
      this.#moveToLargerBlock(at);
    }
    this.#pool[heads[at]! + length] = neighbour;
    heads[at + HEAD_LENGTH] = length + 1;
  }

  /** Removes one occurrence of a neighbour, the last one fills its place: O(length). */
  remove(node: number, neighbour: number): boolean {
    const heads = this.#heads;
    const pool = this.#pool;
    const at = node * HEAD_STRIDE;
    const start = heads[at]!;
    const last = start + heads[at + HEAD_LENGTH]! - 1;
    for (let i = last; i >= start; i--) {
      if (pool[i] === neighbour) {
        pool[i] = pool[last]!;
        heads[at + HEAD_LENGTH] = last - start;
        return true;
      }
    }
    return false;
  }

  /** Empties the list but keeps its block: O(1). */
  clear(node: number): void {
    this.#heads[node * HEAD_STRIDE + HEAD_LENGTH] = 0;
  }

  /** Empties the list and gives its block back. */
  release(node: number): void {
    const heads = this.#heads;
    const at = node * HEAD_STRIDE;
    if (heads[at + HEAD_CAPACITY] !== 0) {
      this.#recycle(heads[at]!, heads[at + HEAD_CAPACITY]!);
    }
    heads.fill(0, at, at + HEAD_STRIDE);
  }

  #moveToLargerBlock(at: number): void {
    const heads = this.#heads;
    const capacity = heads[at + HEAD_CAPACITY]!;
    const larger = capacity === 0 ? 1 << SMALLEST_BLOCK_BITS : capacity * 2;
    const offset = this.#takeBlock(larger);
    if (capacity !== 0) {
      const pool = this.#pool;
      const outgrown = heads[at]!;
      // Most lists are short: a call of copyWithin costs more than it saves.
      for (let i = 0; i < capacity; i++) {
        pool[offset + i] = pool[outgrown + i]!;
      }
      this.#recycle(heads[at]!, capacity);
    }
    heads[at] = offset;
    heads[at + HEAD_CAPACITY] = larger;
  }

  #takeBlock(size: number): number {
    const bits = 31 - Math.clz32(size);
    const free = this.#freeBlocks[bits]!;
    if (free !== NO_BLOCK) {
      this.#freeBlocks[bits] = this.#pool[free]!;
      return free;
    }
    const offset = this.#poolUsed;
    this.#poolUsed += size;
    if (this.#poolUsed > this.#pool.length) {
      this.#pool = grown(this.#pool, this.#poolUsed);
    }
    return offset;
  }

  #recycle(offset: number, size: number): void {
    const bits = 31 - Math.clz32(size);
    this.#pool[offset] = this.#freeBlocks[bits]!;
    this.#freeBlocks[bits] = offset;
  }
}

/**
 * A copy with room for `needed` cells, and for more to come so that growing stays amortised O(1) per cell: as much again
 * while they are few, later half as much and then a quarter, as memory then counts more than copying.
 */
export function grown(cells: Int32Array, needed: number): Int32Array {
  const more = cells.length < 2048 ? cells.length : cells.length < 16384 ? cells.length >> 1 : cells.length >> 2;
  const copy = new Int32Array(Math.max(needed, cells.length + more, 256));
  copy.set(cells);
  return copy;
}
