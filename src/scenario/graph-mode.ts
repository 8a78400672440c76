import { shortestPath } from '../core/circle-search.ts';
import { DependencyGraph } from '../core/graph.ts';
import type { ScenarioCase } from './case.ts';
import type { Op } from './op.ts';

/** An operation whose stated result does not hold. */
export interface Failed {
  readonly op: string;
  readonly got: string;
}

export interface GraphRun {
  /** Some edge closed a circle. */
  readonly hasCircle: boolean;
  /** Stated results that were checked. */
  readonly checked: number;
  readonly failed: readonly Failed[];
}

/**
 * Runs `add_edge`, `remove_node` and `path` on a dependency graph. An edge that closes a circle is refused: it does not
 * stay unless the case says `keep=1`.
 */
export function runGraph(scenario: ScenarioCase): GraphRun {
  const nodes = new Nodes();
  const failed: Failed[] = [];
  let checked = 0;
  let hasCircle = false;
  for (const op of scenario.contexts.flatMap(({ ops }) => ops)) {
    const got = step(nodes, op);
    if (got === 'cycle') hasCircle = true;
    if (op.result === null) continue;
    checked++;
    if (got !== op.result && !isEqualPath(nodes, op, got)) failed.push({ op: op.text, got });
  }
  return { hasCircle, checked, failed };
}

/** Graph nodes by the names of the case. A removed name stands for a new node when it comes again. */
class Nodes {
  readonly graph: DependencyGraph = new DependencyGraph();
  readonly #numbers = new Map<string, number>();
  readonly #names: string[] = [];

  number(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const number = this.#names.length;
    this.#numbers.set(name, number);
    this.#names.push(name);
    this.graph.ensureNode(number);
    return number;
  }

  name(number: number): string {
    return this.#names[number] ?? '?';
  }

  remove(name: string): void {
    const number = this.#numbers.get(name);
    if (number === undefined) return;
    this.graph.removeNode(number);
    this.#numbers.delete(name);
  }
}

function step(nodes: Nodes, op: Op): string {
  if (op.verb === 'remove_node') {
    nodes.remove(op.target);
    return 'ok';
  }
  const [from, to] = [nodes.number(op.target), nodes.number(op.second)];
  return op.verb === 'path' ? pathText(nodes, from, to) : addEdge(nodes, from, to, op.keep);
}

/** Of several shortest paths the case may state another one; "no path" may be written in several ways. */
function isEqualPath(nodes: Nodes, op: Op, got: string): boolean {
  if (op.verb !== 'path' || op.result === null) return false;
  if (got === 'none') return ['', 'none', 'null', '-', '0'].includes(op.result);
  const stated = op.result.split(',');
  if (stated.length !== got.split(',').length || stated[0] !== op.target || stated.at(-1) !== op.second) return false;
  return stated.every(
    (name, i) => i === 0 || nodes.graph.hasEdge(nodes.number(stated[i - 1] as string), nodes.number(name)),
  );
}

function addEdge({ graph }: Nodes, from: number, to: number, isKept: boolean): string {
  if (graph.add(from, to) !== 'closes-circle') return 'ok';
  if (!isKept) graph.deleteEdge(graph.edgeOf(from, to));
  return 'cycle';
}

/** Names along a shortest path, both ends included; `none` when there is none. */
function pathText(nodes: Nodes, from: number, to: number): string {
  if (from === to) return nodes.name(from);
  const path = shortestPath(nodes.graph, from, to);
  if (path === null) return 'none';
  return [from, ...path.map((edge) => nodes.graph.to(edge))].map((node) => nodes.name(node)).join(',');
}
