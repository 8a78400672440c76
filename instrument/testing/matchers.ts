import { formatReport } from '../../reports/text/report.ts';
import { DeptError } from '../../src/core/dept-error.ts';
import { FINDING_KINDS, type Finding, type FindingCode } from '../../src/core/finding.ts';
import { trackRun } from '../with-tracker.ts';

/** A function to run under a tracker of its own, or what such a run returned. */
export type Trackable = (() => unknown) | { readonly findings: readonly Finding[] };

/** The matchers as a runner's `expect` offers them. Both take a {@link Trackable}; await them. */
export interface DeptMatchers<R = Promise<void>> {
  /** A deadlock is possible (DEPT001 that no timeout breaks) or happens (DEPT002). */
  toDeadlock(): R;
  /** A finding with this code is made. */
  toHaveFinding(code: FindingCode): R;
}

interface Match {
  readonly pass: boolean;
  readonly message: () => string;
}

/** For `expect.extend` of vitest, jest, or the package `expect`. */
export const matchers: {
  readonly toDeadlock: (received: unknown) => Promise<Match>;
  readonly toHaveFinding: (received: unknown, code: FindingCode) => Promise<Match>;
} = Object.freeze({
  toDeadlock: (received: unknown) => match('toDeadlock', received, 'to deadlock', isDeadlock),
  toHaveFinding: async (received: unknown, code: FindingCode) => {
    if (!Object.hasOwn(FINDING_KINDS, code)) {
      const known = Object.keys(FINDING_KINDS).join(', ');
      throw new DeptError('ERR_DEPT_BAD_CODE', `toHaveFinding(${JSON.stringify(code)}): the codes are ${known}.`);
    }
    return match('toHaveFinding', received, `to have a finding ${code}`, (finding) => finding.code === code);
  },
});

function isDeadlock({ kind, severity }: Finding): boolean {
  return severity === 'error' && (kind === 'circular' || kind === 'deadlock');
}

async function match(
  name: string,
  received: unknown,
  wanted: string,
  isWanted: (finding: Finding) => boolean,
): Promise<Match> {
  const findings = await findingsOf(name, received, isWanted);
  const found = findings.filter(isWanted);
  return {
    pass: found.length > 0,
    message: () =>
      found.length > 0
        ? `expected it not ${wanted}:\n\n${found.map((finding) => formatReport(finding)).join('\n')}`
        : `expected it ${wanted}, but ${instead(findings)}`,
  };
}

async function findingsOf(
  name: string,
  received: unknown,
  isWanted: (finding: Finding) => boolean,
): Promise<readonly Finding[]> {
  if (typeof received === 'function') {
    const { findings, failure } = await trackRun(received as () => unknown);
    // A timeout that breaks the deadlock may well fail the function; any other failure is the test's.
    if (failure !== null && !findings.some(isWanted)) throw failure.reason;
    return findings;
  }
  const findings = (received as { findings?: unknown } | null | undefined)?.findings;
  if (Array.isArray(findings)) return findings as readonly Finding[];
  throw new DeptError(
    'ERR_DEPT_BAD_RECEIVED',
    `expect(...).${name}() takes a function, or what withTracker returned; it got ${received === null ? 'null' : typeof received}. A promise comes too late: pass the function that makes it.`,
  );
}

function instead(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'nothing was found.';
  const lines = findings.map(({ code, severity, message }) => `  ${code} ${severity}: ${message}`);
  return `only this was found:\n${lines.join('\n')}`;
}
