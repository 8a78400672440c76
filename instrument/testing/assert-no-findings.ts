import type { Finding } from '../../src/core/finding.ts';
import { currentInstallation } from '../install.ts';
import { findingError } from './finding-error.ts';
import { currentTestRun, isFailure, unattributed } from './test-run.ts';

/**
 * Throws when there are findings: in what a `withTracker` returned, or, without an argument, in this process since the
 * last test or assertion that answered for them. Notices about the tracker do not count.
 *
 * @throws FindingError with the reports; its stack begins at the first wait
 */
export function assertNoFindings(tracked?: { readonly findings: readonly Finding[] }): void {
  if (tracked === undefined && currentTestRun() !== null) {
    const error = currentTestRun()?.take() ?? null;
    if (error !== null) throw error;
    return;
  }
  const findings = ((tracked ?? currentInstallation())?.findings ?? []).filter(isFailure);
  if (findings.length > 0) throw findingError(findings.map(unattributed));
}
