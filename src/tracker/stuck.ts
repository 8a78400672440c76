import { type Finding, fingerprint, type OpenWait, type RuleSet } from '../core/finding.ts';
import type { Tick } from '../core/ids.ts';

/** A wait that lasts until somebody does what nobody will do: reads a stream, answers a message. */
export interface Stuck {
  /** Who waits for what, and what that waits for, the first one first. */
  readonly openWaits: readonly OpenWait[];
  /** One sentence without a full stop. */
  readonly message: string;
  /** What to do, best advice first. */
  readonly help: readonly string[];
}

/** DEPT003 of a part of the program that is stuck while the rest may go on. */
export function stuckFinding({ openWaits, message, help }: Stuck, rules: RuleSet, at: Tick): Finding {
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
