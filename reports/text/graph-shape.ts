import type { ClassId } from '../../src/core/ids.ts';

/** A small graph of names, as far as drawing needs it: nodes and edges in order of first appearance. */
export interface NameGraph {
  readonly nodes: readonly ClassId[];
  readonly next: ReadonlyMap<ClassId, readonly ClassId[]>;
  readonly previous: ReadonlyMap<ClassId, readonly ClassId[]>;
  readonly edges: readonly (readonly [from: ClassId, to: ClassId])[];
}

/** A shape the kernel's documentation has a drawing for. */
export type Shape =
  /** `A -> B -> C` */
  | { readonly kind: 'chain'; readonly nodes: readonly ClassId[] }
  /** A loop; `branch` leaves its last node. */
  | { readonly kind: 'loop'; readonly nodes: readonly ClassId[]; readonly branch: readonly ClassId[] }
  /** Two chains that meet in `tail`; `loops`: the end of `tail` goes back to the start of `lower`. */
  | {
      readonly kind: 'meeting';
      readonly upper: readonly ClassId[];
      readonly lower: readonly ClassId[];
      readonly tail: readonly ClassId[];
      readonly loops: boolean;
    }
  /** A chain that parts in two. */
  | {
      readonly kind: 'parting';
      readonly head: readonly ClassId[];
      readonly upper: readonly ClassId[];
      readonly lower: readonly ClassId[];
    };

export function nameGraph(edges: readonly (readonly [from: ClassId, to: ClassId])[]): NameGraph {
  const next = new Map<ClassId, ClassId[]>();
  const previous = new Map<ClassId, ClassId[]>();
  const distinct: (readonly [ClassId, ClassId])[] = [];
  for (const [from, to] of edges) {
    if (next.get(from)?.includes(to)) continue;
    for (const node of [from, to]) {
      if (next.has(node)) continue;
      next.set(node, []);
      previous.set(node, []);
    }
    next.get(from)?.push(to);
    previous.get(to)?.push(from);
    distinct.push([from, to]);
  }
  return { nodes: [...next.keys()], next, previous, edges: distinct };
}

/** The graph cut into parts that no edge connects, each in order of first appearance. */
export function connectedParts(graph: NameGraph): readonly NameGraph[] {
  const partOf = new Map<ClassId, number>();
  let parts = 0;
  for (const root of graph.nodes) {
    if (partOf.has(root)) continue;
    const open = [root];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (partOf.has(node)) continue;
      partOf.set(node, parts);
      open.push(...(graph.next.get(node) ?? []), ...(graph.previous.get(node) ?? []));
    }
    parts++;
  }
  return Array.from({ length: parts }, (_, part) =>
    nameGraph(graph.edges.filter(([from]) => partOf.get(from) === part)),
  );
}

/** The shape of a connected graph, or null when it is none of those that can be drawn. Linear in nodes and edges. */
export function shapeOf(graph: NameGraph): Shape | null {
  const outs = (node: ClassId): readonly ClassId[] => graph.next.get(node) ?? [];
  const ins = (node: ClassId): readonly ClassId[] => graph.previous.get(node) ?? [];
  const parting = graph.nodes.filter((node) => outs(node).length > 1);
  const meeting = graph.nodes.filter((node) => ins(node).length > 1);
  if (parting.length + meeting.length > 1) return null;
  const [fork] = parting;
  const [join] = meeting;
  if (fork !== undefined) return outs(fork).length === 2 ? forkShape(graph, fork) : null;
  if (join !== undefined) return ins(join).length === 2 ? joinShape(graph, join) : null;
  const start = graph.nodes.find((node) => ins(node).length === 0);
  if (start !== undefined) return { kind: 'chain', nodes: walk(graph.next, start) };
  return { kind: 'loop', nodes: walk(graph.next, graph.nodes[0] as ClassId), branch: [] };
}

/** Follows single edges from `start` until they end, come back, or reach `stop`. */
function walk(
  along: ReadonlyMap<ClassId, readonly ClassId[]>,
  start: ClassId,
  stop: ClassId | null = null,
): readonly ClassId[] {
  const nodes: ClassId[] = [];
  const seen = new Set<ClassId>();
  let node: ClassId | undefined = start;
  while (node !== undefined && node !== stop && !seen.has(node)) {
    seen.add(node);
    nodes.push(node);
    node = along.get(node)?.[0];
  }
  return nodes;
}

function forkShape(graph: NameGraph, fork: ClassId): Shape {
  const [first, second] = (graph.next.get(fork) ?? []).map((node) => walk(graph.next, node, fork)) as [
    readonly ClassId[],
    readonly ClassId[],
  ];
  const returns = (path: readonly ClassId[]): boolean =>
    path.length === 0 || graph.next.get(path[path.length - 1] as ClassId)?.[0] === fork;
  if (returns(first)) return { kind: 'loop', nodes: [...first, fork], branch: second };
  if (returns(second)) return { kind: 'loop', nodes: [...second, fork], branch: first };
  const head = [...walk(graph.previous, fork)].reverse();
  return { kind: 'parting', head, upper: first, lower: second };
}

function joinShape(graph: NameGraph, join: ClassId): Shape | null {
  const [first, second] = (graph.previous.get(join) ?? []).map((node): readonly ClassId[] =>
    [...walk(graph.previous, node, join)].reverse(),
  ) as [readonly ClassId[], readonly ClassId[]];
  const tail = walk(graph.next, join);
  const last = tail[tail.length - 1] as ClassId;
  if ((graph.next.get(last) ?? []).length === 0)
    return { kind: 'meeting', upper: first, lower: second, tail, loops: false };
  const ring = first.some((node) => tail.includes(node)) || first.length === 0 ? first : second;
  return loopedMeeting(graph, join, ring === first ? second : first, tail);
}

/** A chain that enters a loop: the loop is cut where its newest edge closed it, or behind `join` if that one leads there. */
function loopedMeeting(
  graph: NameGraph,
  join: ClassId,
  upper: readonly ClassId[],
  loop: readonly ClassId[],
): Shape | null {
  if (loop.length < 2) return null;
  const newest = graph.edges.findLast(([from, to]) => loop.includes(from) && loop.includes(to));
  const cut = newest === undefined || newest[1] === join ? 1 : loop.indexOf(newest[1]);
  return { kind: 'meeting', upper, lower: loop.slice(cut), tail: loop.slice(0, cut), loops: true };
}
