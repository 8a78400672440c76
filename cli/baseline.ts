import { parseReports } from '../reports/parse-report.ts';
import { SUPPRESSIONS_FILE } from '../reports/suppressions.ts';
import type { Finding } from '../src/core/finding.ts';
import { readCommandLine } from './command-line.ts';
import { readInput } from './input-file.ts';
import type { Io } from './io.ts';
import { SuppressionFile } from './suppression-file.ts';
import { UsageError } from './usage-error.ts';

export const BASELINE_HELP: string = `Usage: dept baseline [options] FINDINGS...

Suppresses findings that were recorded with dept run --report FINDINGS, so that dept run --baseline
fails on new ones only. Entries that are there already keep their reason.

Options:
  --reason WHY       why these findings may stay; needed unless --prune is all that is wanted
  --baseline FILE    the file of suppressions; ${SUPPRESSIONS_FILE} if not given
  --prune            drop entries of findings that are not in FINDINGS
  -h, --help         this text

Exit code: 0; 2 for a usage error or a file that holds something else.
`;

/** @throws UsageError for flags, files or contents that are not right */
export async function baselineCommand(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readCommandLine(argv, {
    reason: { type: 'string' },
    baseline: { type: 'string', default: SUPPRESSIONS_FILE },
    prune: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  });
  if (values.help) {
    io.stdout.write(BASELINE_HELP);
    return 0;
  }
  const { reason, prune } = values;
  if (positionals.length === 0)
    throw new UsageError('baseline needs a file of findings: dept baseline findings.ndjson');
  if (reason === undefined && !prune) throw new UsageError('baseline needs --reason: say why these findings may stay.');
  if (reason?.trim() === '') throw new UsageError('--reason is empty: say why these findings may stay.');
  const findings = positionals.flatMap((name) => read(name, io.cwd));
  const file = new SuppressionFile(values.baseline, io.cwd);
  if (reason === undefined && !file.exists) throw new UsageError(`There is no ${file.name} to prune.`);
  const done = file.change({
    ...(reason === undefined ? {} : { add: { findings, reason } }),
    ...(prune ? { keepOnly: new Set(findings.map(({ fingerprint }) => fingerprint)) } : {}),
  });
  for (const line of done.length > 0 ? done : [`${file.name} needs no change.`]) io.stdout.write(`${line}\n`);
  return 0;
}

/** Notices are about dept, not about the program: there is nothing to accept. */
function read(name: string, cwd: string): readonly Finding[] {
  const reports = readInput(name, cwd, parseReports);
  return reports.map(({ finding }) => finding).filter(({ kind }) => kind !== 'notice');
}
