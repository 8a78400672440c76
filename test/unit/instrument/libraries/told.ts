import type { Finding } from '../../../../src/core/finding.ts';

/** Findings in short: code, severity, and the classes of the circle in the order of their names. */
export function told(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ code, severity, circle }) => {
    return `${code} ${severity} ${circle
      .map(({ to }) => to.key.name)
      .toSorted()
      .join(' ')}`;
  });
}
