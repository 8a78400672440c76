import type { Context } from './context.ts';
import type { History, Mark } from './history.ts';
import type { Tick } from './ids.ts';
import type { Stack } from './stack.ts';
import type { TrackedObject } from './tracked-object.ts';
import type { How, HowMuch } from './vocabulary.ts';
import { Wait } from './wait.ts';

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
  /** True when a wait led here, also one for nobody; false for a trylock or a hand-made start. */
  readonly hasWait: boolean;
  #wait: Wait | null;
  /** History of the slice that took it without having to wait for anybody. */
  readonly #past: History | null;

  constructor(
    object: TrackedObject,
    how: How,
    more: HowMuch | null,
    context: Context,
    begin: Tick,
    stack: Stack | null,
    wait: Wait | null,
    past: History | null = null,
    hasWait: boolean = wait !== null,
  ) {
    this.object = object;
    this.how = how;
    this.more = more;
    this.context = context;
    this.begin = begin;
    this.stack = stack;
    this.hasWait = hasWait;
    this.#wait = wait;
    this.#past = past;
  }

  /**
   * The wait that led here; null for a trylock or a hand-made start. One that had to wait for nobody is made when it is asked
   * for: most are never looked at.
   */
  get wait(): Wait | null {
    if (this.#wait === null && this.hasWait) this.#wait = this.#passed();
    return this.#wait;
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

  #passed(): Wait {
    const { object, how, more, context, begin, stack } = this;
    const wait = new Wait(object, how, more, context, (begin - 2) as Tick, this.#past, stack);
    wait.fired = (begin - 1) as Tick;
    wait.node = this;
    return wait;
  }
}
