import type { ScenarioCase, ScenarioObject } from './case.ts';
import type { WwContext } from './ww-rules.ts';

/** What a holder has of an object. */
export type HoldMode = 'write' | 'read' | 'upgradable' | 'permits';

export interface Hold {
  readonly object: number;
  mode: HoldMode;
  /** How often a recursive owner took it, or how many permits. */
  count: number;
  /** Acquire context it was taken with, null without one. */
  readonly ctx: string | null;
}

/** Why a context cannot go on. */
export interface Waiting {
  readonly kind:
    | 'lock'
    | 'upgrade'
    | 'permits'
    | 'signal'
    | 'send'
    | 'receive'
    | 'barrier'
    | 'condition'
    | 'task'
    | 'park';
  /** Number of the object; -1 for tasks and park. */
  readonly object: number;
  /** Number of the context awaited; -1 elsewhere. */
  readonly task: number;
  readonly mode: HoldMode;
  /** A reader that may pass queued writers. */
  readonly recursive: boolean;
  readonly amount: number;
  readonly timeoutMs: number | null;
  /** Mutex to take again after a condition wait, and how often it was held; -1 elsewhere. */
  readonly mutex: number;
  readonly ctx: string | null;
}

export type Phase = 'absent' | 'ready' | 'blocked' | 'done';
/** How a context that is done came to its end; joins wait for all but the abandoned. */
export type Ending = 'none' | 'finished' | 'exited' | 'aborted' | 'cancelled' | 'abandoned';

export interface ContextState {
  /** Operations started. */
  pc: number;
  phase: Phase;
  ending: Ending;
  waiting: Waiting | null;
  holds: Hold[];
  /** A stored unpark. */
  hasToken: boolean;
}

export interface ObjectState {
  permits: number;
  isSet: boolean;
  buffered: number;
  senders: number;
  isClosed: boolean;
  arrived: number;
  isDestroyed: boolean;
  /** Held by a context outside the scenario. */
  isForeign: boolean;
  /** Contexts waiting, in the order in which they are served. */
  queue: number[];
  /** Contexts that entered an object of re-entry mode `stack`, oldest first. */
  entries: number[];
}

/** Everything a schedule changes. Copied for each move of an exploration. */
export interface MachineState {
  readonly contexts: ContextState[];
  readonly objects: ObjectState[];
  readonly ww: WwContext[];
  /** First misuse, in the words of `expect`. */
  misuse: string | null;
  /** A stated `=result` does not hold in this schedule: it is another run than the one described. */
  isOtherRun: boolean;
}

export function initialState(scenario: ScenarioCase): MachineState {
  return {
    contexts: scenario.contexts.map((context) => ({
      pc: 0,
      phase: context.spawnedBy === null ? 'ready' : 'absent',
      ending: 'none',
      waiting: null,
      holds: [],
      hasToken: false,
    })),
    objects: [...scenario.objects.values()].map(initialObject),
    ww: [],
    misuse: null,
    isOtherRun: false,
  };
}

function initialObject(object: ScenarioObject): ObjectState {
  return {
    permits: object.permits ?? 0,
    isSet: object.isSetAtStart,
    buffered: 0,
    senders: object.senders,
    isClosed: false,
    arrived: 0,
    isDestroyed: false,
    isForeign: object.heldBy !== null,
    queue: [],
    entries: [],
  };
}

/** A copy that shares its contexts and objects with the original until they are changed. */
export function shareState(state: MachineState): MachineState {
  return {
    contexts: [...state.contexts],
    objects: [...state.objects],
    ww: state.ww.map((context) => ({ ...context })),
    misuse: state.misuse,
    isOtherRun: state.isOtherRun,
  };
}

export function copyContext(context: ContextState): ContextState {
  return { ...context, holds: context.holds.map((hold) => ({ ...hold })) };
}

export function copyObject(object: ObjectState): ObjectState {
  return { ...object, queue: [...object.queue], entries: [...object.entries] };
}

const ENDINGS: readonly Ending[] = ['none', 'finished', 'exited', 'aborted', 'cancelled', 'abandoned'];

/** Text that is equal for states from which the same can happen; short, because an exploration keeps all of them. */
export function stateKey(state: MachineState): string {
  const parts: string[] = [state.misuse ?? '', state.isOtherRun ? '!' : ''];
  for (const { pc, phase, ending, waiting, holds, hasToken } of state.contexts) {
    // What a context waits for follows from its operation, except while it takes the mutex of a condition again.
    const waits = waiting === null ? '' : waiting.kind.slice(0, 2);
    parts.push(`${pc}${phase[0]}${ENDINGS.indexOf(ending)}${waits}${hasToken ? 't' : ''}`);
    for (const hold of holds) parts.push(`${hold.object}${hold.mode[0]}${hold.count}`);
    parts.push('');
  }
  for (const object of state.objects) {
    const { permits, buffered, senders, arrived, queue, entries } = object;
    const flags = +object.isSet | (+object.isClosed << 1) | (+object.isDestroyed << 2) | (+object.isForeign << 3);
    const counts = permits === 0 && buffered === 0 && arrived === 0 ? '' : `${permits}.${buffered}.${arrived}`;
    parts.push(`${counts}:${flags === 0 ? '' : flags}:${senders === 1 ? '' : senders}`);
    if (queue.length > 0) parts.push(`q${queue.join('.')}`);
    if (entries.length > 0) parts.push(`e${entries.join('.')}`);
  }
  for (const context of state.ww) parts.push(Object.values(context).join());
  return parts.join(' ');
}
