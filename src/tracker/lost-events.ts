import { type Finding, fingerprint, type RuleSet } from '../core/finding.ts';
import type { Tick } from '../core/ids.ts';
import type { Stack } from '../core/stack.ts';

/** A wait for an event that had happened before, and that does not happen again. */
export interface LostEvent {
  /** The event and whose it is, as reports print it: `listening of Server`. */
  readonly event: string;
  /** What the program waits with: `once`. */
  readonly waitLabel: string;
  /** The function that waits. */
  readonly contextName: string;
  readonly waitStack: Stack | null;
  /** Where it was triggered; null when only its effect is known. */
  readonly eventStack: Stack | null;
  /** How one sees that it has happened, in words; null where nothing shows it. */
  readonly state: string | null;
}

/** DEPT004: the event came before the wait, and its kind does not remember that. */
export function lostEventFinding(lost: LostEvent, rules: RuleSet, at: Tick): Finding {
  const { event, waitLabel, contextName, waitStack, eventStack, state } = lost;
  const proof = state === null ? 'it was emitted once, and not again since' : `${state}, and that comes only once`;
  return {
    code: 'DEPT004',
    kind: 'lost-event',
    severity: 'error',
    fingerprint: fingerprint(`DEPT004\u0000${event}\u0000${waitStack?.frames[0]?.file ?? ''}`),
    rules,
    circle: [],
    message: `${contextName} waits for ${event}, which had happened before the wait began: ${proof}.`,
    help: [
      `Call ${waitLabel}() before what triggers the event, and await its promise later.`,
      state === null
        ? 'Or keep what the event brought in a promise, which remembers that it was settled.'
        : 'Or look at the state first, and wait only when the event is still to come.',
    ],
    predictedBy: null,
    openWaits: [
      {
        contextName,
        label: waitLabel,
        className: event,
        objectLabel: event,
        stack: waitStack,
        owners: eventStack === null ? [] : [{ contextName: 'the emitter', startLabel: 'emit', stack: eventStack }],
      },
    ],
    stack: null,
    at,
  };
}
