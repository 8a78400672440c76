import type { Dependency } from '../core/dependency.ts';
import { circleFingerprint, type Finding, type OpenWait } from '../core/finding.ts';
import type { Tick } from '../core/ids.ts';
import type { Stack } from '../core/stack.ts';
import { adviceFor, sentence } from './advice.ts';

export interface Deadlock {
  /** Its waits, each with what its owner cannot end. */
  readonly circle: readonly Dependency[];
  readonly fingerprint: string;
  /** True where a timeout will break it. */
  readonly isUntilTimeout: boolean;
  /** Tells whether a circle of classes was predicted before it came true. */
  readonly wasReported: (fingerprint: string) => boolean;
  /** Waits behind the circle. */
  readonly openWaits: readonly OpenWait[];
  readonly stack: Stack | null;
  readonly at: Tick;
}

/** DEPT002: waits of which each can go on only after the next one. */
export function deadlockFinding({
  circle,
  fingerprint,
  isUntilTimeout,
  wasReported,
  openWaits,
  stack,
  at,
}: Deadlock): Finding {
  const predicted = circleFingerprint('DEPT001', circle);
  return {
    code: 'DEPT002',
    kind: 'deadlock',
    severity: isUntilTimeout ? 'warning' : 'error',
    fingerprint,
    rules: 'dept',
    circle,
    message: sentence(circle, isUntilTimeout ? 'until-timeout' : 'now'),
    help: adviceFor(circle),
    predictedBy: wasReported(predicted) ? predicted : null,
    openWaits,
    stack,
    at,
  };
}
