import type { Context } from './context.ts';
import type { Cut, History } from './history.ts';
import { NEVER, type Tick } from './ids.ts';
import type { Stack } from './stack.ts';
import type { TrackedObject } from './tracked-object.ts';
import type { How, HowMuch } from './vocabulary.ts';

/** A timeout that is longer is there for emergencies: until it ends the wait, the program stands. In milliseconds. */
export const LONG_TIMEOUT_MS = 10_000;

/** Who can end a wait of its own with an error, because nothing is lost by it. */
export interface Refuser {
  refuse(wait: Wait, reason: Error): void;
}

/** One occurrence of waiting, as an interval: from the moment it may block to the moment the awaited event fired. */
export class Wait {
  readonly object: TrackedObject;
  readonly how: How;
  readonly more: HowMuch | null;
  readonly context: Context;
  /** Activity of the context at that time (`ctxt_id`): rule (b) never combines two activities. */
  readonly activity: number;
  begin: Tick;
  /** When the awaited event fired or the wait gave up; null until then, for an infinite number would be an object of its own. */
  fired: Tick | null = null;
  /** When it really went to sleep; 0 = it never did. */
  blockedAt: Tick = NEVER;
  /** The same on the session's clock in whole milliseconds; null when it never did or there is no clock. */
  blockedAtMs: number | null = null;
  stack: Stack | null;
  /** True once somebody has asked for what comes after its promise; only told of promises that are followed. */
  awaited = false;
  /** True once who slept for it has gone on without it: what he awaited has failed for another reason. */
  isLeft = false;
  /** True once it stands in a queue, and nobody is known to sleep for it: it was asked for with a callback. */
  isQueued = false;
  /** True where it closes a circle that a timer will break, as one that a wait is raced against: until that is told. */
  isLimited = false;
  /** The primitive that can end this wait with an error; null where it cannot be refused. */
  refuser: Refuser | null = null;
  #history: History | null;
  /** Its neighbours among the waits that sleep now. */
  olderSleeping: Wait | null = null;
  youngerSleeping: Wait | null = null;
  /** What joins the waiter's history when it goes on; null until granted, and in an exact context. */
  node: History | null = null;

  constructor(
    object: TrackedObject,
    how: How,
    more: HowMuch | null,
    context: Context,
    begin: Tick,
    history: History | null,
    stack: Stack | null,
  ) {
    this.object = object;
    this.how = how;
    this.more = more;
    this.context = context;
    this.activity = context.activity;
    this.begin = begin;
    this.#history = history;
    this.stack = stack;
  }

  /** History of the slice that waits; null in an exact context. */
  get history(): History | null {
    return this.#history;
  }

  cutPast(cut: Cut): void {
    this.#history = cut(this.#history, this.begin);
  }

  /** True while the awaited event has neither fired nor been given up. */
  get pending(): boolean {
    return this.fired === null;
  }

  /** True while nobody sleeps in it: it may begin to, or be given what it is for at once. */
  get isAwake(): boolean {
    return this.fired === null && this.blockedAt === NEVER;
  }

  /** True when its interval reaches beyond this point. */
  endsAfter(at: Tick): boolean {
    return this.fired === null || this.fired > at;
  }

  /** A wait that gives up by itself after some time. */
  get timed(): boolean {
    const timeout = this.more?.timeoutMs;
    return timeout !== undefined && timeout > 0 && timeout < Number.POSITIVE_INFINITY;
  }

  /** One whose timeout tells of a deadlock before anybody else could; a task of simulated time is let go by any. */
  get givesUpSoon(): boolean {
    return this.timed && (this.context.exact || (this.more?.timeoutMs ?? 0) < LONG_TIMEOUT_MS);
  }
}
