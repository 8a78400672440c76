import { shortestPath } from '../../src/core/circle-search.ts';
import { DependencyGraph } from '../../src/core/graph.ts';
import { median, nanoseconds, quantile } from './timing.ts';
import { randomNumbers, type Workload } from './workloads.ts';

export function built({ edges }: Workload): DependencyGraph {
  const graph = new DependencyGraph();
  for (let i = 0; i < edges.length; i += 2) {
    graph.add(edges[i]!, edges[i + 1]!);
  }
  return graph;
}

/** Nanoseconds per new edge, of whole builds from an empty graph: median and tenth percentile. */
export function insertCost(workload: Workload, builds: number): { median: number; best: number; bytes: number } {
  const edges = workload.edges.length / 2;
  let graph = built(workload);
  if (graph.edgeCount !== edges) {
    throw new Error('the workload has an edge twice');
  }
  const samples: number[] = [];
  for (let i = 0; i < builds; i++) {
    const ns = nanoseconds(() => {
      graph = built(workload);
    });
    samples.push(ns / edges);
  }
  return { median: median(samples), best: quantile(samples, 0.1), bytes: graph.bytes / edges };
}

/** Nanoseconds of single insertions; for each the least of `rounds` builds, because others use this machine too. */
export function worstInserts({ edges }: Workload, rounds: number): { p99: number; p999: number; max: number } {
  const least = new Float64Array(edges.length / 2).fill(Number.POSITIVE_INFINITY);
  for (let round = 0; round < rounds; round++) {
    const graph = new DependencyGraph();
    let before = performance.now();
    for (let i = 0; i < least.length; i++) {
      graph.add(edges[2 * i]!, edges[2 * i + 1]!);
      const after = performance.now();
      least[i] = Math.min(least[i]!, (after - before) * 1e6);
      before = after;
    }
  }
  return { p99: quantile(least, 0.99), p999: quantile(least, 0.999), max: quantile(least, 1) };
}

/** Edges that close a circle: from the end of a random walk of one to five steps back to its start. */
function closingEdges(graph: DependencyGraph, count: number): [number, number][] {
  const random = randomNumbers(17);
  const closing: [number, number][] = [];
  while (closing.length < count) {
    const start = graph.from(Math.floor(random() * graph.edgeLimit));
    let node = start;
    for (let steps = 1 + Math.floor(random() * 5); steps > 0 && graph.newestOut(node) >= 0; steps--) {
      let edge = graph.newestOut(node);
      for (let skip = Math.floor(random() * 4); skip > 0 && graph.olderOut(edge) >= 0; skip--) {
        edge = graph.olderOut(edge);
      }
      node = graph.to(edge);
    }
    if (!graph.hasEdge(node, start)) {
      closing.push([node, start]);
    }
  }
  return closing;
}

/** Nanoseconds of adding an edge that closes a circle, and of finding the shortest such circle. */
export function rejectedCost(workload: Workload): { add: number; path: number; both: number; bothP99: number } {
  const graph = built(workload);
  const samples: { add: number; path: number }[] = [];
  for (const [from, to] of closingEdges(graph, 4000)) {
    const start = performance.now();
    const result = graph.add(from, to);
    const added = performance.now();
    const path = shortestPath(graph, to, from);
    const found = performance.now();
    if (result !== 'closes-circle' || path === null) {
      throw new Error(`${from} -> ${to} should close a circle`);
    }
    graph.deleteEdge(graph.lastEdge);
    samples.push({ add: (added - start) * 1e6, path: (found - added) * 1e6 });
  }
  const warm = samples.slice(1000);
  const both = warm.map(({ add, path }) => add + path);
  return {
    add: median(warm.map(({ add }) => add)),
    path: median(warm.map(({ path }) => path)),
    both: median(both),
    bothP99: quantile(both, 0.99),
  };
}

/** Nanoseconds per new edge for the last tenth of a workload, with `aside` circle-closing edges in the graph by then. */
export function costWithCircles({ edges }: Workload, aside: number, builds: number): number {
  const first = Math.floor((edges.length / 2) * 0.9);
  const samples: number[] = [];
  for (let build = 0; build < builds + 3; build++) {
    const graph = new DependencyGraph();
    for (let i = 0; i < first; i++) {
      graph.add(edges[2 * i]!, edges[2 * i + 1]!);
    }
    for (const [from, to] of closingEdges(graph, aside)) {
      graph.add(from, to);
    }
    const count = Math.min(edges.length / 2 - first, aside === 0 ? 1e9 : 4000);
    const ns = nanoseconds(() => {
      for (let i = first; i < first + count; i++) {
        graph.add(edges[2 * i]!, edges[2 * i + 1]!);
      }
    });
    samples.push(ns / count);
  }
  // The first builds also pay for the compiler.
  return median(samples.slice(3));
}

/** Nanoseconds per question "is this edge known?", asked of the graph and of a Map in turns: all edges in random order. */
export function probeCost(workload: Workload, rounds: number): { graph: number; add: number; map: number } {
  const { edges } = workload;
  const graph = built(workload);
  const map = new Map<number, number>();
  for (let i = 0; i < edges.length; i += 2) {
    map.set(edges[i]! * 2 ** 26 + edges[i + 1]!, i >> 1);
  }
  const random = randomNumbers(5);
  const questions = new Int32Array(1_000_000);
  for (let i = 0; i < questions.length; i += 2) {
    const edge = Math.floor((random() * edges.length) / 2);
    questions[i] = edges[2 * edge]!;
    questions[i + 1] = edges[2 * edge + 1]!;
  }
  // Three loops instead of one that calls a function: the call would cost as much as the shortest of them.
  const loops = {
    graph: () => {
      let sum = 0;
      for (let i = 0; i < questions.length; i += 2) {
        sum = (sum + graph.edgeOf(questions[i]!, questions[i + 1]!)) | 0;
      }
      return sum;
    },
    add: () => {
      let sum = 0;
      for (let i = 0; i < questions.length; i += 2) {
        sum = graph.add(questions[i]!, questions[i + 1]!) === 'known' ? (sum + graph.lastEdge) | 0 : Number.NaN;
      }
      return sum;
    },
    map: () => {
      let sum = 0;
      for (let i = 0; i < questions.length; i += 2) {
        sum = (sum + map.get(questions[i]! * 2 ** 26 + questions[i + 1]!)!) | 0;
      }
      return sum;
    },
  };
  const sums = new Set<number>();
  const samples = { graph: [] as number[], add: [] as number[], map: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    for (const name of ['add', 'map', 'graph', 'map'] as const) {
      const ns = nanoseconds(() => {
        sums.add(loops[name]());
      });
      samples[name].push((2 * ns) / questions.length);
    }
  }
  if (sums.size !== 1) {
    throw new Error('the graph and the Map do not agree');
  }
  return { graph: median(samples.graph), add: median(samples.add), map: median(samples.map) };
}
