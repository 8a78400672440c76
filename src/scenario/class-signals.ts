import type { ScenarioCase } from './case.ts';
import { isPureSignal } from './object-types.ts';
import type { Op } from './op.ts';
import type { Verb } from './vocabulary.ts';

const SIGNALS: ReadonlySet<Verb> = new Set<Verb>([
  'event',
  'complete',
  'resolve',
  'notify_one',
  'notify_all',
  'chan_send',
  'chan_close',
  'chan_drop_sender',
  'barrier_wait',
  'unpark',
]);
const TAKES: ReadonlySet<Verb> = new Set<Verb>([
  'sem_acquire',
  'lock',
  'trylock',
  'wlock',
  'trywlock',
  'lock_nested',
  'lock_nest',
]);
const GIVES: ReadonlySet<Verb> = new Set<Verb>(['sem_release', 'unlock', 'wunlock']);

/** Which operations of a context are events, and what it is asked for without saying so. */
export interface SignalPlan {
  /**
   * Positions at which an event is told. Of several events of one object that share their beginning only the last one
   * counts: what the earlier ones had to wait for is part of it.
   */
  readonly events: ReadonlySet<number>;
  /** Names the context owes from its very start, because no `request_event` comes before. */
  readonly owedFromStart: readonly string[];
}

/** Reads a context's operations. A release without a hold is a signal. */
export function signalPlan(scenario: ScenarioCase, ops: readonly Op[]): SignalPlan {
  const lastOf = new Map<string, number>();
  const events = new Set<number>();
  const owedFromStart = new Set<string>();
  const requested = new Set<string>();
  const held = new Map<string, number>();
  const close = (name: string): void => {
    const last = lastOf.get(name);
    if (last !== undefined) events.add(last);
    lastOf.delete(name);
  };
  for (const [position, op] of ops.entries()) {
    const name = signalName(op);
    if (op.verb === 'request_event') {
      close(op.target);
      requested.add(op.target);
    } else if (TAKES.has(op.verb)) {
      held.set(op.target, (held.get(op.target) ?? 0) + 1);
    } else if (SIGNALS.has(op.verb) || isSignallingRelease(scenario, op, held)) {
      lastOf.set(name, position);
      if (!requested.has(name)) owedFromStart.add(name);
    }
  }
  for (const name of [...lastOf.keys()]) close(name);
  return { events, owedFromStart: [...owedFromStart] };
}

/** The name an event of this operation goes by. */
export function signalName({ verb, target }: Op): string {
  return verb === 'unpark' ? parkName(target) : target;
}

export function parkName(context: string): string {
  return `park ${context}`;
}

export function taskName(context: string): string {
  return `task ${context}`;
}

function isSignallingRelease(scenario: ScenarioCase, op: Op, held: Map<string, number>): boolean {
  if (!GIVES.has(op.verb)) return false;
  const declared = scenario.objects.get(op.target);
  if (declared !== undefined && isPureSignal(declared)) return true;
  const count = held.get(op.target) ?? 0;
  if (count > 0) {
    held.set(op.target, count - 1);
    return false;
  }
  return declared !== undefined && (declared.permits !== null || declared.crossRelease);
}
