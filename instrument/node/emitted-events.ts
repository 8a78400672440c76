import { EventEmitter } from 'node:events';
import Stream from 'node:stream';
import type { Session } from '../../src/core/session.ts';
import type { Stack } from '../../src/core/stack.ts';
import { isObject } from '../../src/core/thenable.ts';
import { failed } from '../../src/sync/hooks.ts';
import { replaced } from '../patches/replaced.ts';

/** Names of events that come once: those are remembered even when somebody listens. When an emitter begins to be of use ... */
const BEGINS: ReadonlySet<string | symbol> = new Set(
  'ready open opened connect connected listening init initialized online'.split(' '),
);

/** ... and of what it does, which may be one job after the other. */
const OF_A_JOB: ReadonlySet<string | symbol> = new Set(
  'start started load loaded spawn end finish finished done complete completed close closed exit'.split(' '),
);

/** After these an emitter that is connected anew begins again. */
const CLOSES: ReadonlySet<string | symbol> = new Set(
  'end close closed exit disconnect disconnected reconnect reconnecting'.split(' '),
);

const HEEDED: ReadonlySet<string | symbol> = new Set([...BEGINS, ...OF_A_JOB, ...CLOSES]);

/** Stacks kept of the emissions of one event name. */
const STACKS_EACH = 32;
/** Names with stacks: who makes a name for each job (`completed:17`) has as many as jobs. */
const NAMES_WITH_STACKS = 4_096;
/** Names remembered of one emitter, beside those that are heeded. */
const NAMES_EACH = 256;

/** How often an event of one emitter was emitted, and where that was the first time. */
export interface Emission {
  count: number;
  /** Somebody listened then. */
  readonly isHeard: boolean;
  readonly stack: Stack | null;
}

/** Whether an event has come since somebody began to wait for it. */
export interface Followed {
  readonly came: boolean;
  /** Nobody asks any more. */
  end(): void;
}

/**
 * Remembers of emitters of the program's own which events they emitted before anybody listened. What streams and sockets
 * have emitted can be read off them, so they are left out: they are the many.
 */
export class EmittedEvents {
  readonly #session: Session;
  readonly #emitted = new WeakMap<EventEmitter, Map<string | symbol, Emission>>();
  readonly #captures = new Map<string | symbol, number>();
  readonly #followed = new WeakMap<object, Map<string | symbol, Set<{ came: boolean }>>>();
  #following = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** @returns what restores the original `emit` */
  install(): () => void {
    const prototype = EventEmitter.prototype as EventEmitter & {
      _events?: Readonly<Record<string | symbol, unknown>>;
    };
    const record = (emitter: EventEmitter, event: string | symbol, isHeard: boolean): void =>
      this.#record(emitter, event, isHeard);
    // While nobody follows anything, an emission costs one look more.
    const follows = (): boolean => this.#following > 0;
    const come = (emitter: EventEmitter, event: string | symbol): void => this.#come(emitter, event);
    return replaced(prototype, 'emit', (original) => {
      const emit = original as (this: EventEmitter, ...args: unknown[]) => boolean;
      return function patched(this: typeof prototype, event: string | symbol, ...args: unknown[]): boolean {
        const isHeard = this?._events?.[event] !== undefined;
        const isTold = this instanceof Stream || (isHeard && !HEEDED.has(event));
        if (!isTold) record(this, event, isHeard);
        if (follows()) come(this, event);
        return emit.call(this, event, ...args);
      };
    });
  }

  /** What is known of earlier emissions of the event, or null. */
  of(emitter: EventEmitter, event: string | symbol): Emission | null {
    return this.#emitted.get(emitter)?.get(event) ?? null;
  }

  /**
   * The next emission is told of, whoever listens: a listener that stays says nothing of it, and what an object says of
   * itself may be true before the event has come (a server that listens, a child that has an id).
   */
  follow(emitter: object, event: string | symbol): Followed {
    const one = { came: false };
    const events = this.#followed.get(emitter) ?? new Map<string | symbol, Set<{ came: boolean }>>();
    this.#followed.set(emitter, events);
    const all = events.get(event) ?? new Set();
    events.set(event, all.add(one));
    this.#following++;
    return {
      get came() {
        return one.came;
      },
      end: () => {
        if (!all.delete(one)) return;
        this.#following--;
        if (all.size === 0) events.delete(event);
      },
    };
  }

  /**
   * True for an event whose name says that it comes once. Of one that somebody has heard that is not certain, where it may come for
   * each job: who waits later may wait for the next.
   */
  static comesOnce(event: string | symbol, { isHeard }: Pick<Emission, 'isHeard'> = { isHeard: false }): boolean {
    return BEGINS.has(event) || (OF_A_JOB.has(event) && !isHeard);
  }

  #come(emitter: EventEmitter, event: string | symbol): void {
    for (const one of this.#followed.get(emitter)?.get(event) ?? []) one.came = true;
  }

  #record(emitter: EventEmitter, event: string | symbol, isHeard: boolean): void {
    // What is no object its own `emit` refuses.
    if ((emitter as unknown) === process || !isObject(emitter)) return;
    try {
      let events = this.#emitted.get(emitter);
      if (events === undefined) {
        events = new Map();
        this.#emitted.set(emitter, events);
      }
      if (CLOSES.has(event)) for (const begun of events.keys()) if (BEGINS.has(begun)) events.delete(begun);
      if (isHeard && !BEGINS.has(event) && !OF_A_JOB.has(event)) return;
      const known = events.get(event);
      if (known !== undefined) known.count++;
      else {
        if (events.size >= NAMES_EACH) forgetOldest(events);
        events.set(event, { count: 1, isHeard, stack: this.#capture(event) });
      }
    } catch (fault) {
      failed(fault, this.#session);
    }
  }

  #capture(event: string | symbol): Stack | null {
    const captures = this.#captures.get(event) ?? 0;
    if (captures >= STACKS_EACH || (captures === 0 && this.#captures.size >= NAMES_WITH_STACKS)) return null;
    this.#captures.set(event, captures + 1);
    return this.#session.capture();
  }
}

/** The name that was emitted first longest ago. */
function forgetOldest(events: Map<string | symbol, Emission>): void {
  for (const event of events.keys()) {
    if (HEEDED.has(event)) continue;
    events.delete(event);
    return;
  }
}
