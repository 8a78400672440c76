import { appendFileSync } from 'node:fs';
import type { Finding, FindingCode, Severity } from '../src/core/finding.ts';

/** One finding of some process, as the command that started it needs it. */
export interface TallyLine {
  readonly fingerprint: string;
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly message: string;
  readonly suppressed: boolean;
}

/** Appends a line for each finding that is more than information; whoever asked for the file reads it at the end. */
export function tallyTo(
  path: string,
  suppressed: boolean,
  warn: (message: string) => void,
): (finding: Finding) => void {
  let hasWarned = false;
  return ({ fingerprint, code, severity, message }) => {
    if (severity === 'info') return;
    const line: TallyLine = { fingerprint, code, severity, message, suppressed };
    try {
      appendFileSync(path, `${JSON.stringify(line)}\n`);
    } catch (error) {
      // A process that outlives the one that asked finds the folder gone: nobody looks any more.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' || hasWarned) return;
      hasWarned = true;
      warn(`dept: dept run will not know of all findings: ${(error as Error).message}.\n`);
    }
  };
}
