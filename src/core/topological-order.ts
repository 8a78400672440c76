import { Adjacency, grown, HEAD_LENGTH, HEAD_STRIDE } from './adjacency.ts';
import { NodePlaces, PLACE_MARK, PLACE_STRIDE } from './node-places.ts';

const SMALLEST_BUDGET = 16;
const FIRST_BUDGET_UPDATE = 64;

/** Answers of a search instead of a number of nodes. */
const CIRCLE = -1;
const OVER_BUDGET = -2;

/**
 * A topological order of a graph that grows arc by arc, and refuses the arc that would close a circle.
 *
 * Source: Bender, Fineman, Gilbert, Tarjan, "A New Approach to Incremental Cycle Detection and Related Problems" (ACM
 * Transactions on Algorithms 12(2), 2015), the two-way search for sparse graphs. Each node has a level, and an arc never
 * leads to a lower level. An arc that the levels do not already allow starts a search backward from its tail, inside the
 * tail's level and over at most `budget` arcs; then, if its head has to rise, a search forward from the head through
 * lower levels. The budget keeps the levels few and both searches short: O(sqrt(m)) amortised per arc for m arcs that
 * are only added, and O(1) for an arc that agrees with the order.
 *
 * Levels alone are only a weak order. Nodes of one level are ordered by an index, so (level, index) is a topological
 * order of all nodes: an arc whose tail comes before its head is accepted without any search. The nodes a search moves
 * become the first ones of their level.
 *
 * We search first and move afterwards, so a refused arc changes nothing and costs no more than the search until it met
 * the circle.
 *
 * Deleting arcs never makes the order wrong, only less tight than it could be: levels do not fall.
 */
export class TopologicalOrder {
  readonly #places: NodePlaces;
  /** Heads of a node's arcs. */
  readonly #successors: Adjacency = new Adjacency();
  /** Tails of the arcs into a node that start in the node's own level: what the backward search follows. */
  readonly #peers: Adjacency = new Adjacency();
  #arcCount = 0;
  #budget: number = SMALLEST_BUDGET;
  #nextBudgetUpdate: number = FIRST_BUDGET_UPDATE;

  /** Nodes found by the backward search, all of the tail's level. */
  #behind: Int32Array = new Int32Array(SMALLEST_BUDGET + 1);
  /** Nodes found by the forward search, each after all nodes it leads to. */
  #ahead: Int32Array = new Int32Array(SMALLEST_BUDGET + 1);
  /** Path of the forward search, and for each node on it where to go on in its list. */
  #path: Int32Array = new Int32Array(SMALLEST_BUDGET + 1);
  #resume: Int32Array = new Int32Array(SMALLEST_BUDGET + 1);

  /** @param firstIndex where indices start to count down from; only tests need another one than 0 */
  constructor(firstIndex = 0) {
    this.#places = new NodePlaces(firstIndex);
  }

  get nodeCount(): number {
    return this.#places.count;
  }

  get arcCount(): number {
    return this.#arcCount;
  }

  get bytes(): number {
    const scratch = this.#behind.byteLength + this.#ahead.byteLength + this.#path.byteLength + this.#resume.byteLength;
    return this.#places.bytes + this.#successors.bytes + this.#peers.bytes + scratch;
  }

  /** Makes `node` and every smaller number valid. */
  ensureNode(node: number): void {
    if (node >= this.#places.count) {
      this.#successors.ensureNode(node);
      this.#peers.ensureNode(node);
      this.#places.ensureNode(node);
    }
  }

  /** Whether `a` stands before `b`; if it does, no path of arcs leads from `b` to `a`. O(1). */
  isBefore(a: number, b: number): boolean {
    return this.#places.isBefore(a, b);
  }

  /** O(degree). */
  hasArc(from: number, to: number): boolean {
    return from < this.nodeCount && this.#successors.includes(from, to);
  }

  /**
   * Adds an arc that is not yet there. False if it would close a circle of arcs; then nothing has changed.
   * O(1) if the order already agrees, O(sqrt(m)) amortised otherwise.
   */
  insert(from: number, to: number): boolean {
    if (from === to) {
      return false;
    }
    this.ensureNode(Math.max(from, to));
    const places = this.#places;
    if (!places.isBefore(from, to) && !this.#reorder(from, to)) {
      return false;
    }
    this.#successors.push(from, to);
    if (places.level(from) === places.level(to)) {
      this.#peers.push(to, from);
    }
    if (++this.#arcCount >= this.#nextBudgetUpdate) {
      this.#nextBudgetUpdate = 2 * this.#arcCount;
      // The proof wants sqrt(m); a fifth of it was the fastest constant measured.
      this.#budget = Math.max(SMALLEST_BUDGET, Math.ceil(Math.sqrt(this.#arcCount) / 5));
    }
    return true;
  }

  /** Removes an arc; false if it was not there. O(degree). */
  delete(from: number, to: number): boolean {
    const places = this.#places;
    if (from >= places.count || to >= places.count || !this.#successors.remove(from, to)) {
      return false;
    }
    if (places.level(from) === places.level(to)) {
      this.#peers.remove(to, from);
    }
    this.#arcCount--;
    return true;
  }

  /** Gives back the room of a node whose arcs have all been deleted, and lets it start again at the first level. */
  removeNode(node: number): void {
    if (node >= this.nodeCount) {
      return;
    }
    if (this.#successors.lengthOf(node) !== 0 || this.#peers.lengthOf(node) !== 0) {
      throw new Error(`node ${node} still has arcs`);
    }
    this.#successors.release(node);
    this.#peers.release(node);
    this.#places.setLevel(node, 1);
  }

  /** Moves nodes so that `from` comes before `to`; false, and nothing moved, if `to` leads to `from`. */
  #reorder(from: number, to: number): boolean {
    this.#places.prepareSearch();
    const behind = this.#searchBackward(from, to);
    if (behind === CIRCLE) {
      return false;
    }
    // If the level of `from` is too crowded to search, `to` leaves it for the next one.
    const level = this.#places.level(from) + (behind === OVER_BUDGET ? 1 : 0);
    if (this.#places.level(to) < level && !this.#raise(to, level)) {
      return false;
    }
    if (behind !== OVER_BUDGET) {
      this.#places.moveToFront(this.#behind, behind);
    }
    return true;
  }

  /** Collects in `#behind` the nodes of `from`'s level that lead to it, and marks them. Follows at most `budget` arcs. */
  #searchBackward(from: number, to: number): number {
    if (this.#behind.length <= this.#budget) {
      this.#behind = new Int32Array(this.#budget + 1);
    }
    const places = this.#places.cells;
    const heads = this.#peers.heads;
    const pool = this.#peers.pool;
    const behind = this.#behind;
    const mark = this.#places.newMark();
    let left = this.#budget;
    let found = 0;
    places[from * PLACE_STRIDE + PLACE_MARK] = mark;
    behind[found++] = from;
    // The nodes found are at the same time the queue of nodes still to be expanded.
    for (let next = 0; next < found; next++) {
      const at = behind[next]! * HEAD_STRIDE;
      const start = heads[at]!;
      for (let i = start + heads[at + HEAD_LENGTH]! - 1; i >= start; i--) {
        const node = pool[i]!;
        if (node === to) {
          return CIRCLE;
        }
        if (--left <= 0) {
          return OVER_BUDGET;
        }
        if (places[node * PLACE_STRIDE + PLACE_MARK] !== mark) {
          places[node * PLACE_STRIDE + PLACE_MARK] = mark;
          behind[found++] = node;
        }
      }
    }
    return found;
  }

  /** Puts `to`, and what it leads to below `level`, at the front of `level`; false, and nothing moved, on a circle. */
  #raise(to: number, level: number): boolean {
    const count = this.#searchForward(to, level);
    if (count === CIRCLE) {
      return false;
    }
    const places = this.#places;
    const ahead = this.#ahead;
    const { heads, pool } = this.#successors;
    for (let k = 0; k < count; k++) {
      places.putFirst(ahead[k]!, level);
      // Whoever was its peer stays on a lower level, or is raised too and enters itself again below.
      this.#peers.clear(ahead[k]!);
    }
    for (let k = 0; k < count; k++) {
      const node = ahead[k]!;
      const start = heads[node * HEAD_STRIDE]!;
      for (let i = start, end = start + heads[node * HEAD_STRIDE + HEAD_LENGTH]!; i < end; i++) {
        if (places.level(pool[i]!) === level) {
          this.#peers.push(pool[i]!, node);
        }
      }
    }
    return true;
  }

  /** Collects in `#ahead` the nodes below `level` that `to` leads to. Meeting one the backward search marked is a circle. */
  #searchForward(to: number, level: number): number {
    const places = this.#places.cells;
    const { heads, pool } = this.#successors;
    const mark = this.#places.newMark();
    const behindMark = mark - 1;
    let path = this.#path;
    let resume = this.#resume;
    let found = 0;
    let depth = 0;
    places[to * PLACE_STRIDE + PLACE_MARK] = mark;
    path[0] = to;
    resume[0] = heads[to * HEAD_STRIDE]!;
    while (depth >= 0) {
      const node = path[depth]!;
      const end = heads[node * HEAD_STRIDE]! + heads[node * HEAD_STRIDE + HEAD_LENGTH]!;
      let i = resume[depth]!;
      let deeper = -1;
      while (i < end && deeper < 0) {
        const next = pool[i++]!;
        const place = next * PLACE_STRIDE;
        const nextMark = places[place + PLACE_MARK]!;
        if (nextMark === behindMark) {
          return CIRCLE;
        }
        if (nextMark !== mark && places[place]! < level) {
          places[place + PLACE_MARK] = mark;
          deeper = next;
        }
      }
      if (deeper >= 0) {
        resume[depth++] = i;
        if (depth === path.length) {
          path = this.#path = grown(path, depth + 1);
          resume = this.#resume = grown(resume, depth + 1);
        }
        path[depth] = deeper;
        resume[depth] = heads[deeper * HEAD_STRIDE]!;
      } else {
        if (found === this.#ahead.length) {
          this.#ahead = grown(this.#ahead, found + 1);
        }
        this.#ahead[found++] = node;
        depth--;
      }
    }
    return found;
  }

  /** Throws if the order contradicts an arc or the lists contradict each other. O(nodes + arcs * degree): for tests. */
  checkInvariants(): void {
    const places = this.#places;
    const indices = new Set<number>();
    let arcs = 0;
    let arcsInLevel = 0;
    let peers = 0;
    for (let node = 0; node < places.count; node++) {
      indices.add(places.index(node));
      for (const to of this.#successors.list(node)) {
        arcs++;
        check(places.isBefore(node, to), `arc ${node} -> ${to} leads backward`);
        if (places.level(node) === places.level(to)) {
          arcsInLevel++;
          check(this.#peers.includes(to, node), `${node} is missing among the peers of ${to}`);
        }
      }
      for (const from of this.#peers.list(node)) {
        peers++;
        check(places.level(from) === places.level(node), `${from} is a peer of ${node} on another level`);
      }
    }
    check(arcs === this.#arcCount, `${arcs} arcs listed, ${this.#arcCount} counted`);
    check(peers === arcsInLevel, `${peers} peers listed for ${arcsInLevel} arcs inside levels`);
    check(indices.size === places.count, 'two nodes share an index');
  }
}

function check(holds: boolean, message: string): void {
  if (!holds) {
    throw new Error(`topological order: ${message}`);
  }
}
