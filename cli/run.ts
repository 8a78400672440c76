import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Io } from './io.ts';
import { UsageError } from './usage-error.ts';

export const RUN_HELP = `Usage: dept run [options] -- COMMAND [ARGS...]

Runs a program with dept preloaded and reports the deadlocks that can happen.

  dept run -- node app.js        dept run -- node app.ts (through tsx)
  dept run app.js                the same, node is understood
  dept run -- npm test           every Node process below is watched

Options:
  --rules dept|linux   dept's rules (default) or the kernel's exact ones
  --report FILE        append each finding to FILE as one JSON line
  --graph FILE         write the class graph to FILE when the program ends (graphlib JSON)
  --force              let --graph overwrite FILE
  --format pretty|dept layout of the printed reports; pretty on a terminal if not given, dept elsewhere
  --quiet              print no reports (use with --report)
  --indent 3|4         layout of the report: 3 spaces, or 4 as in older kernels
  --no-fail            exit with the program's own code even when there are findings
  -h, --help           this text

Exit code: the program's own when it is not 0; else 1 when there are findings; 2 for a usage error.
`;

const SCRIPT = /^\.(?:[cm]?js|[cm]?ts|tsx|jsx)$/;
const TYPESCRIPT = /^\.(?:[cm]?ts|tsx)$/;

interface Plan {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Findings turn the exit code 0 into 1. */
  readonly fails: boolean;
}

/** @throws UsageError for flags, values or programs that are not there */
export async function runCommand(argv: readonly string[], io: Io): Promise<number> {
  const plan = planRun(argv, io);
  if (plan === null) {
    io.stdout.write(RUN_HELP);
    return 0;
  }
  return plan.fails ? await executeCounting(plan, io) : await execute(plan, io);
}

function planRun(argv: readonly string[], io: Io): Plan | null {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      rules: { type: 'string' },
      report: { type: 'string' },
      graph: { type: 'string' },
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
  if (values.format !== undefined) env['DEPT_FORMAT'] = values.format;
  if (values.quiet) env['DEPT_PRINT'] = '0';
  if (values.indent !== undefined) env['DEPT_INDENT'] = values.indent;
  return { command, args, env, fails: !values['no-fail'] };
}

function graphFile(path: string, force: boolean): string {
  if (!force && existsSync(path)) throw new UsageError(`${path} exists; --force overwrites it.`);
  return path;
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
    return code === 0 && existsSync(tally) ? 1 : code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
