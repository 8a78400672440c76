import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { extname, resolve } from 'node:path';
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
}

/** @throws UsageError for flags, values or programs that are not there */
export async function runCommand(argv: readonly string[], io: Io): Promise<number> {
  const plan = planRun(argv, io);
  if (plan === null) {
    io.stdout.write(RUN_HELP);
    return 0;
  }
  return await execute(plan, io);
}

function planRun(argv: readonly string[], io: Io): Plan | null {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      rules: { type: 'string' },
      report: { type: 'string' },
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
  if (values.quiet) env['DEPT_PRINT'] = '0';
  if (values.indent !== undefined) env['DEPT_INDENT'] = values.indent;
  if (!values['no-fail']) env['DEPT_EXIT_CODE'] = '1';
  return { command, args, env };
}

/** The preload, and tsx where the program or dept itself runs from TypeScript source. */
function nodeOptions(isTypeScript: boolean): string {
  const isSource = import.meta.url.endsWith('.ts');
  const register = new URL(`../instrument/register.${isSource ? 'ts' : 'js'}`, import.meta.url).href;
  const options = [process.env['NODE_OPTIONS'] ?? ''];
  if (isTypeScript || isSource) options.push(`--import=${import.meta.resolve('tsx')}`);
  options.push(`--import=${register}`);
  return options.filter((option) => option !== '').join(' ');
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
