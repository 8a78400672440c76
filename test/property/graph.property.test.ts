import fc from 'fast-check';
import { alg, Graph } from 'graphlib';
import { describe, expect, test } from 'vitest';
import { shortestPath } from '../../src/core/circle-search.ts';
import { DependencyGraph } from '../../src/core/graph.ts';
import { PlainGraph } from './plain-graph.ts';

type Operation = { kind: 'add' | 'back' | 'repeat' | 'delete' | 'remove'; a: number; b: number };

/** Mostly edges that agree with a hidden order, some that may not, and now and then one less. */
const operation: fc.Arbitrary<Operation> = fc.record({
  kind: fc.oneof(
    { weight: 60, arbitrary: fc.constant('add' as const) },
    { weight: 12, arbitrary: fc.constant('back' as const) },
    { weight: 6, arbitrary: fc.constant('repeat' as const) },
    { weight: 12, arbitrary: fc.constant('delete' as const) },
    { weight: 2, arbitrary: fc.constant('remove' as const) },
  ),
  a: fc.nat(1 << 20),
  b: fc.nat(1 << 20),
});

let operations = 0;

class Comparison {
  readonly graph: DependencyGraph = new DependencyGraph();
  readonly plain: PlainGraph = new PlainGraph();
  readonly library: Graph | null;
  /** Position in the hidden order -> node. */
  readonly nodes: number[];
  readonly edges: [number, number][] = [];

  constructor(nodes: number[], withLibrary: boolean) {
    this.nodes = nodes;
    this.library = withLibrary ? new Graph({ directed: true }) : null;
    for (const node of nodes) {
      this.library?.setNode(`${node}`);
    }
  }

  apply({ kind, a, b }: Operation): void {
    operations++;
    const i = a % this.nodes.length;
    const j = b % this.nodes.length;
    const [first, last] = [this.nodes[Math.min(i, j)]!, this.nodes[Math.max(i, j)]!];
    const edge = this.edges[a % Math.max(1, this.edges.length)];
    if (kind === 'remove') {
      this.removeNode(first);
    } else if (kind === 'delete' && edge) {
      this.delete(...edge);
    } else if (kind === 'repeat' && edge) {
      this.add(...edge);
    } else if (kind === 'back') {
      this.add(last, first);
    } else {
      // The hidden order leaves no place for an edge from a node to itself; `back` tries those.
      this.add(first, first === last ? this.nodes[(i + 1) % this.nodes.length]! : last);
    }
  }

  add(from: number, to: number): void {
    const known = this.plain.has(from, to);
    const closes = this.plain.reaches(to, from);
    expect(this.graph.add(from, to)).toBe(known ? 'known' : closes ? 'closes-circle' : 'added');
    if (!known) {
      this.plain.add(from, to);
      this.edges.push([from, to]);
    }
    const edge = this.graph.lastEdge;
    expect([this.graph.from(edge), this.graph.to(edge), this.graph.edgeOf(from, to)]).toEqual([from, to, edge]);
    this.comparePath(to, from);
    this.compareWithLibrary(from, to, closes);
  }

  comparePath(source: number, target: number): void {
    const path = shortestPath(this.graph, source, target);
    expect(this.nodesOf(path, source)).toEqual(this.plain.path(source, target, () => true));
    const odd = (from: number, to: number): boolean => ((from * 31 + to * 17) & 3) !== 0;
    const accepted = shortestPath(this.graph, source, target, (edge) =>
      odd(this.graph.from(edge), this.graph.to(edge)),
    );
    expect(this.nodesOf(accepted, source)).toEqual(this.plain.path(source, target, odd));
  }

  nodesOf(path: number[] | null, source: number): number[] | null {
    return path && [source, ...path.map((edge) => this.graph.to(edge))];
  }

  compareWithLibrary(from: number, to: number, closes: boolean): void {
    if (!this.library) {
      return;
    }
    this.library.setEdge(`${from}`, `${to}`);
    const distance = alg.dijkstra(this.library, `${to}`)[`${from}`]!.distance;
    expect(distance).toBe(shortestPath(this.graph, to, from)?.length ?? Number.POSITIVE_INFINITY);
    const together = alg.findCycles(this.library).some((nodes) => nodes.includes(`${from}`) && nodes.includes(`${to}`));
    expect(together).toBe(closes);
  }

  delete(from: number, to: number): void {
    const edge = this.graph.edgeOf(from, to);
    expect(this.graph.deleteEdge(edge)).toBe(true);
    expect(this.graph.deleteEdge(edge)).toBe(false);
    this.plain.delete(from, to);
    this.library?.removeEdge(`${from}`, `${to}`);
    this.forgetMissingEdges();
  }

  removeNode(node: number): void {
    this.graph.removeNode(node);
    this.plain.removeNode(node);
    this.library?.removeNode(`${node}`).setNode(`${node}`);
    this.forgetMissingEdges();
  }

  forgetMissingEdges(): void {
    const left = this.edges.filter(([from, to]) => this.plain.has(from, to));
    this.edges.splice(0, this.edges.length, ...left);
  }

  check(): void {
    this.graph.checkInvariants();
    expect(this.graph.edgeCount).toBe(this.plain.edgeCount);
  }
}

const permutation = (size: number): fc.Arbitrary<number[]> =>
  fc.shuffledSubarray([...Array(size).keys()], { minLength: size });

function play(nodes: number[], steps: Operation[], withLibrary: boolean): void {
  const comparison = new Comparison(nodes, withLibrary);
  for (const step of steps) {
    comparison.apply(step);
    comparison.check();
  }
  for (const node of nodes) {
    const successors: number[] = [];
    comparison.graph.successors(node, (successor) => successors.push(successor));
    expect(successors).toEqual((comparison.plain.successors.get(node) ?? []).toReversed());
    const predecessors: number[] = [];
    comparison.graph.predecessors(node, (predecessor) => predecessors.push(predecessor));
    const expected = nodes.filter((other) => comparison.plain.has(other, node));
    expect(predecessors.toSorted((a, b) => a - b)).toEqual(expected.toSorted((a, b) => a - b));
  }
}

describe('DependencyGraph agrees with a plain graph and depth-first search', () => {
  for (const [size, length, numRuns] of [
    [4, 40, 500],
    [9, 120, 500],
    [24, 250, 250],
  ] as const) {
    test(`random operations on ${size} nodes`, { timeout: 60_000 }, () => {
      const steps = fc.array(operation, { minLength: length / 2, maxLength: length, size: 'max' });
      fc.assert(
        fc.property(permutation(size), steps, (nodes, list) => play(nodes, list, false)),
        { seed: 0x5eed + size, numRuns },
      );
    });
  }

  test('and with graphlib', { timeout: 60_000 }, () => {
    const steps = fc.array(operation, { minLength: 20, maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(permutation(7), steps, (nodes, list) => play(nodes, list, true)),
      { seed: 0x11b, numRuns: 150 },
    );
  });

  for (const [pairs, numRuns] of [
    [40, 80],
    [300, 6],
  ] as const) {
    test(`on ${pairs} separate circles that edges and deletions join and part`, { timeout: 60_000 }, () => {
      const steps = fc.array(operation, { minLength: 60, maxLength: 150, size: 'max' });
      fc.assert(
        fc.property(permutation(2 * pairs), steps, (nodes, list) => {
          const comparison = new Comparison(nodes, false);
          for (let pair = 0; pair < pairs; pair++) {
            comparison.add(nodes[2 * pair]!, nodes[2 * pair + 1]!);
            comparison.add(nodes[2 * pair + 1]!, nodes[2 * pair]!);
          }
          for (const step of list) {
            // Circles close of themselves here: few edges need to be made to do so.
            comparison.apply(step.kind === 'back' && step.a % 4 > 0 ? { ...step, kind: 'add' } : step);
            comparison.check();
          }
        }),
        { seed: 0x2bad, numRuns },
      );
    });
  }

  test('in at least 100,000 operations', () => {
    expect(operations).toBeGreaterThanOrEqual(100_000);
  });
});

describe('a graph without circles', () => {
  /** Every edge that a hidden order of `size` nodes allows, or a part of them, in any order. */
  const acyclic = (size: number, share: number): fc.Arbitrary<[number, number][]> => {
    const pairs = size * (size - 1) * 0.5;
    return fc
      .tuple(permutation(size), fc.shuffledSubarray([...Array(pairs).keys()], { minLength: pairs * share }))
      .map(([nodes, chosen]) => {
        const all = nodes.flatMap((from, i) => nodes.slice(i + 1).map((to): [number, number] => [from, to]));
        return chosen.map((pair) => all[pair]!);
      });
  };

  for (const [size, share, numRuns] of [
    [12, 0, 150],
    [40, 0.9, 30],
  ] as const) {
    test(`of ${size} nodes never reports one, and every edge turned round closes one`, { timeout: 60_000 }, () => {
      fc.assert(
        fc.property(acyclic(size, share), (edges) => {
          const graph = new DependencyGraph();
          for (const [from, to] of edges) {
            expect(graph.add(from, to)).toBe('added');
          }
          graph.checkInvariants();
          for (const [from, to] of edges) {
            expect(graph.add(to, from)).toBe('closes-circle');
            expect(shortestPath(graph, from, to)).toHaveLength(1);
          }
          graph.checkInvariants();
          expect(graph.edgeCount).toBe(2 * edges.length);
        }),
        { seed: 0xdac, numRuns },
      );
    });

    test(`of ${size} nodes has an order whatever is deleted and added again`, { timeout: 60_000 }, () => {
      fc.assert(
        fc.property(acyclic(size, share), fc.infiniteStream(fc.nat()), (edges, choices) => {
          const graph = new DependencyGraph();
          for (const [index, [from, to]] of edges.entries()) {
            expect(graph.add(from, to)).toBe('added');
            const old = edges[choices.next().value % (index + 1)]!;
            if (index % 3 === 0) {
              graph.deleteEdge(graph.edgeOf(...old));
              expect(graph.hasEdge(...old)).toBe(false);
              expect(graph.add(...old)).toBe('added');
            } else if (index % 7 === 0) {
              graph.removeNode(old[0]);
              graph.checkInvariants();
            }
          }
          graph.checkInvariants();
          for (const edge of edges) {
            expect(graph.add(...edge)).not.toBe('closes-circle');
          }
        }),
        { seed: 0xde1, numRuns },
      );
    });
  }
});
