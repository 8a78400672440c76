import { describe, expect, test } from 'vitest';
import { shortestPath } from '../../../src/core/circle-search.ts';
import { DependencyGraph } from '../../../src/core/graph.ts';

function added(graph: DependencyGraph, ...edges: [number, number][]): string[] {
  return edges.map(([from, to]) => graph.add(from, to));
}

describe('DependencyGraph', () => {
  test('tells known, new and circle-closing edges apart', () => {
    const graph = new DependencyGraph();
    expect(added(graph, [0, 1], [1, 2], [0, 1], [2, 0], [2, 0], [0, 2])).toEqual([
      'added',
      'added',
      'known',
      'closes-circle',
      'known',
      'closes-circle',
    ]);
    expect([graph.nodeCount, graph.edgeCount]).toEqual([3, 4]);
    graph.checkInvariants();
  });

  test('an edge from a node to itself closes a circle, and keeps no other edge from being simply added', () => {
    const graph = new DependencyGraph();
    expect(added(graph, [1, 1], [1, 1], [1, 2], [0, 1])).toEqual(['closes-circle', 'known', 'added', 'added']);
    expect([graph.isSetAside(graph.edgeOf(1, 1)), graph.isSetAside(graph.edgeOf(1, 2))]).toEqual([true, false]);
    graph.checkInvariants();
  });

  test('finds circles that need an edge set aside', () => {
    const graph = new DependencyGraph();
    // 2 -> 0 closes 0 -> 1 -> 2; then 2 -> 0 -> 3 -> 2 passes it without 1.
    expect(added(graph, [0, 1], [1, 2], [2, 0], [0, 3])).toEqual(['added', 'added', 'closes-circle', 'added']);
    expect(graph.isSetAside(graph.edgeOf(2, 0))).toBe(true);
    expect(graph.add(3, 2)).toBe('closes-circle');
    expect(graph.isSetAside(graph.lastEdge)).toBe(false);
    expect(shortestPath(graph, 2, 3)).toEqual([graph.edgeOf(2, 0), graph.edgeOf(0, 3)]);
    graph.checkInvariants();
  });

  test('finds circles that need two edges set aside', () => {
    const graph = new DependencyGraph();
    added(graph, [0, 1], [1, 0], [2, 3], [3, 2]);
    expect(added(graph, [0, 2], [3, 4], [4, 1])).toEqual(['added', 'added', 'closes-circle']);
    graph.checkInvariants();
  });

  test('gives edges set aside back to the order when their circles are gone', () => {
    const graph = new DependencyGraph();
    added(graph, [0, 1], [1, 2], [2, 0]);
    const closing = graph.edgeOf(2, 0);
    graph.deleteEdge(graph.edgeOf(0, 1));
    expect(added(graph, [1, 0])).toEqual(['added']);
    expect(graph.isSetAside(closing)).toBe(false);
    expect(graph.add(0, 1)).toBe('closes-circle');
    graph.checkInvariants();
  });

  for (const circles of [31, 33, 130, 300]) {
    test(`tells which new edges join ${circles} separate circles`, () => {
      const graph = new DependencyGraph();
      for (let node = 0; node < 2 * circles; node += 2) {
        expect(added(graph, [node, node + 1], [node + 1, node])).toEqual(['added', 'closes-circle']);
      }
      // Chains of seven circles; what leads from circle to circle leads back only inside a chain once that is closed.
      const next = (circle: number): number => (2 * circle + 2) % (2 * circles);
      for (let circle = 0; circle + 1 < circles; circle++) {
        if (circle % 7 !== 6) {
          expect(graph.add(2 * circle + 1, next(circle))).toBe('added');
        }
      }
      for (let circle = 0; circle + 7 < circles; circle += 7) {
        expect(graph.add(2 * circle + 12, next(circle + 6))).toBe('added');
        expect(graph.add(2 * circle + 3, 2 * circle + 8)).toBe('added');
        expect(graph.add(2 * circle + 9, 2 * circle + 2)).toBe('closes-circle');
        expect(graph.add(2 * circle + 13, 2 * circle + 4)).toBe('closes-circle');
        expect(graph.add(2 * circle, 2 * circle + 12)).toBe('added');
      }
      graph.checkInvariants();
      graph.removeNode(2);
      expect(graph.add(0, 4)).toBe('added');
      expect(graph.add(12, 7)).toBe('closes-circle');
      graph.checkInvariants();
    });
  }

  test('deletes edges and gives their numbers again', () => {
    const graph = new DependencyGraph();
    added(graph, [0, 1], [1, 2], [2, 3]);
    const edge = graph.edgeOf(1, 2);
    expect([graph.deleteEdge(edge), graph.deleteEdge(edge), graph.deleteEdge(-1), graph.deleteEdge(99)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect([graph.hasEdge(1, 2), graph.from(edge), graph.to(edge), graph.edgeCount]).toEqual([false, -1, -1, 2]);
    expect(graph.add(3, 0)).toBe('added');
    expect([graph.lastEdge, graph.edgeLimit]).toEqual([edge, 3]);
    expect(graph.add(1, 2)).toBe('closes-circle');
    graph.checkInvariants();
  });

  test('removes a node with all its edges', () => {
    const graph = new DependencyGraph();
    added(graph, [0, 1], [1, 2], [2, 0], [1, 1], [3, 1], [2, 3]);
    graph.removeNode(1);
    expect([graph.edgeCount, graph.newestIn(1), graph.newestOut(1)]).toEqual([2, -1, -1]);
    graph.checkInvariants();
    graph.removeNode(1);
    graph.removeNode(50);
    graph.removeNode(-1);
    expect(added(graph, [0, 1], [1, 2], [1, 1])).toEqual(['added', 'closes-circle', 'closes-circle']);
    graph.checkInvariants();
  });

  test('visits edges from the newest on, and lets the visitor delete them', () => {
    const graph = new DependencyGraph();
    added(graph, [0, 1], [0, 2], [0, 3], [3, 0], [2, 3]);
    const seen: number[] = [];
    graph.successors(0, (node, edge) => {
      seen.push(node);
      graph.deleteEdge(edge);
    });
    expect([seen, graph.newestOut(0)]).toEqual([[3, 2, 1], -1]);
    graph.predecessors(3, (node, edge) => expect([node, edge]).toEqual([2, graph.edgeOf(2, 3)]));
    graph.predecessors(77, () => expect.unreachable());
  });

  test('refuses numbers that are no nodes', () => {
    const graph = new DependencyGraph();
    for (const [from, to] of [
      [-1, 0],
      [0, -1],
      [0.5, 1],
      [0, Number.NaN],
      [0, 2 ** 24],
    ] as const) {
      expect(() => graph.add(from, to)).toThrow(RangeError);
    }
    expect(graph.edgeCount).toBe(0);
    expect([graph.hasEdge(-1, 0), graph.edgeOf(0.5, 1)]).toEqual([false, -1]);
    graph.checkInvariants();
  });

  test('checkInvariants notices a contradiction', () => {
    const graph = new DependencyGraph();
    added(graph, [0, 1], [1, 2]);
    graph.olderOut = (edge) => (edge === 0 ? 1 : -1);
    expect(() => graph.checkInvariants()).toThrow('edge 1 is listed at 0 but starts at 1');
  });

  test('keeps its order with 100,000 nodes, and knows each of 2,000 edges turned round', () => {
    const graph = new DependencyGraph();
    const nodes = 100_000;
    let seed = 7;
    const random = (): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
      return (seed >>> 4) % nodes;
    };
    // The hidden order of node n is n * 77773 modulo a prime, so that node numbers say nothing.
    const rank = (node: number): number => (node * 77_773) % 100_003;
    let closed = 0;
    for (let i = 0; i < 4 * nodes; i++) {
      const [a, b] = [random(), random()];
      if (a !== b) {
        closed += (rank(a) < rank(b) ? graph.add(a, b) : graph.add(b, a)) === 'closes-circle' ? 1 : 0;
      }
    }
    expect(closed).toBe(0);
    graph.checkInvariants();
    for (let i = 0; i < 2000; i++) {
      const edge = (i * 197) % graph.edgeLimit;
      const [from, to] = [graph.from(edge), graph.to(edge)];
      closed += graph.add(to, from) === 'closes-circle' ? 1 : 0;
      expect(shortestPath(graph, from, to)).toEqual([edge]);
      graph.deleteEdge(graph.lastEdge);
    }
    expect(closed).toBe(2000);
  });
});
