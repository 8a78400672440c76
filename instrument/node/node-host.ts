import type { Finding, RuleSet } from '../../src/core/finding.ts';
import type { Session } from '../../src/core/session.ts';
import type { Wait } from '../../src/core/wait.ts';
import { activeSession, failed } from '../../src/sync/hooks.ts';
import type { StallClock } from './stall-clock.ts';

/** What each watch of a part of Node is given. */
export interface NodeHost {
  readonly session: Session;
  readonly rules: RuleSet;
  readonly clock: StallClock;
  /** @param about a wait that the finding tells of */
  readonly onFinding: (finding: Finding, about?: Wait | null) => void;
}

/** Runs what looks on; a fault in it detaches the session and never reaches the program. */
export function observed<T>({ session }: NodeHost, look: () => T): T | null {
  if (activeSession() !== session) return null;
  try {
    return look();
  } catch (fault) {
    return failed(fault, session);
  }
}
