import type { Context } from './context.ts';
import type { Mark } from './history.ts';
import { PENDING, type Tick } from './ids.ts';
import type { Stack } from './stack.ts';
import type { TrackedObject } from './tracked-object.ts';
import type { How, HowMuch } from './vocabulary.ts';
import type { Wait } from './wait.ts';

/** The stretch of a context that is heading for an event: a lock held, a permit taken, a signalling section. */
export class EventContext implements Mark {
  readonly object: TrackedObject;
  /** Changes on downgrade only. */
  how: How;
  readonly more: HowMuch | null;
  /** Who owes the event; changes on handover only. */
  context: Context;
  readonly begin: Tick;
  end: Tick = PENDING;
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

  get open(): boolean {
    return this.end === PENDING;
  }
}
