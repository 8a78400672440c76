/**
 * What an instrumented operation costs beside the bare one: each pair in processes of their own, taken in turns.
 *
 *     node --conditions dept:source --import tsx bench/hot-path.bench.ts [--short] [--json FILE]
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

interface Sample {
  readonly ns: number;
  readonly captures: number;
}

interface Row {
  readonly measure: string;
  readonly value: number;
  readonly goal: number | null;
  readonly detail: string;
}

const { values: options } = parseArgs({ options: { short: { type: 'boolean' }, json: { type: 'string' } } });
const ROUNDS = options.short ? 1 : 7;
const COUNT = options.short ? 2000 : 200_000;
const PROGRAM = fileURLToPath(new URL('./hot-path/program.ts', import.meta.url));

function sample(mode: string, workload: string): Sample {
  const args = ['--conditions', 'dept:source', '--import', 'tsx', PROGRAM, mode, workload, String(COUNT)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Sample;
}

type Side = readonly [mode: string, workload: string];

/** Medians of both sides, taken in turns so that a busy moment of the machine hits both. */
function compare([mode, workload]: Side, [baseMode, baseWorkload]: Side): { ratio: number; detail: string } {
  const pairs = Array.from({ length: ROUNDS }, () => [sample(mode, workload), sample(baseMode, baseWorkload)] as const);
  const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
  const mine = median(pairs.map(([own]) => own.ns));
  const base = median(pairs.map(([, other]) => other.ns));
  const captures = Math.max(...pairs.map(([own]) => own.captures));
  return { ratio: mine / base, detail: `${mine.toFixed(0)} ns / ${base.toFixed(0)} ns, ${captures} stacks captured` };
}

const rows: Row[] = [];

function report(measure: string, own: Side, base: Side, goal: number | null): void {
  const { ratio, detail } = compare(own, base);
  rows.push({ measure, value: ratio, goal, detail });
  const verdict = goal === null ? '' : `  [<= ${goal}${ratio <= goal ? '' : ', MISSED'}]`;
  console.log(`${measure.padEnd(48)} ${ratio.toFixed(2)}x  (${detail})${verdict}`);
}

console.log(`Node ${process.version}, CPU time, medians of ${ROUNDS} processes each, ${COUNT} operations\n`);
for (const [workload, dynamicGoal] of [
  ['async-mutex acquire', 1.1],
  ['async-mutex nested 2', 1.1],
  ['async-mutex contended 8', 1.15],
  ['async-mutex runExclusive', 1.12],
] as const) {
  report(`${workload}: dynamic / bare`, ['dynamic', workload], ['bare', workload], dynamicGoal);
  report(`${workload}: precise / bare`, ['precise', workload], ['bare', workload], 1.5);
}
report('await null, nothing held: dynamic / bare', ['dynamic', 'await null'], ['bare', 'await null'], 1.05);
report('await null, nothing held: precise / bare', ['precise', 'await null'], ['bare', 'await null'], 2.2);
report('dept Mutex tracked / bare async-mutex', ['precise', 'dept Mutex lock'], ['bare', 'async-mutex acquire'], 0.15);
report('dept Mutex untracked / bare async-mutex', ['bare', 'dept Mutex lock'], ['bare', 'async-mutex acquire'], null);
report('lock+unlock, depth 8 / depth 1', ['precise', 'dept Mutex depth 8'], ['precise', 'dept Mutex depth 1'], 1.15);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
