import type { Finding } from '../../src/core/finding.ts';
import type { Frame } from '../../src/core/stack.ts';
import type { ReportEnvironment } from '../environment.ts';
import { mainFrame } from '../outline.ts';
import { oneLine } from '../text/names.ts';
import { formatReport } from '../text/report.ts';
import { xmlAttribute, xmlText } from './xml.ts';

/** A finding and the process it was made in. */
export interface JunitReport {
  readonly finding: Finding;
  readonly environment: ReportEnvironment | null;
}

export interface JunitOptions {
  readonly pathOf?: (frame: Frame) => string;
}

/**
 * One suite, one test case for each finding, as Jenkins and GitLab read it. Errors and warnings are failures with the
 * whole report as their text; notices pass and say what they have to say as output. Whole lines.
 */
export function formatJunit(reports: readonly JunitReport[], options: JunitOptions = {}): string {
  const failures = reports.filter(({ finding }) => isFailure(finding)).length;
  const counts = `tests="${reports.length}" failures="${failures}" errors="0" skipped="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="dept" ${counts}>`,
    `  <testsuite name="dept" ${counts} time="0">`,
    ...reports.map((report) => testCase(report, options.pathOf ?? ((frame) => frame.file ?? ''))),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function isFailure({ severity }: Finding): boolean {
  return severity !== 'info';
}

function testCase({ finding, environment }: JunitReport, pathOf: (frame: Frame) => string): string {
  const frame = mainFrame(finding);
  const file = frame === null ? '' : ` file="${xmlAttribute(pathOf(frame))}" line="${frame.line}"`;
  const message = oneLine(finding.message);
  const name = `${message} (${finding.fingerprint})`;
  const text = xmlText(formatReport(finding, { environment }));
  const inside = isFailure(finding)
    ? `<failure message="${xmlAttribute(message)}" type="${finding.code}">${text}</failure>`
    : `<system-out>${text}</system-out>`;
  return [
    `    <testcase classname="dept.${finding.code}" name="${xmlAttribute(name)}"${file} time="0">`,
    `      ${inside}`,
    '    </testcase>',
  ].join('\n');
}
