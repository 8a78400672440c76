import { caseTitle } from './case.ts';
import type { CaseResult } from './run-case.ts';
import { drawTimeline } from './timeline.ts';

const HEADINGS: readonly string[] = ['case', 'mode', 'expect', 'verdict', 'dept', 'lockdep', ''];

/**
 * The verdicts as a table, each case's timeline below its line when `isDrawn`, and a last line that counts.
 */
export function verdictTable(results: readonly CaseResult[], isDrawn: boolean): string {
  const rows = results.map(cells);
  const widths = HEADINGS.map((heading, i) => Math.max(heading.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((text, i) => text.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  const body = results.flatMap((result, i) => {
    const row = line(rows[i] ?? []);
    return isDrawn && result.skipped === null ? ['', row, '', drawTimeline(result), ...epilogue(result)] : [row];
  });
  return [line(HEADINGS), ...body, '', summary(results)].join('\n');
}

function cells(result: CaseResult): readonly string[] {
  const { scenario, mode, verdict, dept, lockdep, skipped, agrees, complete } = result;
  const remark = skipped ?? (agrees === false ? 'DISAGREES' : complete ? '' : 'search stopped at its cap');
  return [caseTitle(scenario), mode, scenario.expect ?? '-', verdict ?? '-', dept ?? '-', lockdep ?? '-', remark];
}

/** What a drawn case has to say beyond its picture. */
function epilogue({ stuck, hangOrder, findings }: CaseResult): readonly string[] {
  const lines: string[] = [];
  if (stuck.length > 0) lines.push(`   stuck: ${stuck.join(', ')}`);
  if (hangOrder !== null) lines.push(`   hangs in the order: ${hangOrder.join(' ')}`);
  for (const { code, message } of findings) lines.push(`   ${code}: ${message}`);
  return lines.length === 0 ? [] : ['', ...lines];
}

function summary(results: readonly CaseResult[]): string {
  const count = (test: (result: CaseResult) => boolean): number => results.filter(test).length;
  const skipped = count((result) => result.skipped !== null);
  const parts = [
    `${results.length} ${results.length === 1 ? 'case' : 'cases'}`,
    `${count((result) => result.agrees === true)} agree`,
    `${count((result) => result.agrees === false)} disagree`,
    ...(skipped === 0 ? [] : [`${skipped} not replayable`]),
  ];
  return parts.join(', ');
}
