/**
 * What a dependency costs, next to what it would cost done plainly, measured in the same run.
 *
 *     node --conditions dept:source --import tsx bench/graph.bench.ts [--short] [--json FILE]
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { graphlibCost, searchedSetsCost } from './graph/baselines.ts';
import { costWithCircles, insertCost, probeCost, rejectedCost, worstInserts } from './graph/measurements.ts';
import { time } from './graph/timing.ts';
import { hierarchies, otherWorkloads, type Workload } from './graph/workloads.ts';

interface Row {
  readonly measure: string;
  readonly nodes: number;
  readonly value: number;
  readonly text: string;
  readonly goal?: string;
  readonly met?: boolean;
}

const { values: options } = parseArgs({ options: { short: { type: 'boolean' }, json: { type: 'string' } } });
const sizes = options.short ? [1000] : [1000, 10_000, 100_000];
const rows: Row[] = [];

function report(
  measure: string,
  nodes: number,
  value: number,
  text: string,
  limit?: { atMost?: number; atLeast?: number },
): void {
  const goal = limit && (limit.atMost === undefined ? `>= ${limit.atLeast}` : `<= ${limit.atMost}`);
  const met = limit && (limit.atMost === undefined ? value >= limit.atLeast! : value <= limit.atMost);
  rows.push({ measure, nodes, value, text, ...(goal !== undefined && met !== undefined ? { goal, met } : {}) });
  const verdict = goal === undefined ? '' : `  [${goal}${met ? '' : ', MISSED'}]`;
  console.log(`${measure.padEnd(52)} ${`${nodes}`.padStart(7)}  ${text}${verdict}`);
}

function builds(nodes: number): number {
  return nodes > 10_000 ? 9 : nodes > 1000 ? 31 : 151;
}

const slowest = new Map<number, number>();

function measureHierarchy(workload: Workload): void {
  const { name, nodes } = workload;
  const insert = insertCost(workload, builds(nodes));
  slowest.set(nodes, Math.max(slowest.get(nodes) ?? 0, insert.median));
  const limits: Record<number, number> = { 10000: 500, 100000: 1700 };
  const text = `${time(insert.median)} (p10 ${time(insert.best)})`;
  report(`${name}: new edge`, nodes, insert.median, text, limits[nodes] ? { atMost: limits[nodes] } : undefined);
  report(`${name}: bytes per edge`, nodes, insert.bytes, insert.bytes.toFixed(1), { atMost: 60 });

  const library = graphlibCost(workload) / insert.median;
  const least: Record<number, number> = { 1000: 10_000, 10000: 50_000, 100000: 300_000 };
  report(`${name}: graphlib findCycles / new edge`, nodes, library, `${library.toFixed(0)} x`, {
    atLeast: least[nodes]!,
  });
  const search = searchedSetsCost(workload) / insert.median;
  const leastSearch: Record<number, number> = { 1000: 60, 10000: 500 };
  const limit = leastSearch[nodes] ? { atLeast: leastSearch[nodes] } : undefined;
  report(`${name}: Map and Set search / new edge`, nodes, search, `${search.toFixed(0)} x`, limit);

  const rejected = rejectedCost(workload);
  const parts = `${time(rejected.add)} + ${time(rejected.path)} for its circle, p99 ${time(rejected.bothP99)}`;
  report(`${name}: edge that closes a circle`, nodes, rejected.both, parts);
  const times = rejected.both / insert.median;
  report(
    `${name}: edge that closes a circle / new edge`,
    nodes,
    times,
    `${times.toFixed(1)} x`,
    nodes === 10_000 ? { atMost: 30 } : undefined,
  );
  const worst = worstInserts(workload, 5);
  report(`${name}: new edge, p99.9`, nodes, worst.p999, `${time(worst.p999)} (p99 ${time(worst.p99)})`, {
    atMost: 100_000,
  });
  report(`${name}: new edge, longest`, nodes, worst.max, time(worst.max), { atMost: 25e6 });
}

function measureCircles(workload: Workload): void {
  const none = costWithCircles(workload, 0, 5);
  for (const aside of [1, 10, 100]) {
    const ns = costWithCircles(workload, aside, 5);
    const text = `${time(ns)}, ${(ns / none).toFixed(1)} x as without`;
    report(`${workload.name}: new edge with ${aside} circles`, workload.nodes, ns, text);
  }
}

function measureProbe(workload: Workload): void {
  const probe = probeCost(workload, 15);
  const ratio = probe.graph / probe.map;
  const limit = workload.nodes >= 10_000 ? { atMost: 0.25 } : undefined;
  report(
    'is it known? / the same of a Map',
    workload.nodes,
    ratio,
    `${ratio.toFixed(3)} x (${time(probe.graph)}, Map ${time(probe.map)})`,
    limit,
  );
  report('add of a known edge', workload.nodes, probe.add, time(probe.add));
}

// What is measured first should not pay for the compiler.
for (const workload of hierarchies(1000)) {
  insertCost(workload, 100);
}
for (const nodes of sizes) {
  const layered = hierarchies(nodes);
  for (const workload of layered) {
    measureHierarchy(workload);
    measureCircles(workload);
  }
  measureProbe(layered[0]!);
  for (const make of otherWorkloads(nodes)) {
    const workload = make();
    const insert = insertCost(workload, Math.ceil(builds(nodes) / 3));
    report(
      `${workload.name}: new edge`,
      nodes,
      insert.median,
      `${time(insert.median)} (p10 ${time(insert.best)}), ${insert.bytes.toFixed(1)} bytes`,
    );
  }
}
if (!options.short) {
  const growth = slowest.get(100_000)! / slowest.get(1000)!;
  report('hierarchies: growth from 1,000 to 100,000 nodes', 100_000, growth, `${growth.toFixed(2)} x`, { atMost: 6 });
}
const missed = rows.filter(({ met }) => met === false);
console.log(`${rows.filter(({ met }) => met).length} goals reached, ${missed.length} missed; Node ${process.version}`);
if (options.json) {
  writeFileSync(options.json, `${JSON.stringify({ node: process.version, rows }, null, 2)}\n`);
}
