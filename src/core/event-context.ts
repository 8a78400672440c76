import type { Context } from './context.ts';
import type { History, Mark } from './history.ts';
import type { Tick } from './ids.ts';
import type { Stack } from './stack.ts';
import type { TrackedObject } from './tracked-object.ts';
import type { How, HowMuch } from './vocabulary.ts';
import type { Wait } from './wait.ts';

/**
 * The stretch of a context that is heading for an event: a lock held, a permit taken, a signalling section. It is its own
 * first step of a history and its own mark: an object less for each lock taken.
 */
export class EventContext implements Mark, History {
  readonly object: TrackedObject;
  /** Changes on downgrade only. */
  how: How;
  readonly more: HowMuch | null;
  /** Who owes the event; changes on handover only. */
  context: Context;
  readonly begin: Tick;
  /** When the event happened; null until then. */
  end: Tick | null = null;
  readonly stack: Stack | null;
  /** True while it keeps histories since its start: as long as it is open, outside an exact context. */
  keepsHistory = false;
  previous: Mark | null = null;
  next: Mark | null = null;
  /** The wait that led here; null for a trylock or a hand-made start. */
  readonly wait: Wait | null;

  constructor(
    object: TrackedObject,
    how: How,
    more: HowMuch | null,
    context: Context,
    begin: Tick,
    stack: Stack | null,
    wait: Wait | null,
  ) {
    this.object = object;
    this.how = how;
    this.more = more;
    this.context = context;
    this.begin = begin;
    this.stack = stack;
    this.wait = wait;
  }

  get at(): Tick {
    return this.begin;
  }

  get held(): EventContext {
    return this;
  }

  get left(): null {
    return null;
  }

  get right(): null {
    return null;
  }

  get size(): number {
    return 1;
  }

  get open(): boolean {
    return this.end === null;
  }

  /** True when it reaches beyond this point. */
  endsAfter(at: Tick): boolean {
    return this.end === null || this.end > at;
  }
}
