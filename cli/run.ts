import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SUPPRESSIONS_FILE } from '../reports/suppressions.ts';
import type { Io } from './io.ts';
import { RunOutcome } from './run-outcome.ts';
import { SuppressionFile } from './suppression-file.ts';
import { UsageError } from './usage-error.ts';

export const RUN_HELP: string = `Usage: dept run [options] -- COMMAND [ARGS...]

Runs a program with dept preloaded and reports the deadlocks that can happen.

  dept run -- node app.js        dept run -- node app.ts (through tsx)
  dept run app.js                the same, node is understood
  dept run -- npm test           every Node process below is watched

Options:
  --rules dept|linux   dept's rules (default) or the kernel's exact ones
  --report FILE        append each finding to FILE as one JSON line
  --graph FILE         write the class graph to FILE when the program ends (graphlib JSON)
  --record FILE        record the program in FILE for dept replay; processes it starts record in FILE.PID
  --force              let --graph and --record overwrite FILE
  --baseline [FILE]    findings in FILE are known: only new ones are printed and count;
                       ${SUPPRESSIONS_FILE} if no FILE.json is given
  --suppress-all WHY   write all findings to the baseline, with this reason; known ones keep theirs
  --prune              drop what is in the baseline but was not found, if the program ended with 0
  --format pretty|dept layout of the printed reports; pretty on a terminal if not given, dept elsewhere
  --quiet              print no reports and no summary (use with --report)
  --indent 3|4         layout of the report: 3 spaces, or 4 as in older kernels
  --no-fail            exit with the program's own code even when there are findings
  -h, --help           this text

Exit code: the program's own when it is not 0; else 1 when there are new findings; 2 for a usage error.
`;

const SCRIPT = /^\.(?:[cm]?js|[cm]?ts|tsx|jsx)$/;
const TYPESCRIPT = /^\.(?:[cm]?ts|tsx)$/;

interface Plan {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Findings turn the exit code 0 into 1. */
  readonly fails: boolean;
  readonly quiet: boolean;
  /** Where to record, null for not at all. */
  readonly record: string | null;
  readonly baseline: SuppressionFile | null;
  /** The reason all findings are suppressed for; null when they are not. */
  readonly suppressAll: string | null;
  readonly prune: boolean;
}

/** @throws UsageError for flags, values or programs that are not there */
export async function runCommand(argv: readonly string[], io: Io): Promise<number> {
  const plan = planRun(argv, io);
  if (plan === null) {
    io.stdout.write(RUN_HELP);
    return 0;
  }
  return await executeCounting(plan, io);
}

function planRun(argv: readonly string[], io: Io): Plan | null {
  const { values, positionals } = parseArgs({
    args: withBaselineFile(argv),
    allowPositionals: true,
    options: {
      rules: { type: 'string' },
      report: { type: 'string' },
      graph: { type: 'string' },
      record: { type: 'string' },
      baseline: { type: 'string' },
      'suppress-all': { type: 'string' },
      prune: { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
      format: { type: 'string' },
      quiet: { type: 'boolean', default: false },
      indent: { type: 'string' },
      'no-fail': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  if (values.rules !== undefined && values.rules !== 'dept' && values.rules !== 'linux') {
    throw new UsageError(`--rules is ${JSON.stringify(values.rules)}; it must be dept or linux.`);
  }
  if (values.format !== undefined && values.format !== 'pretty' && values.format !== 'dept') {
    throw new UsageError(`--format is ${JSON.stringify(values.format)}; it must be pretty or dept.`);
  }
  if (values.indent !== undefined && values.indent !== '3' && values.indent !== '4') {
    throw new UsageError(`--indent is ${JSON.stringify(values.indent)}; it must be 3 or 4.`);
  }
  const [first, ...rest] = positionals;
  if (first === undefined) throw new UsageError('run needs a program, for example: dept run -- node app.js');
  const isScript = SCRIPT.test(extname(first));
  const command = isScript || first === 'node' ? process.execPath : first;
  const args = isScript ? positionals : rest;
  const script = command === process.execPath ? args.find((arg) => !arg.startsWith('-')) : undefined;
  const usesScript = script !== undefined && args[0] === script;
  if (usesScript && SCRIPT.test(extname(script)) && !existsSync(resolve(io.cwd, script))) {
    throw new UsageError(`There is no program ${script}.`);
  }
  const env: Record<string, string> = { NODE_OPTIONS: nodeOptions(usesScript && TYPESCRIPT.test(extname(script))) };
  if (values.rules !== undefined) env['DEPT_RULES'] = values.rules;
  if (values.report !== undefined) env['DEPT_REPORT'] = resolve(io.cwd, values.report);
  if (values.graph !== undefined) env['DEPT_GRAPH'] = graphFile(resolve(io.cwd, values.graph), values.force);
  const record = values.record === undefined ? null : resolve(io.cwd, values.record);
  if (record !== null) {
    env['DEPT_RECORD'] = record;
    env['DEPT_RECORD_PID'] = String(process.pid);
    if (!values.force) refuseExisting(record);
    else rmSync(record, { force: true });
  }
  const why = values['suppress-all'];
  const baseline = baselineFile(values.baseline, why, values.prune, io.cwd);
  if (baseline?.exists === true) env['DEPT_SUPPRESSIONS'] = baseline.path;
  if (values.format !== undefined) env['DEPT_FORMAT'] = values.format;
  if (values.quiet) env['DEPT_PRINT'] = '0';
  if (values.indent !== undefined) env['DEPT_INDENT'] = values.indent;
  const { quiet, prune } = values;
  return { command, args, env, fails: !values['no-fail'], quiet, record, baseline, suppressAll: why ?? null, prune };
}

/** `--baseline` takes a file only if one is named: parseArgs knows no such thing. */
function withBaselineFile(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  const at = argv.indexOf('--baseline');
  if (at < 0 || (end >= 0 && at > end)) return [...argv];
  const file = argv[at + 1]?.endsWith('.json') === true ? argv[at + 1] : null;
  return [
    ...argv.slice(0, at),
    `--baseline=${file ?? SUPPRESSIONS_FILE}`,
    ...argv.slice(file === null ? at + 1 : at + 2),
  ];
}

/** Read before the program runs: a file that is not right must not cost a run. */
function baselineFile(
  name: string | undefined,
  suppressAll: string | undefined,
  prune: boolean,
  cwd: string,
): SuppressionFile | null {
  if (suppressAll?.trim() === '')
    throw new UsageError('--suppress-all needs a reason: say why these findings may stay.');
  if (name === undefined && suppressAll === undefined) {
    if (prune) throw new UsageError('--prune needs --baseline: there is nothing to prune without one.');
    return null;
  }
  const file = new SuppressionFile(name ?? SUPPRESSIONS_FILE, cwd);
  if (file.exists) file.read();
  else if (suppressAll === undefined) {
    throw new UsageError(`There is no ${file.name}; dept run --suppress-all WHY writes one.`);
  }
  return file;
}

function graphFile(path: string, force: boolean): string {
  if (!force) refuseExisting(path);
  return path;
}

function refuseExisting(path: string): void {
  if (existsSync(path)) throw new UsageError(`${path} exists; --force overwrites it.`);
}

/** The preload, and tsx where the program or dept itself runs from TypeScript source. */
function nodeOptions(isTypeScript: boolean): string {
  const isSource = import.meta.url.endsWith('.ts');
  const options = [process.env['NODE_OPTIONS'] ?? ''];
  if (isSource) options.push('--conditions=dept:source');
  if (isTypeScript || isSource) options.push(`--import=${import.meta.resolve('tsx')}`);
  options.push(`--import=${isSource ? sourcePreload() : new URL('../instrument/register.js', import.meta.url).href}`);
  return options.filter((option) => option !== '').join(' ');
}

/** Workers do not read TypeScript on Node 20, and the preload does nothing there. */
function sourcePreload(): string {
  const register = new URL('../instrument/register.ts', import.meta.url).href;
  const source = `import{isMainThread as m}from'node:worker_threads';if(m)await import('${register}')`;
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

/** Any process below may make a finding and end as it likes: the tally file tells. */
async function executeCounting(plan: Plan, io: Io): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'dept-'));
  const tally = join(folder, 'findings');
  try {
    const code = await execute({ ...plan, env: { ...plan.env, DEPT_TALLY: tally } }, io);
    return conclude(plan, new RunOutcome(tally), code, io);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns the exit code */
function conclude(plan: Plan, outcome: RunOutcome, code: number, io: Io): number {
  const { baseline, suppressAll } = plan;
  const said = [outcome.summary()];
  if (baseline !== null && suppressAll !== null) said.push(...outcome.suppressAll(baseline, suppressAll));
  if (baseline !== null && plan.prune) {
    said.push(
      ...(code === 0 ? outcome.prune(baseline) : [`nothing is pruned, because the program ended with ${code}.`]),
    );
  }
  if (plan.record !== null && !existsSync(plan.record))
    said.push('nothing was recorded: no wait and no event was seen.');
  if (!plan.quiet) for (const line of said) if (line !== null) io.stderr.write(`dept: ${line}\n`);
  return code === 0 && plan.fails && suppressAll === null && outcome.findings.length > 0 ? 1 : code;
}

async function execute(plan: Plan, io: Io): Promise<number> {
  const child = spawn(plan.command, plan.args, { cwd: io.cwd, env: { ...process.env, ...plan.env }, stdio: 'inherit' });
  const forward = (signal: NodeJS.Signals): void => {
    child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, forward);
  try {
    return await new Promise<number>((done, fail) => {
      child.once('error', (error: NodeJS.ErrnoException) => {
        const reason = error.code === 'ENOENT' ? 'there is no such program' : error.message;
        fail(new UsageError(`Cannot run ${plan.command}: ${reason}.`));
      });
      child.once('exit', (code, signal) => done(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
    });
  } finally {
    for (const signal of signals) process.off(signal, forward);
  }
}
