import type { Context } from './context.ts';
import type { EventContext } from './event-context.ts';
import type { Tick } from './ids.ts';
import type { IrqType } from './irq.ts';
import type { TrackedObject } from './tracked-object.ts';
import type { Wait } from './wait.ts';

/** How an event is owed or awaited: its event bit. Readers and writers of one object have different events. */
export type EventMode = 'write' | 'read';

/**
 * A constant description of one kind of hook point: what it is called in reports and how it may block.
 * Made once for each primitive and operation, never for a call.
 */
export interface How {
  readonly mode: EventMode;
  /** A reader that may pass a queued writer: it never waits for another reader. */
  readonly recursive: boolean;
  /** Never blocks: opens an event context without a wait. */
  readonly trylock: boolean;
  /** Waits for readers too when `mode` is read: a queued writer in front may be waiting for them. */
  readonly queued: boolean;
  /** A sleep without an owner (completion, wait queue): counts as a wait when it really sleeps, and asks for its event then. */
  readonly sleeps: boolean;
  /** The hold ends when the function it was given to has settled (`runExclusive`). */
  readonly structured: boolean;
  /** Label of [S], as in `lock(A:0)`. */
  readonly startLabel: string;
  /** Label of [W]. */
  readonly waitLabel: string;
  /** Label of [E]. */
  readonly eventLabel: string;
}

/** What a call adds to its constant description. */
export interface HowMuch {
  /** Declared nesting depth within a class (`mutex_lock_nested`): excuses pairs of one class with different depths. */
  readonly nest?: number;
  /** The acquire context or outer lock that makes this nesting safe (`nest_lock`, ww_acquire_ctx). */
  readonly group?: object;
  /** Milliseconds after which the wait gives up. */
  readonly timeoutMs?: number;
  /** Permits asked for; 1 if not given. */
  readonly permits?: number;
  /** What is held by the code that waits for this one to be done. */
  readonly caller?: readonly EventContext[];
}

/** How a wait ended. */
export type Outcome = 'fired' | 'timed-out' | 'cancelled';

/** Misuse of a primitive, in the words of the scenario files. */
export type MisuseKind =
  | 'bad-unlock'
  | 'init-held'
  | 'destroy-held'
  | 'use-after-destroy'
  | 'nest-lock-not-held'
  | 'wait-context'
  | 'exit-with-held'
  | 'not-held'
  | 'cond-wait-without-mutex'
  | `ww-${string}`
  | (string & {});

/** A misuse, as the hook point saw it. */
export interface Misuse {
  readonly kind: MisuseKind;
  readonly object: TrackedObject | null;
  readonly message: string;
}

/**
 * What an observer of a session hears: one closed vocabulary for DEPT, lockdep, the waits-for graph, the recorder and
 * statistics. Calls come in the order things happened; `at` is the session's logical time. Observers must not keep a
 * `Wait` or `EventContext` of an exact context past its end without copying what they need.
 */
export interface Observer {
  /**
   * True: a lock that asynchronous code takes because it is free is told by `onTaken` alone, not by `onWait`, `onWaited` and
   * `onEnter`; and its end is not told when nothing has happened in between and nothing else is owed.
   */
  readonly skipsTaken?: true;
  onTaken?(held: EventContext): void;
  /** `wait.context` may block here until the object's event; called before it blocks. */
  onWait?(context: Context, wait: Wait): void;
  /** The wait really sleeps now. */
  onBlocked?(context: Context, wait: Wait): void;
  /** The awaited event fired, or the wait gave up. Not the moment the waiter runs again. */
  onWaited?(wait: Wait, outcome: Outcome): void;
  /** An event context begins: the context now owes the object's event. */
  onEnter?(context: Context, held: EventContext): void;
  /** An event context ends in `context`, which need not be the one that began it. */
  onExit?(context: Context, held: EventContext, at: Tick): void;
  /** Somebody asked for the event: from here whoever is heading for it counts. */
  onRequest?(context: Context, object: TrackedObject, at: Tick): void;
  /** The event happens in this context; `object.requestedAt` still holds the request it answers. */
  onEvent?(context: Context, object: TrackedObject, how: How, at: Tick): void;
  onContextBegin?(context: Context): void;
  onContextEnd?(context: Context): void;
  /** What `from` owed of this object is owed by `to` from now on. */
  onHandover?(from: Context, to: Context, held: EventContext): void;
  /** Interrupts of this type become possible again in `context`. */
  onIrqEnable?(context: Context, irq: IrqType, at: Tick): void;
  onIrqDisable?(context: Context, irq: IrqType, at: Tick): void;
  /** The object is initialised (again), or its memory goes. */
  onInit?(context: Context, object: TrackedObject): void;
  onDestroy?(context: Context, object: TrackedObject): void;
  onMisuse?(context: Context, misuse: Misuse): void;
}
