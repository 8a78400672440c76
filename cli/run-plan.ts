import { rmSync } from 'node:fs';
import { SUPPRESSIONS_FILE } from '../reports/suppressions.ts';
import { readCommandLine } from './command-line.ts';
import type { Io } from './io.ts';
import { findingsFile, newFile, outputFile } from './output-file.ts';
import { nodeOptions, programOf } from './program.ts';
import { SuppressionFile } from './suppression-file.ts';
import { UsageError } from './usage-error.ts';
import { checkVariables } from './variables.ts';

export const RUN_HELP: string = `Usage: dept run [options] -- COMMAND [ARGS...]

Runs a program with dept preloaded and reports the deadlocks that can happen.

  dept run -- node app.js        dept run -- node app.ts (through tsx)
  dept run app.js                the same: a script is run by node
  dept run -- npm test           every Node process below is watched

Options:
  --rules dept|linux   dept's rules (default) or the kernel's exact ones
  --report FILE        append each finding to FILE as one JSON line
  --graph FILE         write the class graph to FILE when the program ends (graphlib JSON)
  --record FILE        record the program in FILE for dept replay; processes that it starts in FILE.PID
  --force              let --graph and --record overwrite FILE
  --baseline [FILE]    findings in FILE are known: only new ones are printed and count;
                       ${SUPPRESSIONS_FILE} if no FILE.json is given
  --suppress-all WHY   write all findings to the baseline, with WHY as the reason; known ones keep theirs
  --prune              drop entries of the baseline that were not found, if the program ended with 0
  --format pretty|dept layout of the printed reports; pretty on a terminal if not given, dept elsewhere
  --quiet              print no reports and no summary (use with --report)
  --indent 3|4         layout of the report: 3 spaces, or 4 as in older kernels
  --no-fail            exit with the program's own code even when there are findings
  -h, --help           this text

Exit code: the program's own when it is not 0; else 1 when there are new findings; 2 for a usage error.
`;

/** What a command line of `dept run` asks for. */
export interface RunPlan {
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

const OPTIONS = {
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
} as const;

type Values = ReturnType<typeof readCommandLine<typeof OPTIONS>>['values'];

/**
 * Reads the command line; looks at the files it names, and removes a recording that is to be overwritten.
 * @returns null when help was asked for
 * @throws UsageError for flags, values, files or programs that are not right
 */
export function planRun(argv: readonly string[], { cwd }: Io): RunPlan | null {
  const { values, positionals } = readCommandLine(withBaselineFile(argv), OPTIONS);
  if (values.help) return null;
  checkValues(values);
  checkVariables();
  const { command, args, isTypeScript } = programOf('run', positionals, cwd);
  const baseline = baselineFile(values, cwd);
  const record = values.record === undefined ? null : newFile(values.record, cwd, values.force);
  const chosen = environmentOf(values, record, baseline, cwd);
  checkApart([chosen['DEPT_REPORT'], chosen['DEPT_GRAPH'], chosen['DEPT_RECORD'], baseline?.path]);
  const env = { NODE_OPTIONS: nodeOptions('register', isTypeScript), ...chosen };
  if (record !== null && values.force) rmSync(record, { force: true });
  const { quiet, prune, 'suppress-all': suppressAll = null } = values;
  return { command, args, env, fails: values['no-fail'] !== true, quiet, record, baseline, suppressAll, prune };
}

function checkValues({ rules, format, indent }: Values): void {
  if (rules !== undefined && rules !== 'dept' && rules !== 'linux') {
    throw new UsageError(`--rules is ${JSON.stringify(rules)}; it must be dept or linux.`);
  }
  if (format !== undefined && format !== 'pretty' && format !== 'dept') {
    throw new UsageError(`--format is ${JSON.stringify(format)}; it must be pretty or dept.`);
  }
  if (indent !== undefined && indent !== '3' && indent !== '4') {
    throw new UsageError(`--indent is ${JSON.stringify(indent)}; it must be 3 or 4.`);
  }
}

/** Each of them would spoil what another one has written. */
function checkApart(paths: readonly (string | undefined)[]): void {
  const given = paths.filter((path) => path !== undefined);
  const twice = given.find((path, at) => given.indexOf(path) < at);
  if (twice !== undefined) throw new UsageError(`${twice} is named for two things; each needs a file of its own.`);
}

function environmentOf(
  values: Values,
  record: string | null,
  baseline: SuppressionFile | null,
  cwd: string,
): Record<string, string> {
  const { rules, report, graph, format, indent } = values;
  return {
    ...(rules === undefined ? {} : { DEPT_RULES: rules }),
    ...(report === undefined ? {} : { DEPT_REPORT: findingsFile(report, cwd) }),
    ...(graph === undefined ? {} : { DEPT_GRAPH: newFile(graph, cwd, values.force) }),
    // Every process below takes a file of its own without saying so.
    ...(record === null ? {} : { DEPT_RECORD: record, DEPT_RECORD_PID: String(process.pid) }),
    ...(baseline?.exists === true ? { DEPT_SUPPRESSIONS: baseline.path } : {}),
    ...(format === undefined ? {} : { DEPT_FORMAT: format }),
    ...(values.quiet === true ? { DEPT_PRINT: '0' } : {}),
    ...(indent === undefined ? {} : { DEPT_INDENT: indent }),
  };
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
function baselineFile(values: Values, cwd: string): SuppressionFile | null {
  const { baseline: name, 'suppress-all': suppressAll, prune } = values;
  if (suppressAll?.trim() === '')
    throw new UsageError('--suppress-all needs a reason: say why these findings may stay.');
  if (name === undefined && suppressAll === undefined) {
    if (prune) throw new UsageError('--prune needs --baseline: there is nothing to prune without one.');
    return null;
  }
  const file = new SuppressionFile(name ?? SUPPRESSIONS_FILE, cwd);
  if (suppressAll !== undefined || prune) outputFile(file.name, cwd);
  if (file.exists) file.read();
  else if (suppressAll === undefined) {
    throw new UsageError(`There is no ${file.name}; dept run --suppress-all WHY writes one.`);
  }
  return file;
}
