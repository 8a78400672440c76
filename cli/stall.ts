import { constants } from 'node:os';
import { readCommandLine } from './command-line.ts';
import type { Io } from './io.ts';
import { findingsFile } from './output-file.ts';
import { nodeOptions, programOf } from './program.ts';
import { executeCounting } from './run.ts';
import { UsageError } from './usage-error.ts';
import { checkVariables } from './variables.ts';

export const STALL_HELP: string = `Usage: dept stall [options] -- COMMAND [ARGS...]

Runs a program as it is. When it ends with something left undone, its heap shows which async functions
have stopped, where, and what each of them awaits. Nothing is tracked, and nothing is slower.

  dept stall -- node app.js               a program that ends too early, or with exit code 13
  dept stall --after 5000 -- node app.js  a program that hangs: reports after 5 s, and the program goes on

Options:
  --after MS             report after MS milliseconds too, if the program still runs
  --on SIGNAL            report when the program receives SIGNAL too, for example SIGUSR2
  --values               show values of variables, not only their names: they may hold secrets
  --budget MS            how many ms of processor time reading the heap may take; 30000 if not given
  --report FILE          append each finding to FILE as one JSON line
  --format pretty|dept   layout of the printed reports; pretty on a terminal if not given, dept elsewhere
  -h, --help             this text

Exit code: the program's own when it is not 0; else 1 when async functions await each other in a circle;
2 for a usage error.
`;

const BUDGET_MS = '30000';

/** @throws UsageError for flags, values or programs that are not there */
export async function stallCommand(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readCommandLine(argv, {
    after: { type: 'string' },
    on: { type: 'string' },
    values: { type: 'boolean', default: false },
    budget: { type: 'string', default: BUDGET_MS },
    report: { type: 'string' },
    format: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  });
  if (values.help) {
    io.stdout.write(STALL_HELP);
    return 0;
  }
  const { after, on, budget, report, format } = values;
  if (format !== undefined && format !== 'pretty' && format !== 'dept') {
    throw new UsageError(`--format is ${JSON.stringify(format)}; it must be pretty or dept.`);
  }
  checkVariables();
  const { command, args, isTypeScript } = programOf('stall', positionals, io.cwd);
  const env = {
    NODE_OPTIONS: nodeOptions('stall/preload', isTypeScript),
    DEPT_STALL_BUDGET_MS: milliseconds('--budget', budget),
    ...(after === undefined ? {} : { DEPT_STALL_AFTER_MS: milliseconds('--after', after) }),
    ...(on === undefined ? {} : { DEPT_STALL_SIGNAL: signal(on) }),
    ...(values.values ? { DEPT_STALL_VALUES: '1' } : {}),
    ...(report === undefined ? {} : { DEPT_REPORT: findingsFile(report, io.cwd) }),
    ...(format === undefined ? {} : { DEPT_FORMAT: format }),
  };
  const unused = { fails: true, quiet: false, record: null, baseline: null, suppressAll: null, prune: false };
  return await executeCounting({ command, args, env, ...unused }, io);
}

function milliseconds(flag: string, value: string): string {
  if (/^[1-9]\d{0,8}$/.test(value)) return value;
  throw new UsageError(`${flag} is ${JSON.stringify(value)}; it must be a number of milliseconds, 1 to 999999999.`);
}

function signal(name: string): string {
  if (Object.hasOwn(constants.signals, name) && name !== 'SIGKILL' && name !== 'SIGSTOP') return name;
  throw new UsageError(`--on is ${JSON.stringify(name)}; it must be a signal that can be caught, such as SIGUSR2.`);
}
