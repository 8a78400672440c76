import { grown } from './adjacency.ts';

/** What `get` answers for a pair that is not in the table. */
export const NO_EDGE = -1;

const EMPTY = 0;
const SMALLEST_BITS = 9;
const FREED = -1;

/**
 * The number of the edge from one node to another: "is this dependency known?", the question of every wait.
 *
 * Open addressing with linear probing, at most half full. A slot is one integer: the edge number plus one in its low
 * bits and, in the bits which that leaves free, the part of the pair's hash that did not choose the slot; a foreign slot
 * is thus passed over without looking at its edge. The ends of the edges are kept once, by edge number, so a slot needs
 * no copy of them: 8-16 bytes per edge instead of 24-48. `get` and `set` are O(1) expected and `get` allocates nothing.
 *
 * Edge numbers must be dense (0, 1, 2, ..., freed ones reused): the table takes room for the largest one.
 */
export class EdgeTable {
  /** log2 of the number of slots. */
  #bits: number = SMALLEST_BITS;
  #slots: Int32Array = new Int32Array(1 << SMALLEST_BITS);
  /** from, to of each edge number; FREED where there is none. */
  #ends: Int32Array = new Int32Array(1 << SMALLEST_BITS).fill(FREED);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#slots.byteLength + this.#ends.byteLength;
  }

  /** Where the edge starts; -1 if there is no edge of this number. */
  from(edge: number): number {
    return this.#ends[2 * edge] ?? FREED;
  }

  /** Where the edge ends; -1 if there is no edge of this number. */
  to(edge: number): number {
    return this.#ends[2 * edge + 1] ?? FREED;
  }

  /** The number of the edge, or NO_EDGE. */
  get(from: number, to: number): number {
    const ends = this.#ends;
    const slots = this.#slots;
    const mask = slots.length - 1;
    const hash = hashOf(from, to);
    const tag = hash << this.#bits;
    for (let slot = hash >>> (32 - this.#bits); ; slot = (slot + 1) & mask) {
      const word = slots[slot]!;
      if (word === EMPTY) {
        return NO_EDGE;
      }
      if ((word & ~mask) === tag) {
        const edge = (word & mask) - 1;
        if (ends[2 * edge] === from && ends[2 * edge + 1] === to) {
          return edge;
        }
      }
    }
  }

  /** Enters an edge whose pair and number are both new to the table. */
  set(from: number, to: number, edge: number): void {
    if (2 * edge + 2 > this.#ends.length) {
      const used = this.#ends.length;
      this.#ends = grown(this.#ends, 2 * edge + 2).fill(FREED, used);
    }
    this.#ends[2 * edge] = from;
    this.#ends[2 * edge + 1] = to;
    this.#size++;
    if (this.#size * 2 > this.#slots.length || edge + 1 >= this.#slots.length) {
      this.#growSlots(edge);
    } else {
      this.#place(edge);
    }
  }

  /** Forgets the edge and returns the number it had, or NO_EDGE. */
  delete(from: number, to: number): number {
    const edge = this.get(from, to);
    if (edge === NO_EDGE) {
      return NO_EDGE;
    }
    const mask = this.#slots.length - 1;
    let slot = hashOf(from, to) >>> (32 - this.#bits);
    while ((this.#slots[slot]! & mask) !== edge + 1) {
      slot = (slot + 1) & mask;
    }
    this.#closeGap(slot);
    this.#ends[2 * edge] = FREED;
    this.#ends[2 * edge + 1] = FREED;
    this.#size--;
    return edge;
  }

  #place(edge: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const hash = hashOf(this.#ends[2 * edge]!, this.#ends[2 * edge + 1]!);
    let slot = hash >>> (32 - this.#bits);
    while (slots[slot] !== EMPTY) {
      slot = (slot + 1) & mask;
    }
    slots[slot] = (hash << this.#bits) | (edge + 1);
  }

  #growSlots(largestEdge: number): void {
    this.#bits = Math.max(this.#bits + 1, 33 - Math.clz32(largestEdge + 1));
    this.#slots = new Int32Array(2 ** this.#bits);
    for (let edge = 0; 2 * edge < this.#ends.length; edge++) {
      if (this.#ends[2 * edge] !== FREED) {
        this.#place(edge);
      }
    }
  }

  /** Empties a slot and shifts back the ones behind it that a probe would no longer reach: no tombstones. */
  #closeGap(start: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let gap = start;
    for (let slot = (gap + 1) & mask; slots[slot] !== EMPTY; slot = (slot + 1) & mask) {
      const edge = (slots[slot]! & mask) - 1;
      const home = hashOf(this.#ends[2 * edge]!, this.#ends[2 * edge + 1]!) >>> (32 - this.#bits);
      if (((slot - home) & mask) >= ((slot - gap) & mask)) {
        slots[gap] = slots[slot]!;
        gap = slot;
      }
    }
    slots[gap] = EMPTY;
  }
}

/** Mixes a pair into 32 bits; the high bits, which choose the slot, depend on every bit of both numbers. */
function hashOf(from: number, to: number): number {
  const mixed = Math.imul(from, 0x9e3779b1) ^ to;
  return Math.imul(mixed ^ (mixed >>> 15), 0x85ebca77);
}
