import { type ClassGraph, importClassGraph, parseClassGraph } from '../../src/core/class-graph-export.ts';
import { DeptError } from '../../src/core/dept-error.ts';
import type { ClassStatistics } from '../../src/tracker/statistics.ts';

/** A class graph with what was counted for its classes, as `dept run --graph` writes it. */
export interface CountedGraph extends ClassGraph {
  /** Empty when nothing was counted. */
  readonly statistics: readonly ClassStatistics[];
}

const COUNTS = ['waits', 'contended', 'timedOut', 'cancelled', 'open', 'totalTicks', 'maxTicks'] as const;
const TIMES = ['totalMs', 'maxMs'] as const;

/**
 * Reads a class graph (graphlib's JSON); statistics are the `statistics` of the graph's own value, where there are some.
 * @throws DeptError ERR_DEPT_BAD_GRAPH when it is no class graph, or a row of its statistics is not one
 */
export function readCountedGraph(text: string): CountedGraph {
  const value = parseClassGraph(text);
  const graph = importClassGraph(value);
  const label = (value as { readonly value?: unknown }).value;
  const rows = isRecord(label) ? label['statistics'] : undefined;
  if (rows === undefined) return { ...graph, statistics: [] };
  if (!Array.isArray(rows)) throw badStatistics('are not a list');
  return { ...graph, statistics: rows.map(readRow) };
}

function readRow(row: unknown, index: number): ClassStatistics {
  if (!isRecord(row)) throw badStatistics(`have a row ${index} that is no object`);
  const { name, kind, site } = row;
  if (typeof name !== 'string' || typeof kind !== 'string' || (site !== null && typeof site !== 'string')) {
    throw badStatistics(`have a row ${index} without name, kind and site`);
  }
  for (const count of COUNTS) {
    if (!isCount(row[count])) throw badStatistics(`have a row ${index} (${name}) whose ${count} is no number`);
  }
  for (const time of TIMES) {
    if (row[time] !== null && !isCount(row[time])) {
      throw badStatistics(`have a row ${index} (${name}) whose ${time} is no number`);
    }
  }
  return row as unknown as ClassStatistics;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && Number.isFinite(value);
}

function badStatistics(what: string): DeptError {
  return new DeptError(
    'ERR_DEPT_BAD_GRAPH',
    `The statistics of this class graph ${what}: record it again with dept run --graph.`,
  );
}
