import { grown } from './adjacency.ts';

/** What a search needs to know of a graph. Edges of a node are listed from the newest on; -1 ends a list. */
export interface SearchedGraph {
  readonly nodeCount: number;
  readonly searchMemory: SearchMemory;
  newestOut(node: number): number;
  olderOut(edge: number): number;
  to(edge: number): number;
  /** False only if it is certain that no path leads from `node` to `target`. O(1). */
  mayReach(node: number, target: number): boolean;
}

/** Cells per entry of {@link SearchMemory.queue}: the edge by which a node was met, the entry of the node before it. */
const STRIDE = 2;
const BEFORE = 1;
const NO_EDGE = -1;
const FIRST = 0;
const LAST_GENERATION = 0x7fff_ffff;

/** Working memory that searches of one graph share; a search touches only the cells of nodes it meets. */
export class SearchMemory {
  /** Number of the search that met a node last. */
  met: Int32Array = new Int32Array(0);
  queue: Int32Array = new Int32Array(64);
  #generation = 0;

  get bytes(): number {
    return this.met.byteLength + this.queue.byteLength;
  }

  /** Makes room for marks on `nodeCount` nodes and returns a mark that none of them has. */
  begin(nodeCount: number): number {
    if (this.met.length < nodeCount) {
      this.met = grown(this.met, nodeCount);
    }
    if (this.#generation === LAST_GENERATION) {
      this.met.fill(0);
      this.#generation = 0;
    }
    return ++this.#generation;
  }
}

/**
 * The edges of a shortest path from `source` to `target`, in order: over all edges of the graph, or over those that
 * `accept` does not refuse. Empty if both are the same node, null if there is no path.
 *
 * Breadth first, and the newest edge of a node first, as Linux DEPT looks for circles, so the same history gives the
 * same path. O(nodes + edges), counting only nodes that may lead to `target` and the edges out of them.
 * `accept` must not start a search of the same graph.
 */
export function shortestPath(
  graph: SearchedGraph,
  source: number,
  target: number,
  accept?: (edge: number) => boolean,
): number[] | null {
  if (source === target) {
    return [];
  }
  if (source >= graph.nodeCount || target >= graph.nodeCount || !graph.mayReach(source, target)) {
    return null;
  }
  const memory = graph.searchMemory;
  const mark = memory.begin(graph.nodeCount);
  const met = memory.met;
  let queue = memory.queue;
  let length = STRIDE;
  met[source] = mark;
  queue[FIRST] = NO_EDGE;
  for (let entry = FIRST; entry < length; entry += STRIDE) {
    const node = entry === FIRST ? source : graph.to(queue[entry]!);
    for (let edge = graph.newestOut(node); edge >= 0; edge = graph.olderOut(edge)) {
      const next = graph.to(edge);
      if (met[next] === mark || (accept !== undefined && !accept(edge))) {
        continue;
      }
      met[next] = mark;
      if (next === target) {
        return pathTo(entry, queue, edge);
      }
      if (!graph.mayReach(next, target)) {
        continue;
      }
      if (length + STRIDE > queue.length) {
        queue = memory.queue = grown(queue, length + STRIDE);
      }
      queue[length] = edge;
      queue[length + BEFORE] = entry;
      length += STRIDE;
    }
  }
  return null;
}

/** The edges that led to the node of an entry, then one more. */
function pathTo(entry: number, queue: Int32Array, lastEdge: number): number[] {
  const path = [lastEdge];
  for (let at = entry; at !== FIRST; at = queue[at + BEFORE]!) {
    path.push(queue[at]!);
  }
  return path.reverse();
}
