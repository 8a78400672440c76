import type { Finding } from '../../src/core/finding.ts';
import type { ReportEnvironment } from '../environment.ts';
import { frameText, NOT_AVAILABLE } from './frames.ts';
import { oneLine } from './names.ts';
import { heading } from './separators.ts';

/** The last block: the process, and the code that made the finding (dump_stack). */
export function closingLines(finding: Finding, environment: ReportEnvironment | null): readonly string[] {
  const frames = finding.stack?.frames ?? [];
  return [
    ...heading('information that might be helpful'),
    ...(environment?.process.map(oneLine) ?? []),
    'Call Trace:',
    ...(frames.length === 0 ? [` ${NOT_AVAILABLE}`] : frames.map((frame) => ` ${frameText(frame)}`)),
  ];
}
