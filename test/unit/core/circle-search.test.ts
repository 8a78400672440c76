import { describe, expect, test } from 'vitest';
import { SearchMemory, shortestPath } from '../../../src/core/circle-search.ts';
import { DependencyGraph } from '../../../src/core/graph.ts';

function graphOf(...edges: [number, number][]): DependencyGraph {
  const graph = new DependencyGraph();
  for (const [from, to] of edges) {
    graph.add(from, to);
  }
  return graph;
}

function nodes(graph: DependencyGraph, path: number[] | null): string | null {
  return path?.map((edge) => `${graph.from(edge)}>${graph.to(edge)}`).join(' ') ?? null;
}

describe('shortestPath', () => {
  test('finds the path with the fewest edges', () => {
    const graph = graphOf([0, 1], [1, 2], [2, 3], [3, 4], [1, 3]);
    expect(nodes(graph, shortestPath(graph, 0, 4))).toBe('0>1 1>3 3>4');
  });

  test('takes the newest edge where paths are equally short', () => {
    const graph = graphOf([0, 1], [0, 2], [1, 3], [2, 3]);
    expect(nodes(graph, shortestPath(graph, 0, 3))).toBe('0>2 2>3');
    graph.deleteEdge(graph.edgeOf(0, 1));
    graph.add(0, 1);
    expect(nodes(graph, shortestPath(graph, 0, 3))).toBe('0>1 1>3');
  });

  test('the path from a node to itself has no edges, also with an edge from the node to itself', () => {
    const graph = graphOf([1, 1]);
    expect(shortestPath(graph, 1, 1)).toEqual([]);
  });

  test('null where there is no path, or no such node', () => {
    const graph = graphOf([0, 1], [2, 3]);
    expect([shortestPath(graph, 1, 0), shortestPath(graph, 0, 3), shortestPath(graph, 3, 0)]).toEqual([
      null,
      null,
      null,
    ]);
    expect([shortestPath(graph, 9, 0), shortestPath(graph, 0, 9), shortestPath(graph, -1, 0)]).toEqual([
      null,
      null,
      null,
    ]);
  });

  for (const width of [30, 40, 60, 100, 1000]) {
    test(`finds the way through two layers of ${width} nodes of which only the oldest edges go on`, () => {
      const graph = new DependencyGraph();
      const [first, second, last] = [1, 1 + width, 1 + 2 * width];
      graph.add(second, last);
      graph.add(first, second);
      for (let i = 0; i < width; i++) {
        graph.add(0, first + i);
        graph.add(first, second + i);
      }
      expect(nodes(graph, shortestPath(graph, 0, last))).toBe(`0>${first} ${first}>${second} ${second}>${last}`);
      expect(shortestPath(graph, first + 1, last)).toBeNull();
    });
  }

  test('goes through edges that close circles', () => {
    const graph = graphOf([0, 1], [1, 2], [2, 0], [2, 3]);
    expect(nodes(graph, shortestPath(graph, 1, 0))).toBe('1>2 2>0');
    expect(nodes(graph, shortestPath(graph, 2, 1))).toBe('2>0 0>1');
  });

  test('goes round the edges that are not accepted', () => {
    const graph = graphOf([0, 1], [1, 3], [0, 2], [2, 4], [4, 3]);
    const avoided = graph.edgeOf(1, 3);
    expect(
      nodes(
        graph,
        shortestPath(graph, 0, 3, (edge) => edge !== avoided),
      ),
    ).toBe('0>2 2>4 4>3');
    expect(shortestPath(graph, 0, 3, () => false)).toBeNull();
  });

  test('an edge that is not accepted does not hide a later one to the same node', () => {
    const graph = graphOf([0, 1], [1, 2], [0, 2]);
    const avoided = graph.edgeOf(0, 2);
    expect(
      nodes(
        graph,
        shortestPath(graph, 0, 2, (edge) => edge !== avoided),
      ),
    ).toBe('0>1 1>2');
  });

  test('a search that throws in `accept` does not disturb the next', () => {
    const graph = graphOf([0, 1], [1, 2]);
    const fail = (): boolean => {
      throw new Error('from accept');
    };
    expect(() => shortestPath(graph, 0, 2, fail)).toThrow('from accept');
    expect(shortestPath(graph, 0, 2)).toHaveLength(2);
  });
});

test('SearchMemory gives a new mark to each search, and room for new nodes', () => {
  const memory = new SearchMemory();
  expect(memory.begin(3)).not.toBe(memory.begin(3));
  memory.begin(500);
  expect(memory.met.length).toBeGreaterThanOrEqual(500);
  expect(memory.bytes).toBeGreaterThanOrEqual(2000);
});
