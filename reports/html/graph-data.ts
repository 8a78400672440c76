import { className, type EventClass } from '../../src/core/classes.ts';
import type { Finding } from '../../src/core/finding.ts';
import type { ClassStatistics } from '../../src/tracker/statistics.ts';
import type { CountedGraph } from './graph-file.ts';
import { visible } from './markup.ts';
import { walkOf } from './ring.ts';

/** Dependencies a page carries: those nearest to the circles. Beyond it a page opens slowly and nobody could look at them. */
const MAX_EDGES = 60_000;
/** Classes a page carries; search finds these. */
const MAX_CLASSES = 50_000;

/** Bits of the fourth number of an edge. */
export const TIMED = 1;
export const ON_CIRCLE = 2;

/**
 * The class graph as the page carries it: one list for each property, numbers in flat lists, so that 10,000 classes are
 * one short JSON text.
 */
export interface GraphData {
  /** `name:sub` of each class. */
  readonly names: readonly string[];
  readonly kinds: readonly string[];
  /** For each class, an index into `kinds`. */
  readonly kindOf: readonly number[];
  /** For each class, its place of creation; empty where none is known. */
  readonly sites: readonly string[];
  readonly contexts: readonly string[];
  /** From, to, an index into `contexts`, bits: four numbers for each dependency, nearest to the circles first. */
  readonly edges: readonly number[];
  /** For each finding of the page, the classes of its circle, each before the one it waits for. */
  readonly circles: readonly (readonly number[])[];
  /** Where to start without a circle: the class with the most dependencies. */
  readonly start: number;
  /** For each class: waits, contended, gave up, open, total and longest wait; null where nothing was counted. */
  readonly statistics: readonly (readonly number[] | null)[];
  /** What times are in. */
  readonly unit: 'ms' | 'ticks';
  /** What the page leaves out. */
  readonly omitted: { readonly classes: number; readonly edges: number };
}

/** The union of the circles and of the recorded graph. O((classes + dependencies) log dependencies). */
export function graphData(findings: readonly Finding[], graph: CountedGraph | null): GraphData {
  const builder = new GraphBuilder();
  const circles = findings.map(({ circle }) => walkOf(circle).map(({ from }) => builder.classOf(lineOf(from))));
  for (const { circle } of findings) {
    for (const { from, to, context, timed } of circle) {
      const ends = [builder.classOf(lineOf(from)), builder.classOf(lineOf(to))] as const;
      builder.addEdge(...ends, context.name, ON_CIRCLE | (timed ? TIMED : 0));
    }
  }
  const ids = graph?.classes.map((line) => builder.classOf(line)) ?? [];
  for (const { from, to, context, timed } of graph?.dependencies ?? []) {
    builder.addEdge(ids[from] ?? -1, ids[to] ?? -1, context, timed ? TIMED : 0);
  }
  return builder.build(circles, graph?.statistics ?? []);
}

interface ClassLine {
  readonly name: string;
  readonly kind: string;
  readonly site: string | null;
}

function lineOf(eventClass: EventClass): ClassLine {
  return { name: className(eventClass), kind: eventClass.key.kind, site: eventClass.key.site };
}

class GraphBuilder {
  readonly #classes = new Map<string, number>();
  readonly #lines: ClassLine[] = [];
  readonly #edges = new Map<number, Map<number, { context: string; bits: number }>>();
  #omittedClasses = 0;

  /** -1 when there is no room for another class. */
  classOf({ name, kind, site }: ClassLine): number {
    const text = `${kind}\u0000${name}\u0000${site ?? ''}`;
    const known = this.#classes.get(text);
    if (known !== undefined) return known;
    const id = this.#lines.length < MAX_CLASSES ? this.#lines.push({ name, kind, site }) - 1 : -1;
    if (id === -1) this.#omittedClasses++;
    this.#classes.set(text, id);
    return id;
  }

  /** The first observation of a pair stays: circles come first. */
  addEdge(from: number, to: number, context: string, bits: number): void {
    if (from < 0 || to < 0) return;
    const targets = this.#edges.get(from) ?? new Map<number, { context: string; bits: number }>();
    this.#edges.set(from, targets);
    if (!targets.has(to)) targets.set(to, { context, bits });
  }

  build(circles: readonly (readonly number[])[], statistics: readonly ClassStatistics[]): GraphData {
    const counted = statistics.map((row) => [this.classOf(row), row] as const);
    const lines = this.#lines;
    const kinds = [...new Set(lines.map(({ kind }) => kind))];
    const kindIndex = new Map(kinds.map((kind, index) => [kind, index]));
    const unit = statistics.some(({ totalMs }) => totalMs !== null) ? 'ms' : 'ticks';
    const rows = new Map(counted.map(([id, row]) => [id, statisticsRow(row, unit)]));
    const contexts = new Map<string, number>();
    const { edges, omitted, start } = this.#nearest([...new Set(circles.flat())]);
    return {
      names: lines.map(({ name }) => visible(name)),
      kinds: kinds.map(visible),
      kindOf: lines.map(({ kind }) => kindIndex.get(kind) ?? 0),
      sites: lines.map(({ site }) => visible(site ?? '')),
      edges: edges.flatMap(([from, to]) => {
        const { context, bits } = this.#edges.get(from)?.get(to) ?? { context: '', bits: 0 };
        if (!contexts.has(context)) contexts.set(context, contexts.size);
        return [from, to, contexts.get(context) ?? 0, bits];
      }),
      contexts: [...contexts.keys()].map(visible),
      circles,
      start,
      statistics: statistics.length === 0 ? [] : lines.map((_, id) => rows.get(id) ?? null),
      unit,
      omitted: { classes: this.#omittedClasses, edges: omitted },
    };
  }

  /** The dependencies in the order in which a search from the roots meets their ends; cut where there are too many. */
  #nearest(roots: readonly number[]): { edges: (readonly [number, number])[]; omitted: number; start: number } {
    const all = [...this.#edges].flatMap(([from, targets]) => [...targets.keys()].map((to) => [from, to] as const));
    const neighbours: number[][] = this.#lines.map(() => []);
    for (const [from, to] of all) {
      neighbours[from]?.push(to);
      neighbours[to]?.push(from);
    }
    const start = neighbours.reduce((best, list, id) => (list.length > (neighbours[best]?.length ?? 0) ? id : best), 0);
    const rank = ranksFrom(roots.length === 0 ? [start] : roots, neighbours);
    const far = ([from, to]: readonly [number, number]): number => Math.max(rank[from] ?? 0, rank[to] ?? 0);
    const edges = all.sort((a, b) => far(a) - far(b)).slice(0, MAX_EDGES);
    return { edges, omitted: all.length - edges.length, start };
  }
}

/** For each class, when a breadth-first search from the roots meets it. */
function ranksFrom(roots: readonly number[], neighbours: readonly (readonly number[])[]): readonly number[] {
  const unmet = neighbours.length;
  const ranks = neighbours.map(() => unmet);
  const queue = [...roots];
  for (const [rank, root] of queue.entries()) ranks[root] = rank;
  for (let at = 0; at < queue.length; at++) {
    for (const next of neighbours[queue[at] ?? -1] ?? []) {
      if (ranks[next] !== unmet) continue;
      ranks[next] = queue.push(next) - 1;
    }
  }
  return ranks;
}

function statisticsRow(row: ClassStatistics, unit: 'ms' | 'ticks'): readonly number[] {
  const times = unit === 'ms' ? [row.totalMs ?? 0, row.maxMs ?? 0] : [row.totalTicks, row.maxTicks];
  const rounded = times.map((time) => Math.round(time * 1000) / 1000);
  return [row.waits, row.contended, row.timedOut + row.cancelled, row.open, ...rounded];
}
