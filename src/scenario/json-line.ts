import { className } from '../core/classes.ts';
import type { Finding } from '../core/finding.ts';
import type { CaseResult } from './run-case.ts';

/** One line of `dept scenario --json`: plain data, keys in a fixed order. */
export interface JsonLine {
  readonly suite: string;
  readonly name: string;
  readonly lockTypes: readonly string[];
  readonly mode: string;
  readonly expect: string | null;
  /** `deadlock`, `ok`, `misuse:<kind>`; `mismatch` for a graph case with a stated result that does not hold; null when skipped. */
  readonly verdict: string | null;
  readonly agrees: boolean | null;
  readonly skipped?: string;
  /** Verdict of the DEPT tracker alone; of an instance run, whether it predicted or saw the deadlock. */
  readonly dept?: string;
  readonly lockdep?: string;
  readonly stuckContexts?: readonly string[];
  readonly hangOrder?: readonly string[];
  /** False when an exploration stopped at its cap. */
  readonly complete?: boolean;
  readonly states?: number;
  readonly failed?: CaseResult['failed'];
  readonly findings?: readonly JsonFinding[];
  readonly lockdepReports?: readonly string[];
}

export interface JsonFinding {
  readonly code: string;
  readonly kind: string;
  readonly message: string;
  /** Classes of the circle in reading order. */
  readonly circle: readonly string[];
  readonly fingerprint: string;
}

/** What `--json` prints for a result. */
export function jsonLine(result: CaseResult): JsonLine {
  const { scenario, mode, verdict, agrees, skipped, dept, lockdep } = result;
  const isExplored = mode === 'explore' && skipped === null;
  return {
    suite: scenario.suite,
    name: scenario.name,
    lockTypes: scenario.lockTypes,
    mode,
    expect: scenario.expect,
    verdict,
    agrees,
    ...(skipped === null ? {} : { skipped }),
    ...(dept === null ? {} : { dept }),
    ...(lockdep === null ? {} : { lockdep }),
    ...(result.stuck.length === 0 ? {} : { stuckContexts: result.stuck }),
    ...(result.hangOrder === null ? {} : { hangOrder: result.hangOrder }),
    ...(isExplored ? { complete: result.complete, states: result.states } : {}),
    ...(result.failed.length === 0 ? {} : { failed: result.failed }),
    ...(result.findings.length === 0 ? {} : { findings: result.findings.map(jsonFinding) }),
    ...(result.reports.length === 0 ? {} : { lockdepReports: result.reports }),
  };
}

function jsonFinding({ code, kind, message, circle, fingerprint }: Finding): JsonFinding {
  return { code, kind, message, circle: circle.map(({ from }) => className(from)), fingerprint };
}
