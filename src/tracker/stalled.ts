import {
  type Finding,
  fingerprint,
  type OpenWait,
  type Severity,
  type SuspendedFunction,
  waitCount,
} from '../core/finding.ts';
import type { Tick } from '../core/ids.ts';
import { isOfPackage } from '../core/stack.ts';
import type { Wait } from '../core/wait.ts';
import { ownConnection } from './advice.ts';
import { foldAlike } from './alike-waits.ts';
import { excessAdvice, isExcessive } from './excess.ts';
import { firstWaits } from './first-waits.ts';
import { stalledAdvice } from './stalled-advice.ts';

/** How a stall was noticed: at the end with nothing left to run, or while the program still stands. */
export type StallReason =
  | { readonly kind: 'nothing-left' }
  /** Nothing tracked has moved for that long. */
  | { readonly kind: 'watchdog'; readonly quietMs: number }
  /** It has run for that long, and somebody wanted to know then. */
  | { readonly kind: 'after'; readonly afterMs: number }
  /** Whoever has taken what is waited for is over, and nobody else can give it back; the program runs. */
  | { readonly kind: 'abandoned' }
  /** What is awaited nobody can settle; the program runs. */
  | { readonly kind: 'unsettleable' }
  /** Somebody asked, or is about to end the program. */
  | { readonly kind: 'signal'; readonly signal: string };

/** Those that a sentence begins with. */
type SaidReason = Exclude<StallReason, { readonly kind: 'unsettleable' }>;

export interface Stall {
  readonly openWaits: readonly OpenWait[];
  readonly suspended?: readonly SuspendedFunction[];
  /** Nothing left to run if not given. */
  readonly reason?: StallReason;
  /** `error` if not given. */
  readonly severity?: Severity;
  readonly at: Tick;
}

const NEVER_GIVEN_BACK =
  'Give it back in a `finally` where it is taken: an early return or a thrown error has skipped that, or nobody was to do it.';
const NEVER_SETTLED =
  'Nobody has its resolve and reject functions any more: look for a way on which neither is called, as an early return, an error that is only logged, or a callback that is dropped.';
const UNSEEN_HOLD =
  'Or one of these functions holds what another one awaits: a lock, a queue or a pool that dept does not watch.';
const ONLY_SEEN = 'Callbacks that never come cannot be seen, nor can promises that nothing refers to any more.';
const NAMES = 6;
/** Contexts that a reader is shown, each with its stacks; a server that has run dry has thousands. */
const MAX_OPEN_WAITS = 40;

/**
 * True for a wait that may not be open when a program ends well: somebody holds what is waited for, or there is not as much
 * of it as is asked for. An idle worker may sleep for work, and a promise may be given up with the function that owes it.
 */
export function isLeftBehind(wait: Wait): boolean {
  const { object } = wait;
  return (object.isHeld && object.key.kind !== 'promise') || isExcessive(wait);
}

/** DEPT003: waits and async functions that nobody will let go on. */
export function stalledFinding({ openWaits: all, suspended = [], reason, severity = 'error', at }: Stall): Finding {
  const folded = foldAlike(all);
  const openWaits = firstWaits(folded, MAX_OPEN_WAITS);
  const classes = unique(folded.map(({ className }) => className));
  const places = unique(suspended.map(({ name, stack }) => `${name}@${stack?.frames[0]?.file ?? ''}`));
  const parts = [...classes.sort(), ...(classes.length === 0 ? places.sort() : [])];
  // A program that still runs was asked, and there is nothing to tell. At the end it is a top-level await that says so.
  const isAsked = reason !== undefined && reason.kind !== 'nothing-left';
  const isQuiet = isAsked && openWaits.length === 0 && suspended.length === 0;
  return {
    code: 'DEPT003',
    kind: 'stalled',
    severity,
    fingerprint: fingerprint(`DEPT003\u0000${parts.join('\u0000')}`),
    rules: 'dept',
    circle: [],
    ...(reason?.kind === 'unsettleable'
      ? leftOver(suspended)
      : isQuiet
        ? nobodyWaits(reason)
        : told(folded, suspended, reason)),
    predictedBy: null,
    openWaits,
    ...(suspended.length === 0 ? {} : { suspended }),
    stack: null,
    at,
  };
}

function told(
  openWaits: readonly OpenWait[],
  suspended: readonly SuspendedFunction[],
  reason: SaidReason = { kind: 'nothing-left' },
): Pick<Finding, 'message' | 'help'> {
  return {
    message: `${lead(reason)} while ${openParts(openWaits, suspended)}.`,
    help: [
      ...excessAdvice(openWaits),
      ...blockedConnections(openWaits).map(ownConnection),
      reason.kind === 'abandoned' ? NEVER_GIVEN_BACK : stalledAdvice(openWaits),
      ...(openWaits.length === 0 && suspended.length > 1 ? [UNSEEN_HOLD] : []),
    ],
  };
}

/** Those that wait for nobody else are the ones to look at. */
function leftOver(suspended: readonly SuspendedFunction[]): Pick<Finding, 'message' | 'help'> {
  const names = shortened(unique(suspended.filter(({ waitsFor }) => waitsFor.length === 0).map(({ name }) => name)));
  const wait = names.length === 1 ? 'waits' : 'wait';
  return {
    message: `${names.join(', ')} ${wait} for a promise that nobody can settle any more.`,
    help: [NEVER_SETTLED],
  };
}

/** Connections on which commands wait behind one that blocks, by their names. */
function blockedConnections(openWaits: readonly OpenWait[]): readonly string[] {
  const behind = openWaits.filter(
    ({ label, owners }) => label === 'command' && owners.some(({ startLabel }) => startLabel === 'block'),
  );
  return unique(behind.map(({ objectLabel }) => objectLabel));
}

function nobodyWaits(reason: SaidReason): Pick<Finding, 'message' | 'help'> {
  return { message: `${lead(reason)}. Nothing in it is known to wait.`, help: [ONLY_SEEN] };
}

function lead(reason: SaidReason): string {
  if (reason.kind === 'nothing-left') return 'The program has nothing left to run';
  if (reason.kind === 'watchdog') return `Nothing tracked has moved for ${reason.quietMs} ms`;
  if (reason.kind === 'abandoned') return 'Nobody can give back any more what is held,';
  if (reason.kind === 'after') return `The program still runs after ${reason.afterMs} ms`;
  return `The program was sent ${reason.signal}`;
}

function openParts(openWaits: readonly OpenWait[], suspended: readonly SuspendedFunction[]): string {
  const classes = unique(openWaits.map(({ className }) => className));
  const count = waitCount(openWaits);
  const most = openWaits.length > MAX_OPEN_WAITS ? ` (${MAX_OPEN_WAITS} are shown)` : '';
  const waits = `${count === 1 ? 'a wait is' : `${count} waits are`} still open${most}: ${shortened(classes).join(', ')}`;
  if (suspended.length === 0) return openWaits.length === 0 ? 'a top-level await is not settled' : waits;
  const own = suspended.filter(({ stack }) => stack?.frames[0] === undefined || !isOfPackage(stack.frames[0]));
  const shown = shortened(unique((own.length === 0 ? suspended : own).map(({ name }) => name)));
  const functions = `${suspended.length === 1 ? 'an async function has' : `${suspended.length} async functions have`} not ended: ${shown.join(', ')}`;
  return openWaits.length === 0 ? functions : `${waits}; ${functions}`;
}

function shortened(names: readonly string[]): readonly string[] {
  return names.length > NAMES ? [...names.slice(0, NAMES), '...'] : names;
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
