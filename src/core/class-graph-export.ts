import { Graph, json } from 'graphlib';
import { className, type EventClass } from './classes.ts';
import type { Dependency } from './dependency.ts';
import { DeptError } from './dept-error.ts';

/** What an exported class graph keeps of a class. */
export interface ClassNode {
  readonly name: string;
  readonly kind: string;
  readonly site: string | null;
}

/** What it keeps of a dependency. */
export interface DependencyEdge {
  readonly rule: string;
  readonly context: string;
  readonly timed: boolean;
}

/** A class graph read back. */
export interface ClassGraph {
  readonly classes: readonly ClassNode[];
  /** Pairs of indices into `classes`. */
  readonly dependencies: readonly (DependencyEdge & { readonly from: number; readonly to: number })[];
}

/** graphlib loses nodes called `constructor` or `__proto__`: ids are made of the index, names are labels. */
const nodeId = (index: number): string => `c${index}`;

/**
 * The class graph as graphlib's JSON: nodes in order of class, edges in the order given. Everything that reads graphlib
 * can work on it. O(classes + dependencies); for files and drawings, never on the hot path.
 */
export function exportClassGraph(dependencies: Iterable<Dependency>): object {
  const graph = new Graph({ directed: true });
  const add = (eventClass: EventClass): string => {
    const id = nodeId(eventClass.id);
    const { key } = eventClass;
    if (!graph.hasNode(id)) graph.setNode(id, { name: className(eventClass), kind: key.kind, site: key.site });
    return id;
  };
  for (const { from, to, rule, context, timed } of dependencies) {
    graph.setEdge(add(from), add(to), { rule, context: context.name, timed });
  }
  return json.write(graph) as object;
}

/**
 * Reads an exported class graph.
 * @throws DeptError ERR_DEPT_BAD_GRAPH when it is not one
 */
export function importClassGraph(value: unknown): ClassGraph {
  const graph = readGraph(value);
  const index = new Map<string, number>();
  const classes = graph.nodes().map((id, i) => {
    index.set(id, i);
    const label = graph.node(id) as Partial<ClassNode> | undefined;
    if (typeof label?.name !== 'string')
      throw new DeptError('ERR_DEPT_BAD_GRAPH', `Node ${id} of the graph has no name.`);
    return { name: label.name, kind: label.kind ?? 'unknown', site: label.site ?? null };
  });
  const dependencies = graph.edges().map((edge) => {
    const label = graph.edge(edge) as Partial<DependencyEdge> | undefined;
    const { rule = 'unknown', context = 'unknown', timed = false } = label ?? {};
    return { from: index.get(edge.v) ?? 0, to: index.get(edge.w) ?? 0, rule, context, timed };
  });
  return { classes, dependencies };
}

function readGraph(value: unknown): Graph {
  const isGraph =
    typeof value === 'object' &&
    value !== null &&
    Array.isArray((value as { nodes?: unknown }).nodes) &&
    Array.isArray((value as { edges?: unknown }).edges);
  if (!isGraph)
    throw new DeptError('ERR_DEPT_BAD_GRAPH', 'This is not a class graph: it has no lists of nodes and edges.');
  return json.read(value as never) as Graph;
}
