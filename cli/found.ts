import { FORMAT_NAMES, FORMATS, type FormatName } from '../reports/formats.ts';
import type { ParsedReport } from '../reports/parse-report.ts';
import { SourceFiles } from '../reports/source/source-files.ts';
import { wantsColor } from '../reports/text/palette.ts';
import { version } from '../src/version.ts';
import type { Io } from './io.ts';
import { UsageError } from './usage-error.ts';

/** Prints what a command has found on standard output; nothing when there is nothing, for formats that are no document. */
export function printFound(reports: readonly ParsedReport[], format: FormatName, io: Io): void {
  const text = FORMATS[format].format(reports, {
    indent: 3,
    source: new SourceFiles(io.cwd),
    color: wantsColor(process.env, io.stdout.isTTY === true),
    toolVersion: version,
  });
  io.stdout.write(text);
}

/** @throws UsageError for a format there is not */
export function formatNamed(name: string): FormatName {
  const format = FORMAT_NAMES.find((candidate) => candidate === name);
  if (format !== undefined) return format;
  throw new UsageError(`--format is ${JSON.stringify(name)}; it must be one of ${FORMAT_NAMES.join(', ')}.`);
}
