import { statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { FORMAT_NAMES, FORMATS, type FormatName } from '../reports/formats.ts';
import { readCountedGraph } from '../reports/html/graph-file.ts';
import { parseReports } from '../reports/parse-report.ts';
import { SourceFiles } from '../reports/source/source-files.ts';
import type { Indent } from '../reports/text/diagram.ts';
import { wantsColor } from '../reports/text/palette.ts';
import { version } from '../src/version.ts';
import { readCommandLine } from './command-line.ts';
import { readInput } from './input-file.ts';
import type { Io } from './io.ts';
import { UsageError } from './usage-error.ts';

/** One line for each format. */
function listOfFormats(): string {
  return FORMAT_NAMES.map((name) => `                      ${name.padEnd(8)} ${FORMATS[name].summary}`).join('\n');
}

export const SHOW_HELP: string = `Usage: dept show [options] FILE

Prints findings that were recorded with dept run --report FILE.

Options:
  --format FORMAT   one of these; dept if not given
${listOfFormats()}
  --indent 3|4      layout of dept and pretty: 3 spaces, or 4 as in older kernels
  --graph FILE      class graph (dept run --graph) for the page of --format html
  --out FILE        write to FILE instead of standard output
  --force           let --out overwrite a file
  -h, --help        this text

Exit code: 0; 2 for a usage error or a file that holds something else than findings.
`;

interface Plan {
  readonly file: string;
  readonly format: FormatName;
  readonly indent: Indent;
  readonly graph: string | null;
  readonly out: string | null;
  readonly force: boolean;
}

/** @throws UsageError for flags, files or contents that are not right */
export async function showCommand(argv: readonly string[], io: Io): Promise<number> {
  const plan = planShow(argv);
  if (plan === null) {
    io.stdout.write(SHOW_HELP);
    return 0;
  }
  if (plan.out !== null) checkApart(plan.out, [plan.file, plan.graph], io.cwd);
  const reports = readInput(plan.file, io.cwd, parseReports);
  if (reports.length === 0) io.stderr.write(`dept: ${plan.file} holds no findings.\n`);
  const text = FORMATS[plan.format].format(reports, {
    indent: plan.indent,
    source: new SourceFiles(io.cwd),
    color: plan.out === null && wantsColor(process.env, io.stdout.isTTY === true),
    toolVersion: version,
    graph: plan.graph === null ? null : readInput(plan.graph, io.cwd, readCountedGraph),
  });
  if (plan.out === null) io.stdout.write(text);
  else save(text, plan.out, plan.force, io);
  return 0;
}

function planShow(argv: readonly string[]): Plan | null {
  const { values, positionals } = readCommandLine(argv, {
    format: { type: 'string', default: 'dept' },
    indent: { type: 'string', default: '3' },
    graph: { type: 'string' },
    out: { type: 'string' },
    force: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  });
  if (values.help) return null;
  const { indent } = values;
  const format = FORMAT_NAMES.find((name) => name === values.format);
  if (format === undefined) {
    const names = `${FORMAT_NAMES.slice(0, -1).join(', ')} or ${FORMAT_NAMES.at(-1)}`;
    throw new UsageError(`--format is ${JSON.stringify(values.format)}; it must be ${names}.`);
  }
  if (indent !== '3' && indent !== '4') {
    throw new UsageError(`--indent is ${JSON.stringify(indent)}; it must be 3 or 4.`);
  }
  if (values.graph !== undefined && format !== 'html') {
    throw new UsageError(`--graph is for the page of --format html; ${format} does not show it.`);
  }
  const [file, ...others] = positionals;
  if (file === undefined) throw new UsageError('show needs a file of findings, for example: dept show findings.ndjson');
  if (others.length > 0) throw new UsageError(`show takes one file; ${others.join(' ')} is too much.`);
  const { graph = null, out = null, force } = values;
  if (out === '') throw new UsageError('--out needs the name of a file.');
  return { file, format, indent: indent === '4' ? 4 : 3, graph, out, force };
}

/** Findings cannot be made again: no --force is meant to write over them. */
function checkApart(out: string, inputs: readonly (string | null)[], cwd: string): void {
  const written = statSync(resolve(cwd, out), { throwIfNoEntry: false });
  if (written?.isFile() !== true) return;
  for (const name of inputs) {
    const read = name === null ? undefined : statSync(resolve(cwd, name), { throwIfNoEntry: false });
    if (read?.ino === written.ino && read.dev === written.dev) {
      throw new UsageError(`--out is ${out}, which is also read; write to another file.`);
    }
  }
}

function save(text: string, out: string, force: boolean, io: Io): void {
  try {
    writeFileSync(resolve(io.cwd, out), text, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new UsageError(`${out} exists; --force overwrites it.`);
    }
    throw new UsageError(`Cannot write ${out}: ${(error as Error).message}.`);
  }
}
