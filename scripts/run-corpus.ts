// Runs the corpus of real deadlocks (test/corpus) under the preload of the built package and judges what it found.
//   npm run build && npm run corpus              all
//   npm run corpus -- pg-pool p-limit            those whose id contains one of the words
//   npm run corpus -- --node PATH                under another Node
//   npm run corpus -- --attribution dynamic      under another attribution
//   npm run corpus -- --timeout 8000             a program that has not ended after so many milliseconds hangs; 30000
//   npm run corpus -- --json FILE                every row, with its findings
// A program that hangs must yield a finding, and so must its lucky run when every edge of the circle happens in it; the
// fixed program must yield none; and each must end as it ends without dept.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

interface Program {
  readonly id: string;
  readonly variant: 'hang' | 'lucky' | 'fixed';
  readonly file: string;
  /** How it ends without dept. */
  readonly expect: Outcome;
  /** How much of the circle happens in a lucky run. */
  readonly visible?: 'all' | 'some' | 'none';
  readonly minNode: number;
  /** Why a finding that is wanted is not made yet: a known limit, told of in the table. */
  readonly missedBecause?: string;
}

type Outcome = 'ok' | 'exit13' | 'silent-exit' | 'hang' | `exit${number}`;

interface Found {
  readonly code: string;
  readonly kind: string;
  readonly message: string;
}

interface Row {
  readonly id: string;
  readonly variant: Program['variant'];
  readonly wants: 'finding' | 'silence' | 'either';
  readonly outcome: Outcome;
  readonly findings: readonly Found[];
  readonly problems: readonly string[];
  readonly knownLimit: string | null;
}

/** One that was reported as hanging has this long to end after all. */
const ENDS_WITHIN_MS = 1500;

const FOLDER = fileURLToPath(new URL('../test/corpus/', import.meta.url));
const { values: options, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    node: { type: 'string', default: process.execPath },
    attribution: { type: 'string', default: 'precise' },
    timeout: { type: 'string', default: '30000' },
    lanes: { type: 'string', default: '2' },
    json: { type: 'string' },
  },
});

const major = Number(
  spawnSync(options.node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout.split('.')[0],
);
const manifest = JSON.parse(readFileSync(join(FOLDER, 'manifest.json'), 'utf8')) as readonly Program[];
const chosen = manifest.filter(({ id }) => words.length === 0 || words.some((word) => id.includes(word)));
const programs = chosen.filter(({ minNode }) => minNode <= major);
const reports = mkdtempSync(join(tmpdir(), 'dept-corpus-'));

function wantOf({ variant, visible, expect }: Program): Row['wants'] {
  if (variant === 'fixed') return 'silence';
  return variant === 'hang' || visible === 'all' ? 'finding' : expect === 'ok' ? 'either' : 'finding';
}

function readFindings(report: string): readonly Found[] {
  if (!existsSync(report)) return [];
  const lines = readFileSync(report, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Found).filter(({ kind }) => kind !== 'notice');
}

function run(program: Program, report: string): Promise<Outcome> {
  return new Promise((done, fail) => {
    const env = { ...process.env, DEPT_REPORT: report, DEPT_PRINT: '0', DEPT_ATTRIBUTION: options.attribution };
    const child = spawn(options.node, ['--import', 'dept/register', program.file], {
      cwd: join(FOLDER, 'programs'),
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let stdout = '';
    let killed = false;
    const kill = (): void => {
      killed = true;
      child.kill('SIGKILL');
    };
    const limit = setTimeout(kill, Number(options.timeout));
    const watch = setInterval(() => {
      if (program.expect !== 'hang' || readFindings(report).length === 0) return;
      clearInterval(watch);
      setTimeout(kill, ENDS_WITHIN_MS).unref();
    }, 200);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.once('error', fail);
    child.once('close', (code) => {
      clearTimeout(limit);
      clearInterval(watch);
      const isDone = /^done/m.test(stdout);
      if (killed) done('hang');
      else if (code === 0) done(isDone ? 'ok' : 'silent-exit');
      else done(`exit${code ?? -1}` as Outcome);
    });
  });
}

async function rowOf(program: Program): Promise<Row> {
  const report = join(reports, `${program.file}.ndjson`);
  const outcome = await run(program, report);
  const findings = readFindings(report);
  const wants = wantOf(program);
  const problems: string[] = [];
  const isMissed = wants === 'finding' && findings.length === 0;
  const knownLimit = isMissed ? (program.missedBecause ?? null) : null;
  if (isMissed && knownLimit === null) problems.push('MISSED');
  if (wants === 'silence' && findings.length > 0)
    problems.push(`FALSE ${findings.map(({ message }) => message).join(' | ')}`);
  if (outcome !== program.expect) problems.push(`CHANGED ${program.expect} to ${outcome}`);
  return { id: program.id, variant: program.variant, wants, outcome, findings, problems, knownLimit };
}

function verdictOf({ problems, knownLimit }: Row): string {
  if (problems.length > 0) return problems.join(', ');
  return knownLimit === null ? 'pass' : `missed, a known limit: ${knownLimit}`;
}

const queue = programs.values();
const rows: Row[] = [];
async function lane(): Promise<void> {
  for (const program of queue) {
    const row = await rowOf(program);
    rows.push(row);
    const codes = [...new Set(row.findings.map(({ code }) => code))].join(' ');
    const cells = [row.id.padEnd(30), row.variant.padEnd(6), row.outcome.padEnd(12), codes.padEnd(16)];
    console.log(`${cells.join(' ')} ${verdictOf(row)}`);
  }
}
await Promise.all(Array.from({ length: Number(options.lanes) }, lane));
rmSync(reports, { recursive: true, force: true });
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rows, null, 1)}\n`);

function share(variant: Program['variant'], wants: Row['wants']): string {
  const asked = rows.filter((row) => row.variant === variant && row.wants === wants);
  const right = asked.filter(({ problems, knownLimit }) => problems.length === 0 && knownLimit === null);
  return `${right.length} of ${asked.length}`;
}

console.log(
  `\nNode ${major}, ${options.attribution}: hang found ${share('hang', 'finding')}, lucky found ${share('lucky', 'finding')}, ` +
    `fixed silent ${share('fixed', 'silence')}, left out ${chosen.length - programs.length} that need a newer Node`,
);
const failed = rows.filter(({ problems }) => problems.length > 0).length;
console.log(`${rows.length - failed} passed, ${failed} failed`);
if (failed > 0 || rows.length === 0) process.exitCode = 1;
