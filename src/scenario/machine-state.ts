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

/** Text that is equal for states from which the same can happen. Linear in the size of the state. */
export function stateKey(state: MachineState): string {
  let key = `${state.misuse ?? ''}${state.isOtherRun ? '!' : ''}`;
  for (const { pc, phase, ending, waiting, holds, hasToken } of state.contexts) {
    // What a context waits for follows from its operation, except while it takes the mutex of a condition again.
    key += `|${pc},${phase},${ending},${waiting === null ? '' : waiting.kind},${hasToken}`;
    for (const hold of holds) key += `;${hold.object}${hold.mode}${hold.count}`;
  }
  for (const object of state.objects) {
    const { permits, buffered, senders, arrived, isSet, isClosed, isDestroyed, isForeign, queue, entries } = object;
    key += `|${permits},${buffered},${senders},${arrived},${isSet},${isClosed},${isDestroyed},${isForeign}`;
    if (queue.length > 0) key += `;${queue.join(' ')}`;
    if (entries.length > 0) key += `:${entries.join(' ')}`;
  }
  for (const context of state.ww) key += `|${Object.values(context).join()}`;
  return key;
}
