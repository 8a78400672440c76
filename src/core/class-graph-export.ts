import { Graph, json } from 'graphlib';
import type { EventClass } from './classes.ts';
import type { Dependency } from './dependency.ts';
import { DeptError } from './dept-error.ts';
import {
  classNode,
  type EventClassNode,
  type EvidenceEdge,
  type EvidenceGraph,
  type ExportedGate,
  type ExportedPlace,
  evidenceOf,
} from './evidence-graph.ts';
import { isEdge, isNode } from './exported-labels.ts';

export type {
  ClassGraph,
  ClassNode,
  DependencyEdge,
  EventClassNode,
  EvidenceEdge,
  EvidenceGraph,
  ExportedGate,
  ExportedPlace,
} from './evidence-graph.ts';

const NO_PLACE: ExportedPlace = Object.freeze({ label: null, frames: [] });

const NO_LABEL: EvidenceEdge = Object.freeze({
  rule: 'unknown',
  context: 'unknown',
  contextKind: 'main',
  timed: false,
  irqs: [],
  start: NO_PLACE,
  wait: NO_PLACE,
  event: NO_PLACE,
  gates: [],
});

/** graphlib loses nodes called `constructor` or `__proto__`: ids are made of the index, names are labels. */
const nodeId = (index: number): string => `c${index}`;

/**
 * The class graph as graphlib's JSON: nodes in order of class, edges in the order given. Everything that reads graphlib
 * can work on it. O(classes + dependencies); for files and drawings, never on the hot path: it reads the stacks.
 * @param gatesOf the locks that are known to surround each sighting of a dependency
 */
export function exportClassGraph(
  dependencies: Iterable<Dependency>,
  gatesOf: (dependency: Dependency) => readonly ExportedGate[] = () => [],
): object {
  const graph = new Graph({ directed: true });
  const add = (eventClass: EventClass): string => {
    const id = nodeId(eventClass.id);
    if (!graph.hasNode(id)) graph.setNode(id, classNode(eventClass));
    return id;
  };
  for (const dependency of dependencies) {
    const { from, to } = dependency;
    graph.setEdge(add(from), add(to), evidenceOf(dependency, gatesOf(dependency)));
  }
  return json.write(graph) as object;
}

/** The JSON of an exported class graph. @throws DeptError ERR_DEPT_BAD_GRAPH when it is none */
export function parseClassGraph(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badGraph(`it is not JSON (${(error as Error).message})`);
  }
}

/**
 * Reads an exported class graph; what an older dept did not write is left empty.
 * @throws DeptError ERR_DEPT_BAD_GRAPH when it is not one
 */
export function importClassGraph(value: unknown): EvidenceGraph {
  const graph = readGraph(value);
  const index = new Map<string, number>();
  const classes = graph.nodes().map((id, i) => {
    index.set(id, i);
    const label = graph.node(id) as Partial<EventClassNode> | undefined;
    if (typeof label?.name !== 'string')
      throw new DeptError('ERR_DEPT_BAD_GRAPH', `Node ${id} of the graph has no name.`);
    const sub = label.sub ?? Number(/:(\d+)$/.exec(label.name)?.[1] ?? 0);
    const { kind = 'unknown', site = null, capacity = 1 } = label;
    const node = { name: label.name, kind, site, sub, capacity };
    if (!isNode(node)) throw badGraph(`its node ${id} is none`);
    return node;
  });
  const dependencies = graph.edges().map((edge) => {
    const label = { ...NO_LABEL, ...(graph.edge(edge) as Partial<EvidenceEdge> | undefined) };
    if (!isEdge(label)) throw badGraph(`its edge from ${edge.v} to ${edge.w} is none`);
    return { from: index.get(edge.v) ?? 0, to: index.get(edge.w) ?? 0, ...label };
  });
  return { classes, dependencies };
}

function readGraph(value: unknown): Graph {
  const isGraph =
    typeof value === 'object' &&
    value !== null &&
    Array.isArray((value as { nodes?: unknown }).nodes) &&
    Array.isArray((value as { edges?: unknown }).edges);
  if (!isGraph) throw badGraph('it has no lists of nodes and edges');
  try {
    return json.read(value as never) as Graph;
  } catch {
    throw badGraph('one of its nodes or edges is none');
  }
}

function badGraph(why: string): DeptError {
  return new DeptError(
    'ERR_DEPT_BAD_GRAPH',
    `This is not a class graph: ${why}. A class graph is what dept run --graph writes.`,
  );
}
