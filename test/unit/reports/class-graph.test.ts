import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DrawnEdge, drawClassGraph } from '../../../reports/text/class-graph.ts';
import { connectedParts, nameGraph, type Shape, shapeOf } from '../../../reports/text/graph-shape.ts';
import type { ClassId } from '../../../src/core/ids.ts';
import { Classes } from './finding-builder.ts';

function edges(text: string): readonly DrawnEdge[] {
  const classes = new Classes();
  return text.split(', ').map((edge) => {
    const [from = '', to = ''] = edge.split(' -> ');
    return { from: classes.get(from), to: classes.get(to) };
  });
}

function drawing(...lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

describe('the drawings of the kernel documentation', () => {
  test('one dependency', () => {
    expect(drawClassGraph(edges('A -> B'))).toBe('A -> B\n');
  });

  test('a loop of two', () => {
    expect(drawClassGraph(edges('A -> B, B -> A'))).toBe(
      drawing(' -> A -> B -', `/           \\`, '\\           /', ' -----------'),
    );
  });

  const loop = [' -> C -> A -> B -', `/                \\`, '\\                /', ' ----------------'];

  test('a loop of three', () => {
    expect(drawClassGraph(edges('C -> A, B -> C, A -> B'))).toBe(drawing(...loop));
  });

  test('a loop after B -> D was added', () => {
    const branch = ['                  -> D', '                 /'];
    expect(drawClassGraph(edges('C -> A, B -> C, A -> B, B -> D'))).toBe(drawing(...branch, ...loop));
  });

  test('two chains that meet, as lockdep orders A, B, E and C, D, E', () => {
    expect(drawClassGraph(edges('A -> B, B -> E, C -> D, D -> E'))).toBe(
      drawing('A -> B -', `        \\`, '         -> E', '        /', 'C -> D -'),
    );
  });

  test('the same after E -> C was added', () => {
    expect(drawClassGraph(edges('A -> B, B -> E, C -> D, D -> E, E -> C'))).toBe(
      drawing(
        '    A -> B -',
        `            \\`,
        '             -> E -',
        `            /      \\`,
        ` -> C -> D -        \\`,
        '/                   /',
        '\\                  /',
        ' ------------------',
      ),
    );
  });

  test('the ntfs3 loop with its long names', () => {
    const names = ['unlock(&ni->ni_lock:0)', 'folio_unlock(&f1)'];
    expect(drawClassGraph(edges(`${names[0]} -> ${names[1]}, ${names[1]} -> ${names[0]}`))).toBe(
      drawing(
        ' -> unlock(&ni->ni_lock:0) -> folio_unlock(&f1) -',
        `/                                                \\`,
        '\\                                                /',
        ' ------------------------------------------------',
      ),
    );
  });
});

test('a class that needs itself', () => {
  expect(drawClassGraph(edges('A -> A'))).toBe(drawing(' -> A -', '/      \\', '\\      /', ' ------'));
});

test('a chain that parts in two', () => {
  expect(drawClassGraph(edges('X -> A, A -> B, A -> C'))).toBe(
    drawing('         -> B', '        /', 'X -> A -', '        \\', '         -> C'),
  );
});

test('parts without a connection are drawn one after another', () => {
  expect(drawClassGraph(edges('A -> B, C -> D'))).toBe('A -> B\n\nC -> D\n');
});

test('what has no drawing, or a too wide one, is listed', () => {
  expect(drawClassGraph(edges('A -> B, A -> C, B -> D, C -> D'))).toBe('A -> B\nA -> C\nB -> D\nC -> D\n');
  const long = 'x'.repeat(60);
  expect(drawClassGraph(edges(`${long} -> y${long}, y${long} -> ${long}`))).toBe(
    `${long} -> y${long}\ny${long} -> ${long}\n`,
  );
});

test('readers keep their sub-class, and nothing is drawn of nothing', () => {
  expect(drawClassGraph(edges('A:8 -> B:0'))).toBe('A:8 -> B\n');
  expect(drawClassGraph([])).toBe('');
});

/** The edges a drawing of this shape shows. */
function edgesOf(shape: Shape): (readonly [number, number])[] {
  const along = (nodes: readonly number[]): (readonly [number, number])[] =>
    nodes.slice(1).map((node, index) => [nodes[index] as number, node]);
  const last = (nodes: readonly number[]): number => nodes[nodes.length - 1] as number;
  switch (shape.kind) {
    case 'chain':
      return along(shape.nodes);
    case 'loop':
      return [
        ...along(shape.nodes),
        [last(shape.nodes), shape.nodes[0] as number],
        ...along(shape.branch.length === 0 ? [] : [last(shape.nodes), ...shape.branch]),
      ];
    case 'meeting':
      return [
        ...along([...shape.upper, shape.tail[0] as number]),
        ...along([...shape.lower, ...shape.tail]),
        ...(shape.loops ? [[last(shape.tail), shape.lower[0] as number] as const] : []),
      ];
    case 'parting':
      return [...along([...shape.head, ...shape.upper]), ...along([last(shape.head), ...shape.lower])];
  }
}

test('a drawing shows exactly the edges of its graph', () => {
  const node = fc.nat({ max: 6 }).map((id) => id as ClassId);
  const kinds = new Set<string>();
  fc.assert(
    fc.property(fc.array(fc.tuple(node, node), { minLength: 1, maxLength: 7 }), (pairs) => {
      const text = (list: readonly (readonly [number, number])[]): string[] => list.map(([a, b]) => `${a}>${b}`).sort();
      const parts = connectedParts(nameGraph(pairs));
      expect(text(parts.flatMap((part) => part.edges))).toEqual([...new Set(text(pairs))]);
      for (const part of parts) {
        const shape = shapeOf(part);
        kinds.add(shape === null ? 'none' : shape.kind);
        if (shape !== null) expect(text(edgesOf(shape))).toEqual(text(part.edges));
      }
    }),
    { numRuns: 3000, seed: 20251205 },
  );
  expect([...kinds].sort()).toEqual(['chain', 'loop', 'meeting', 'none', 'parting']);
});
