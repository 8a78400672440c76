import { alg, Graph } from 'graphlib';
import { mean, median, nanoseconds } from './timing.ts';
import type { Workload } from './workloads.ts';

/** What the usual detector does, in the usual containers: before each new edge look breadth first for the way back. */
export class SearchedSets {
  readonly #successors: Map<number, Set<number>> = new Map();

  insert(from: number, to: number): boolean {
    if (this.#successors.get(from)?.has(to)) {
      return true;
    }
    if (this.#reaches(to, from)) {
      return false;
    }
    this.link(from, to);
    return true;
  }

  link(from: number, to: number): void {
    const successors = this.#successors.get(from);
    if (successors) {
      successors.add(to);
    } else {
      this.#successors.set(from, new Set([to]));
    }
  }

  #reaches(source: number, target: number): boolean {
    const met = new Set([source]);
    const queue = [source];
    for (const node of queue) {
      if (node === target) {
        return true;
      }
      for (const next of this.#successors.get(node) ?? []) {
        if (!met.has(next)) {
          met.add(next);
          queue.push(next);
        }
      }
    }
    return false;
  }
}

/** Edge positions of a workload at which eight samples of `count` insertions start. */
function fillLevels({ edges }: Workload, count: number): number[] {
  const total = edges.length / 2;
  return Array.from({ length: 8 }, (_, level) => Math.min(Math.floor((total * (level + 0.5)) / 8), total - count));
}

/** Nanoseconds per insertion with a search per insertion: mean of samples at eight fill levels. */
export function searchedSetsCost(workload: Workload): number {
  const count = workload.nodes > 1000 ? 100 : 400;
  const graph = new SearchedSets();
  const samples: number[] = [];
  let edge = 0;
  for (const start of fillLevels(workload, count)) {
    for (; edge < start; edge++) {
      graph.link(workload.edges[2 * edge]!, workload.edges[2 * edge + 1]!);
    }
    const ns = nanoseconds(() => {
      for (; edge < start + count; edge++) {
        graph.insert(workload.edges[2 * edge]!, workload.edges[2 * edge + 1]!);
      }
    });
    samples.push(ns / count);
  }
  return mean(samples);
}

/** Nanoseconds per insertion with graphlib, setEdge and findCycles: mean of samples at eight fill levels. */
export function graphlibCost(workload: Workload): number {
  const count = workload.nodes > 10_000 ? 1 : workload.nodes > 1000 ? 3 : 7;
  const graph = new Graph({ directed: true });
  const names = Array.from({ length: workload.nodes }, (_, node) => `${node}`);
  const link = (edge: number): void => {
    graph.setEdge(names[workload.edges[2 * edge]!]!, names[workload.edges[2 * edge + 1]!]!);
  };
  const samples: number[] = [];
  let edge = 0;
  for (const start of fillLevels(workload, count)) {
    for (; edge < start; edge++) {
      link(edge);
    }
    const each: number[] = [];
    for (; edge < start + count; edge++) {
      each.push(
        nanoseconds(() => {
          link(edge);
          if (alg.findCycles(graph).length > 0) {
            throw new Error('graphlib found a circle where there is none');
          }
        }),
      );
    }
    samples.push(median(each));
  }
  return mean(samples);
}
