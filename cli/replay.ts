import type { ReportEnvironment } from '../reports/environment.ts';
import type { FormatName } from '../reports/formats.ts';
import type { Finding, RuleSet } from '../src/core/finding.ts';
import { type Replayed, replay } from '../src/tracker/recording/replay.ts';
import { readCommandLine } from './command-line.ts';
import { formatNamed, printFound } from './found.ts';
import { readInput } from './input-file.ts';
import type { Io } from './io.ts';
import { Progress } from './progress.ts';
import { amount } from './suppression-file.ts';
import { UsageError } from './usage-error.ts';

export const REPLAY_HELP: string = `Usage: dept replay [options] FILE

Finds offline what dept would have found in a process that was recorded with dept run --record FILE.

Options:
  --rules dept|linux   dept's rules (default) or the kernel's exact ones
  --format FORMAT      as for dept show; dept if not given
  -h, --help           this text

Exit code: 0; 1 when there are findings; 2 for a usage error or a file that is no recording.
`;

interface Plan {
  readonly file: string;
  readonly rules: RuleSet;
  readonly format: FormatName;
}

/** @throws UsageError for flags, files or contents that are not right */
export async function replayCommand(argv: readonly string[], io: Io): Promise<number> {
  const plan = planReplay(argv);
  if (plan === null) {
    io.stdout.write(REPLAY_HELP);
    return 0;
  }
  const { result, findings } = replayFile(plan.file, plan.rules, io);
  const environment = environmentOf(result.about);
  printFound(
    findings.map((finding) => ({ finding, environment })),
    plan.format,
    io,
  );
  const torn = result.isTorn ? '; the last line is cut off' : '';
  const found = findings.filter(({ kind }) => kind !== 'notice').length;
  io.stderr.write(`dept: ${amount(result.lines, 'line')} replayed${torn}, ${amount(found, 'finding')}.\n`);
  return found > 0 ? 1 : 0;
}

/** Replays a file. @throws UsageError when it cannot be read or is no recording */
function replayFile(name: string, rules: RuleSet, io: Io): { result: Replayed; findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const onFinding = (finding: Finding): void => void findings.push(finding);
  const progress = new Progress(io);
  const onPart = (part: number): void => progress.at(() => `${Math.floor(part * 100)} % of ${name} replayed so far.`);
  return { result: readInput(name, io.cwd, (text) => replay(linesOf(text, onPart), { rules, onFinding })), findings };
}

/** One after the other: a recording may have ten million lines. */
function* linesOf(text: string, onPart: (part: number) => void): Generator<string> {
  for (let start = 0; start <= text.length; ) {
    const end = text.indexOf('\n', start);
    yield text.slice(start, end < 0 ? text.length : end);
    if (end < 0) return;
    start = end + 1;
    onPart(start / text.length);
  }
}

function planReplay(argv: readonly string[]): Plan | null {
  const { values, positionals } = readCommandLine(argv, {
    rules: { type: 'string', default: 'dept' },
    format: { type: 'string', default: 'dept' },
    help: { type: 'boolean', short: 'h', default: false },
  });
  if (values.help) return null;
  const { rules } = values;
  if (rules !== 'dept' && rules !== 'linux') {
    throw new UsageError(`--rules is ${JSON.stringify(rules)}; it must be dept or linux.`);
  }
  const [file, ...others] = positionals;
  if (file === undefined) throw new UsageError('replay needs a recording, for example: dept replay run.rec');
  if (others.length > 0) throw new UsageError(`replay takes one file; ${others.join(' ')} is too much.`);
  return { file, rules, format: formatNamed(values.format) };
}

/** The header is of a file anybody may have written. */
function environmentOf(about: unknown): ReportEnvironment | null {
  if (typeof about !== 'object' || about === null) return null;
  const { release, process } = about as Partial<ReportEnvironment>;
  const isWhole =
    typeof release === 'string' && Array.isArray(process) && process.every((line) => typeof line === 'string');
  return isWhole ? { release, process } : null;
}
