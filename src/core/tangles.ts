import type { EdgeLists } from './edge-lists.ts';
import type { EdgeTable } from './edge-table.ts';

const BITS = 32;
const MOST_WORDS = 8;

/**
 * Which nodes are connected through circles.
 *
 * Whoever leads to one node of a circle leads to all of them, and the same holds for circles that touch: for a tangle.
 * Each tangle gets a bit, and each node two sets of bits, of the tangles it leads to and of the tangles that lead to it.
 * So a path through a tangle leads from one node to another if and only if some bit is in the first set of the one and
 * in the second set of the other. Bits spread along new edges, to each node once: O(nodes + edges) per tangle in all,
 * O(1) per question. The sets can grow with the number of tangles, up to 256. More have to share bits, and then a bit
 * says "maybe"; so it does when an edge has been deleted, because bits are not taken back.
 */
export class Tangles {
  readonly #table: EdgeTable;
  readonly #lists: EdgeLists;
  /** Integers per set. */
  #words = 1;
  #leadsTo: Int32Array = new Int32Array(0);
  #comesFrom: Int32Array = new Int32Array(0);
  /** The bits that stand for one tangle and are in no set where they do not belong. */
  readonly #exact: Int32Array = new Int32Array(MOST_WORDS);
  #count = 0;
  readonly #toSpread: number[] = [];

  constructor(table: EdgeTable, lists: EdgeLists) {
    this.#table = table;
    this.#lists = lists;
  }

  /** How many have been added since the last `clear`; some may have become one since. */
  get count(): number {
    return this.#count;
  }

  /** Whether the next tangle has to share a bit. */
  get isFull(): boolean {
    return this.#count >= BITS * this.#words;
  }

  get canGrow(): boolean {
    return this.#words < MOST_WORDS;
  }

  get bytes(): number {
    return this.#leadsTo.byteLength + this.#comesFrom.byteLength;
  }

  /** True only if it is certain that a path through a tangle leads from `node` to `target`. */
  connect(node: number, target: number): boolean {
    for (let word = 0; word < this.#words; word++) {
      if ((this.#common(node, target, word) & this.#exact[word]!) !== 0) {
        return true;
      }
    }
    return false;
  }

  /** False only if it is certain that no path through a tangle leads from `node` to `target`. */
  mayConnect(node: number, target: number): boolean {
    for (let word = 0; word < this.#words; word++) {
      if (this.#common(node, target, word) !== 0) {
        return true;
      }
    }
    return false;
  }

  /** False only if it is certain that `node` leads to no tangle. */
  mayBeReachedFrom(node: number): boolean {
    for (let word = 0; word < this.#words; word++) {
      if ((this.#leadsTo[node * this.#words + word] ?? 0) !== 0) {
        return true;
      }
    }
    return false;
  }

  /** Spreads bits along an edge of the graph. */
  addEdge(from: number, to: number): void {
    this.#ensureNodes();
    this.#spreadBackward(from, to);
    this.#spreadForward(to, from);
  }

  /** Gives an edge that closes a circle a bit of its own. */
  addTangle(from: number, to: number): void {
    this.#ensureNodes();
    const word = ((this.#count / BITS) % this.#words) | 0;
    const bit = 1 << (this.#count % BITS);
    this.#exact[word] = this.isFull ? this.#exact[word]! & ~bit : this.#exact[word]! | bit;
    this.#count++;
    this.#leadsTo[from * this.#words + word]! |= bit;
    this.#comesFrom[to * this.#words + word]! |= bit;
    this.#toSpread.push(from);
    this.#spreadBackward(from, to);
    this.#toSpread.push(to);
    this.#spreadForward(to, from);
  }

  /** To be called when an edge has been deleted. */
  doubt(): void {
    this.#exact.fill(0);
  }

  /** Forgets all tangles, and makes the sets as small as they were at first, or larger if they can grow. */
  clear(sets: 'first' | 'larger'): void {
    const words = sets === 'first' ? 1 : Math.min(2 * this.#words, MOST_WORDS);
    this.#count = 0;
    this.#exact.fill(0);
    this.#leadsTo.fill(0);
    this.#comesFrom.fill(0);
    if (words !== this.#words) {
      this.#words = words;
      this.#leadsTo = new Int32Array(0);
      this.#comesFrom = new Int32Array(0);
    }
  }

  #common(node: number, target: number, word: number): number {
    return (this.#leadsTo[node * this.#words + word] ?? 0) & (this.#comesFrom[target * this.#words + word] ?? 0);
  }

  #ensureNodes(): void {
    const needed = this.#lists.nodeCount * this.#words;
    if (this.#leadsTo.length < needed) {
      const room = needed + (needed >> 2);
      const [leadsTo, comesFrom] = [new Int32Array(room), new Int32Array(room)];
      leadsTo.set(this.#leadsTo);
      comesFrom.set(this.#comesFrom);
      [this.#leadsTo, this.#comesFrom] = [leadsTo, comesFrom];
    }
  }

  /** Whatever `successor` leads to, `start` and all nodes before it lead to as well. */
  #spreadBackward(start: number, successor: number): void {
    this.#join(this.#leadsTo, start, successor);
    for (let node = this.#toSpread.pop(); node !== undefined; node = this.#toSpread.pop()) {
      for (let edge = this.#lists.newestIn(node); edge >= 0; edge = this.#lists.olderIn(edge)) {
        this.#join(this.#leadsTo, this.#table.from(edge), node);
      }
    }
  }

  /** Whatever leads to `predecessor`, leads to `start` and all nodes after it as well. */
  #spreadForward(start: number, predecessor: number): void {
    this.#join(this.#comesFrom, start, predecessor);
    for (let node = this.#toSpread.pop(); node !== undefined; node = this.#toSpread.pop()) {
      for (let edge = this.#lists.newestOut(node); edge >= 0; edge = this.#lists.olderOut(edge)) {
        this.#join(this.#comesFrom, this.#table.to(edge), node);
      }
    }
  }

  /** Adds the set of `other` to the set of `node`; if that made a difference, it has to spread. */
  #join(sets: Int32Array, node: number, other: number): void {
    const words = this.#words;
    let missing = 0;
    for (let word = 0; word < words; word++) {
      const bits = sets[other * words + word]! & ~sets[node * words + word]!;
      sets[node * words + word]! |= bits;
      missing |= bits;
    }
    if (missing !== 0) {
      this.#toSpread.push(node);
    }
  }

  /** Whether the bits have spread along an edge: for tests. */
  hasSpread(from: number, to: number): boolean {
    let missing = 0;
    for (let word = 0; word < this.#words; word++) {
      const [tail, head] = [from * this.#words + word, to * this.#words + word];
      missing |= (this.#leadsTo[head] ?? 0) & ~(this.#leadsTo[tail] ?? 0);
      missing |= (this.#comesFrom[tail] ?? 0) & ~(this.#comesFrom[head] ?? 0);
    }
    return missing === 0;
  }
}
