import { type Finding, fingerprint, type OpenWait, type RuleSet } from '../core/finding.ts';
import type { Tick } from '../core/ids.ts';

/** A wait that lasts until somebody reads, and nobody does. */
export interface Unread {
  /** Who waits for what, and what that waits for, the first one first. */
  readonly openWaits: readonly OpenWait[];
  /** One sentence without a full stop. */
  readonly message: string;
  /** What to do, best advice first. */
  readonly help: readonly string[];
}

/** DEPT003 for back-pressure: one end waits for the other one to be read. */
export function unreadFinding({ openWaits, message, help }: Unread, rules: RuleSet, at: Tick): Finding {
  return {
    code: 'DEPT003',
    kind: 'stalled',
    severity: 'error',
    fingerprint: fingerprint(
      ['DEPT003', ...openWaits.map(({ label, className }) => `${label}(${className})`)].join('\u0000'),
    ),
    rules,
    circle: [],
    message: `${message}.`,
    help,
    predictedBy: null,
    openWaits,
    stack: null,
    at,
  };
}
