import { Adjacency, grown, HEAD_LENGTH, HEAD_STRIDE } from './adjacency.ts';

/** Cells per node in `#places`: level, index, mark of the last search that met the node. */
const PLACE_STRIDE = 3;
const INDEX = 1;
const MARK = 2;

const LOWEST_INDEX = -0x7fff_ffff;
const LAST_MARK = 0x7fff_fff0;
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
 * lower levels. The budget keeps levels few and both searches short: O(sqrt(m)) amortised per arc of m arcs without
 * deletions, and O(1) for an arc that agrees with the order.
 *
 * Levels alone are only a weak order. Nodes of one level are ordered by an index, so (level, index) is a topological
 * order of all nodes: an arc whose tail comes before its head is accepted without any search. The nodes a search moves
 * get indices below all given so far, that is they become the first ones of their level.
 *
 * We search first and move afterwards, so a refused arc changes nothing and costs no more than the search until it met
 * the circle.
 *
 * Deleting arcs never makes the order wrong, only less tight than it could be: levels do not fall.
 */
export class TopologicalOrder {
  #places: Int32Array = new Int32Array(0);
  #nodeCount = 0;
  #arcCount = 0;
  #version = 0;
  #nextIndex: number;
  #mark = 0;
  #budget: number = SMALLEST_BUDGET;
  #nextBudgetUpdate: number = FIRST_BUDGET_UPDATE;

  /** Heads of a node's arcs. */
  readonly #successors: Adjacency = new Adjacency();
  /** Tails of the arcs into a node that start in the node's own level: what the backward search follows. */
  readonly #peers: Adjacency = new Adjacency();

  /** Nodes found by the backward search, all of the tail's level. */
  #behind: Int32Array = new Int32Array(SMALLEST_BUDGET + 1);
  /** Nodes found by the forward search, the last ones of the order first. */
  #ahead: Int32Array = new Int32Array(SMALLEST_BUDGET + 1);
  /** Path of the search in progress, and for each node on it where to go on in its list. */
  #path: Int32Array = new Int32Array(SMALLEST_BUDGET + 1);
  #resume: Int32Array = new Int32Array(SMALLEST_BUDGET + 1);

  /** @param firstIndex where indices start to count down from; only tests need another one than 0 */
  constructor(firstIndex = 0) {
    this.#nextIndex = firstIndex;
  }

  get nodeCount(): number {
    return this.#nodeCount;
  }

  get arcCount(): number {
    return this.#arcCount;
  }

  /** Changes whenever nodes change places relative to each other. */
  get version(): number {
    return this.#version;
  }

  get bytes(): number {
    const scratch = this.#behind.byteLength + this.#ahead.byteLength + this.#path.byteLength + this.#resume.byteLength;
    return this.#places.byteLength + this.#successors.bytes + this.#peers.bytes + scratch;
  }

  /** Makes `node` and every smaller number valid; a new node is the last of the first level. */
  ensureNode(node: number): void {
    if (node < this.#nodeCount) {
      return;
    }
    if ((node + 1) * PLACE_STRIDE > this.#places.length) {
      this.#places = grown(this.#places, (node + 1) * PLACE_STRIDE);
    }
    this.#successors.ensureNode(node);
    this.#peers.ensureNode(node);
    const places = this.#places;
    for (let added = this.#nodeCount; added <= node; added++) {
      places[added * PLACE_STRIDE] = 1;
      // Nodes never moved keep the order of their numbers: usually locks are first met in the order they are nested.
      places[added * PLACE_STRIDE + INDEX] = added;
    }
    this.#nodeCount = node + 1;
    this.#version++;
  }

  /** Whether `a` stands before `b`; if it does, no path of arcs leads from `b` to `a`. O(1). */
  isBefore(a: number, b: number): boolean {
    const places = this.#places;
    const levelA = places[a * PLACE_STRIDE]!;
    const levelB = places[b * PLACE_STRIDE]!;
    return levelA < levelB || (levelA === levelB && places[a * PLACE_STRIDE + INDEX]! < places[b * PLACE_STRIDE + INDEX]!);
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
    if (!this.isBefore(from, to) && !this.#reorder(from, to)) {
      return false;
    }
    this.#successors.push(from, to);
    if (this.#levelOf(from) === this.#levelOf(to)) {
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
    if (from >= this.#nodeCount || to >= this.#nodeCount || !this.#successors.remove(from, to)) {
      return false;
    }
    if (this.#levelOf(from) === this.#levelOf(to)) {
      this.#peers.remove(to, from);
    }
    this.#arcCount--;
    return true;
  }

  /** Gives back the room of a node whose arcs have all been deleted, and lets it start again at the first level. */
  removeNode(node: number): void {
    if (node >= this.#nodeCount) {
      return;
    }
    if (this.#successors.lengthOf(node) !== 0 || this.#peers.lengthOf(node) !== 0) {
      throw new Error(`node ${node} still has arcs`);
    }
    this.#successors.release(node);
    this.#peers.release(node);
    this.#places[node * PLACE_STRIDE] = 1;
    this.#version++;
  }

  #levelOf(node: number): number {
    return this.#places[node * PLACE_STRIDE]!;
  }

  /** Moves nodes so that `from` comes before `to`; false, and nothing moved, if `to` leads to `from`. */
  #reorder(from: number, to: number): boolean {
    this.#prepareSearch();
    const level = this.#levelOf(from);
    const behind = this.#searchBackward(from, to);
    if (behind === CIRCLE) {
      return false;
    }
    if (behind === OVER_BUDGET) {
      // The level is crowded: `to` leaves it for the next one, and only `from` itself need be found again.
      this.#places[from * PLACE_STRIDE + MARK] = ++this.#mark;
      const ahead = this.#searchForward(to, level + 1);
      if (ahead === CIRCLE) {
        return false;
      }
      this.#raise(ahead, level + 1);
    } else {
      if (this.#levelOf(to) < level) {
        const ahead = this.#searchForward(to, level);
        if (ahead === CIRCLE) {
          return false;
        }
        this.#raise(ahead, level);
      }
      this.#moveToFront(behind);
    }
    this.#version++;
    return true;
  }

  /** Collects in `#behind` the nodes of `from`'s level that lead to it, and marks them. Follows at most `budget` arcs. */
  #searchBackward(from: number, to: number): number {
    const places = this.#places;
    const heads = this.#peers.heads;
    const pool = this.#peers.pool;
    const behind = this.#behind;
    const mark = ++this.#mark;
    let left = this.#budget;
    let found = 0;
    places[from * PLACE_STRIDE + MARK] = mark;
    behind[found++] = from;
    // `behind` is at the same time the queue of nodes still to be expanded.
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
        if (places[node * PLACE_STRIDE + MARK] !== mark) {
          places[node * PLACE_STRIDE + MARK] = mark;
          behind[found++] = node;
        }
      }
    }
    return found;
  }

  /**
   * Collects in `#ahead` the nodes below `level` that `to` leads to, in the order a depth-first search leaves them (so
   * each after all it leads to). Meeting a node that the backward search has marked is a circle.
   */
  #searchForward(to: number, level: number): number {
    const places = this.#places;
    const heads = this.#successors.heads;
    const pool = this.#successors.pool;
    const behindMark = this.#mark;
    const mark = ++this.#mark;
    let path = this.#path;
    let resume = this.#resume;
    let ahead = this.#ahead;
    let found = 0;
    let depth = 0;
    if (places[to * PLACE_STRIDE + MARK] === behindMark) {
      return CIRCLE;
    }
    places[to * PLACE_STRIDE + MARK] = mark;
    path[0] = to;
    resume[0] = heads[to * HEAD_STRIDE]!;
    while (depth >= 0) {
      const node = path[depth]!;
      const at = node * HEAD_STRIDE;
      const end = heads[at]! + heads[at + HEAD_LENGTH]!;
      let i = resume[depth]!;
      let deeper = -1;
      for (; i < end; i++) {
        const next = pool[i]!;
        const place = next * PLACE_STRIDE;
        const nextMark = places[place + MARK]!;
        if (nextMark === behindMark) {
          return CIRCLE;
        }
        if (nextMark !== mark && places[place]! < level) {
          places[place + MARK] = mark;
          deeper = next;
          break;
        }
      }
      if (deeper >= 0) {
        resume[depth++] = i + 1;
        if (depth === path.length) {
          path = this.#path = grown(path, depth + 1);
          resume = this.#resume = grown(resume, depth + 1);
        }
        path[depth] = deeper;
        resume[depth] = heads[deeper * HEAD_STRIDE]!;
      } else {
        if (found === ahead.length) {
          ahead = this.#ahead = grown(ahead, found + 1);
        }
        ahead[found++] = node;
        depth--;
      }
    }
    return found;
  }

  /** Puts the first `count` nodes of `#ahead` at the front of `level`. */
  #raise(count: number, level: number): void {
    const places = this.#places;
    const ahead = this.#ahead;
    const peers = this.#peers;
    const heads = this.#successors.heads;
    const pool = this.#successors.pool;
    for (let k = 0; k < count; k++) {
      const node = ahead[k]!;
      places[node * PLACE_STRIDE] = level;
      places[node * PLACE_STRIDE + INDEX] = --this.#nextIndex;
      // Whoever was its peer stays in a lower level, or is raised too and enters itself again below.
      peers.clear(node);
    }
    for (let k = 0; k < count; k++) {
      const node = ahead[k]!;
      const at = node * HEAD_STRIDE;
      const end = heads[at]! + heads[at + HEAD_LENGTH]!;
      for (let i = heads[at]!; i < end; i++) {
        if (places[pool[i]! * PLACE_STRIDE] === level) {
          peers.push(pool[i]!, node);
        }
      }
    }
  }

  /** Puts the first `count` nodes of `#behind` at the front of their level; among themselves they keep their order. */
  #moveToFront(count: number): void {
    const places = this.#places;
    const behind = this.#behind;
    // Insertion sort by index: a handful of nodes, at most `budget`.
    for (let i = 1; i < count; i++) {
      const node = behind[i]!;
      const index = places[node * PLACE_STRIDE + INDEX]!;
      let j = i - 1;
      while (j >= 0 && places[behind[j]! * PLACE_STRIDE + INDEX]! > index) {
        behind[j + 1] = behind[j]!;
        j--;
      }
      behind[j + 1] = node;
    }
    for (let i = count - 1; i >= 0; i--) {
      places[behind[i]! * PLACE_STRIDE + INDEX] = --this.#nextIndex;
    }
  }

  /** Makes sure that one search cannot run out of scratch, marks or indices. */
  #prepareSearch(): void {
    if (this.#behind.length <= this.#budget) {
      this.#behind = new Int32Array(this.#budget + 1);
    }
    if (this.#mark >= LAST_MARK) {
      this.#mark = 0;
      for (let node = 0; node < this.#nodeCount; node++) {
        this.#places[node * PLACE_STRIDE + MARK] = 0;
      }
    }
    if (this.#nextIndex - this.#nodeCount <= LOWEST_INDEX) {
      this.#renumber();
    }
  }

  /** Gives all nodes the smallest indices that keep their order: once in two thousand million moves. */
  #renumber(): void {
    const places = this.#places;
    const nodes = Int32Array.from({ length: this.#nodeCount }, (_, node) => node);
    nodes.sort((a, b) => places[a * PLACE_STRIDE + INDEX]! - places[b * PLACE_STRIDE + INDEX]!);
    for (const [index, node] of nodes.entries()) {
      places[node * PLACE_STRIDE + INDEX] = index;
    }
    this.#nextIndex = 0;
  }

  /** Throws if the order contradicts an arc or the lists contradict each other. O(nodes + arcs): for tests. */
  checkInvariants(): void {
    let arcs = 0;
    let sameLevel = 0;
    let peers = 0;
    const indices = new Set<number>();
    for (let node = 0; node < this.#nodeCount; node++) {
      indices.add(this.#places[node * PLACE_STRIDE + INDEX]!);
      for (const to of neighbours(this.#successors, node)) {
        arcs++;
        check(this.isBefore(node, to), `arc ${node} -> ${to} leads backward`);
        if (this.#levelOf(node) === this.#levelOf(to)) {
          sameLevel++;
          check(neighbours(this.#peers, to).includes(node), `${node} is missing among the peers of ${to}`);
        }
      }
      for (const from of neighbours(this.#peers, node)) {
        peers++;
        check(this.#levelOf(from) === this.#levelOf(node), `${from} is a peer of ${node} on another level`);
      }
    }
    check(arcs === this.#arcCount, `${arcs} arcs listed, ${this.#arcCount} counted`);
    check(peers === sameLevel, `${peers} peers listed for ${sameLevel} arcs inside levels`);
    check(indices.size === this.#nodeCount, 'two nodes share an index');
  }
}

function neighbours(lists: Adjacency, node: number): Int32Array {
  const start = lists.heads[node * HEAD_STRIDE]!;
  return lists.pool.subarray(start, start + lists.lengthOf(node));
}

function check(holds: boolean, message: string): void {
  if (!holds) {
    throw new Error(`topological order: ${message}`);
  }
}
