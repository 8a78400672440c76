/**
 * What an instrumented operation costs beside the bare one: each pair in processes of their own, taken in turns.
 *
 *     node --conditions dept:source --import tsx bench/hot-path.bench.ts [--short] [--json FILE] [--against DIST]
 *
 * With --against, DIST is the dist folder of an earlier build, and its figures stand beside ours.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { Built } from './built.ts';
import { median } from './graph/timing.ts';
import { Table } from './table.ts';

interface Sample {
  readonly ns: number;
  readonly captures: number;
}

const { values: options } = parseArgs({
  options: { short: { type: 'boolean' }, json: { type: 'string' }, against: { type: 'string' } },
});
const ROUNDS = options.short ? 1 : 7;
const COUNT = options.short ? 2000 : 200_000;

using built = await Built.make();
// A loader of TypeScript names each closure when it is made, also those of async-mutex: both sides would cost twice as much.
const { programs } = built;
await build({
  entryPoints: [fileURLToPath(new URL('./hot-path/program.ts', import.meta.url))],
  outdir: programs,
  bundle: true,
  // The libraries are loaded after the tracker is installed.
  splitting: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
});

function sample(mode: string, workload: string, dist = built.folder): Sample {
  const args = [join(programs, 'program.js'), mode, workload, String(COUNT)];
  const env = { ...process.env, DEPT_BENCH_DIST: dist };
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', env })) as Sample;
}

type Side = readonly [mode: string, workload: string, dist?: string];

/** Medians of both sides, taken in turns so that a busy moment of the machine hits both. */
function compare(own: Side, base: Side): { ratio: number; detail: string } {
  const pairs = Array.from({ length: ROUNDS }, () => [sample(...own), sample(...base)] as const);
  const mine = median(pairs.map(([first]) => first.ns));
  const theirs = median(pairs.map(([, second]) => second.ns));
  const captures = Math.max(...pairs.map(([first]) => first.captures));
  return {
    ratio: mine / theirs,
    detail: `${mine.toFixed(0)} ns / ${theirs.toFixed(0)} ns, ${captures} stacks captured`,
  };
}

const table = new Table();

function report(measure: string, own: Side, base: Side, goal: number | null): void {
  const { ratio, detail } = compare(own, base);
  table.add(measure, ratio, 'x', goal, detail);
}

console.log(
  `Node ${process.version}, CPU time, first deciles, medians of ${ROUNDS} processes each, ${COUNT} operations\n`,
);
for (const [workload, dynamicGoal] of [
  ['async-mutex acquire', 1.1],
  ['async-mutex nested 2', 1.1],
  ['async-mutex contended 8', 1.15],
  ['async-mutex runExclusive', 1.12],
] as const) {
  report(`${workload}: dynamic / bare`, ['dynamic', workload], ['bare', workload], dynamicGoal);
  report(`${workload}: light / bare`, ['light', workload], ['bare', workload], dynamicGoal);
  report(`${workload}: precise / bare`, ['precise', workload], ['bare', workload], 1.5);
}
report('await-lock acquire: light / bare', ['light', 'await-lock acquire'], ['bare', 'await-lock acquire'], 1.25);
const minimal = 'minimal promise mutex';
report(`${minimal}: light / bare`, ['light', minimal], ['bare', minimal], 1.4);
report('await null, nothing held: dynamic / bare', ['dynamic', 'await null'], ['bare', 'await null'], 1.05);
report('await null, nothing held: light / bare', ['light', 'await null'], ['bare', 'await null'], 1.05);
report('await null, nothing held: precise / bare', ['precise', 'await null'], ['bare', 'await null'], 2.2);
// No mode that uses hooks can be cheaper: V8 compiles no promise into the code any more once there was one.
for (const workload of ['async-mutex acquire', 'async-mutex contended 8', 'await null']) {
  report(`${workload}: two empty hooks / bare`, ['hooks', workload], ['bare', workload], null);
  report(`${workload}: after two empty hooks / bare`, ['after hooks', workload], ['bare', workload], null);
}
for (const mode of ['light', 'dynamic', 'precise']) {
  report(`dept Mutex: ${mode} / bare async-mutex`, [mode, 'dept Mutex lock'], ['bare', 'async-mutex acquire'], 0.15);
}
report('dept Mutex: untracked / bare async-mutex', ['bare', 'dept Mutex lock'], ['bare', 'async-mutex acquire'], null);
for (const mode of ['light', 'dynamic', 'precise']) {
  const [deep, flat] = ['dept Mutex depth 8', 'dept Mutex depth 1'];
  report(`lock+unlock, depth 8 / depth 1: ${mode}`, [mode, deep], [mode, flat], 1.15);
}
if (options.against !== undefined) {
  for (const workload of ['async-mutex acquire', 'async-mutex contended 8', 'dept Mutex lock', 'dept Mutex depth 8']) {
    report(`${workload}: this / earlier build`, ['precise', workload], ['precise', workload, options.against], null);
  }
}
table.write(options.json);
