import type { Dependency } from '../core/dependency.ts';
import { circleFingerprint, type Finding } from '../core/finding.ts';

/** What there is to say of a deadlock; what most have in common may be left out. */
export type Deadlock = Pick<Finding, 'circle' | 'message' | 'help' | 'at'> &
  Partial<Pick<Finding, 'severity' | 'fingerprint' | 'predictedBy' | 'openWaits' | 'stack'>>;

/** DEPT002: waits of which each can go on only after the next one. Made with the fingerprint of its circle if none is given. */
export function deadlockFinding({ circle, message, help, at, ...more }: Deadlock): Finding {
  return {
    code: 'DEPT002',
    kind: 'deadlock',
    severity: more.severity ?? 'error',
    fingerprint: more.fingerprint ?? circleFingerprint('DEPT002', circle),
    rules: 'dept',
    circle,
    message,
    help,
    predictedBy: more.predictedBy ?? null,
    openWaits: more.openWaits ?? [],
    stack: more.stack ?? null,
    at,
  };
}

/** A dependency of a wait that no tracker has followed: of a thread as a whole, or of a function in a heap. */
export function untrackedDependency(
  known: Pick<Dependency, 'from' | 'to' | 'context' | 'start' | 'wait' | 'event' | 'at'>,
): Dependency {
  return { ...known, rule: 'wait', waker: null, timed: false, irqs: [], irqStack: null, instances: null };
}
