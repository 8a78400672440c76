import type { Finding } from '../../src/core/finding.ts';
import { formatReport } from '../text/report.ts';
import type { Sink } from './sink.ts';
import { writeFully } from './write-fully.ts';

const STDERR = 2;

/** Prints each finding on standard error at once: the DEPT report and its explanation, or what `format` makes of it. */
export function stderrSink(format: (finding: Finding) => string = (finding) => formatReport(finding)): Sink {
  return {
    write(finding) {
      // A closed standard error is no reason to stop the program, and there is nowhere to complain.
      writeFully(STDERR, textOf(finding, format));
    },
  };
}

function textOf(finding: Finding, format: (finding: Finding) => string): string {
  try {
    return format(finding);
  } catch (error) {
    return `dept: ${finding.code}: ${finding.message} (the report could not be printed: ${String(error)})\n`;
  }
}
