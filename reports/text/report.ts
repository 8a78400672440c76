import type { Finding } from '../../src/core/finding.ts';
import { type DeptTextOptions, formatDept } from './dept.ts';
import { explain } from './explanation.ts';

/** The DEPT report and, after a blank line, the finding in plain words. Whole lines. */
export function formatReport(finding: Finding, options: DeptTextOptions = {}): string {
  return `${formatDept(finding, options)}\n${explain(finding)}`;
}
