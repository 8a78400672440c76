/**
 * All benches, one after the other. Ratios are against a baseline of the same run; goals stand beside the figures.
 *
 *     npm run bench                      everything (about half an hour on two cores)
 *     npm run bench -- --short           a quick round that only shows that the benches live
 *     npm run bench -- --only graph      one of: graph, hot-path, preload, report, scale
 *     npm run bench -- --json FILE       all figures as JSON
 *     npm run bench -- --write           also writes bench/figures.json, and docs/performance.md from that: sections that are
 *                                        not run stay as they were
 *     npm run bench -- --node PATH       runs the programs under that Node too, with fewer rounds; may be given several times
 *     npm run bench -- --against DIST    the hot path beside an earlier build
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { performancePage, type Section } from './performance-page.ts';

const BENCHES = ['graph', 'hot-path', 'preload', 'report', 'scale'] as const;

const { values: options } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string' },
    json: { type: 'string' },
    write: { type: 'boolean', default: false },
    against: { type: 'string' },
    node: { type: 'string', multiple: true, default: [] },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (options.only !== undefined && !BENCHES.some((name) => name === options.only)) {
  console.error(`bench: --only ${options.only} is none of ${BENCHES.join(', ')}.`);
  process.exit(2);
}
if (options.short && options.write) {
  console.error('bench: --short and --write do not go together: figures of a short round mean nothing.');
  process.exit(2);
}

/** The version of each Node that is asked for; a program that is none ends it before anything is measured. */
const versions = new Map([process.execPath, ...options.node].map((node) => [node, versionOf(node)]));

function versionOf(node: string): string {
  try {
    return execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  } catch {
    console.error(`bench: --node ${node} cannot be run. Give the path of a Node.`);
    return process.exit(2);
  }
}

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'dept-bench-'));
const sections: Section[] = [];
const FIGURES = join(root, 'bench/figures.json');
const PAGE = join(root, 'docs/performance.md');

function run(name: string, node: string = process.execPath): void {
  const version = versions.get(node) ?? '';
  console.log(`\n== ${name}, Node ${version}`);
  const file = join(folder, `${name}.json`);
  const args = ['--expose-gc', '--conditions', 'dept:source', '--import', 'tsx', join(root, `bench/${name}.bench.ts`)];
  if (options.short) args.push('--short');
  if (node !== process.execPath) args.push('--rounds', '3');
  if (options.against !== undefined && name === 'hot-path') args.push('--against', resolve(options.against));
  const { status } = spawnSync(node, [...args, '--json', file], { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    console.error(`bench ${name} failed with exit code ${status}`);
    process.exitCode = 1;
    return;
  }
  sections.push({ name, node: version, rows: rowsIn(JSON.parse(readFileSync(file, 'utf8'))) });
}

interface Measured {
  readonly measure: string;
  readonly nodes?: number;
  readonly value: number;
  readonly text?: string;
  readonly unit?: string;
  readonly goal?: string | number | null;
  readonly detail?: string;
}

/** The graph's bench says how each figure is to be read itself; the others give value and unit. */
function rowsIn(value: unknown): Section['rows'] {
  const rows = (Array.isArray(value) ? value : (value as { rows: unknown }).rows) as readonly Measured[];
  return rows.map(({ measure, nodes = null, value: figure, text, unit = 'x', goal = null, detail = '' }) => ({
    measure,
    nodes,
    value: figure,
    text: text ?? `${figure.toFixed(2)} ${unit}`,
    goal: typeof goal === 'number' ? `<= ${goal}` : (goal ?? ''),
    detail,
  }));
}

function major({ node }: Section): number {
  return Number.parseInt(node.slice(1), 10);
}

if (options.help) {
  console.log(
    readFileSync(fileURLToPath(import.meta.url), 'utf8')
      .split('*/')[0]
      ?.replaceAll(/^\/?\*+ ?| \* ?/gm, ''),
  );
} else {
  if (options.short) console.log('A short round: it shows that the benches live, its figures mean nothing.');
  for (const name of BENCHES) {
    if (options.only !== undefined && options.only !== name) continue;
    run(name);
    if (name === 'preload') for (const node of options.node) run(name, node);
  }
  sections.sort((one, other) => major(one) - major(other));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(sections, null, 2)}\n`);
  if (options.write) {
    const isNew = (name: string): boolean => sections.some((section) => section.name === name);
    const before = JSON.parse(readFileSync(FIGURES, 'utf8')) as readonly Section[];
    const all = [...before.filter(({ name }) => !isNew(name)), ...sections];
    writeFileSync(FIGURES, `${JSON.stringify(all, null, 2)}\n`);
    writeFileSync(PAGE, performancePage(all));
  }
}
rmSync(folder, { recursive: true, force: true });
