import type { Context } from './context.ts';
import type { Cut, History, Mark } from './history.ts';
import type { Tick } from './ids.ts';
import type { Nest } from './nest.ts';
import type { Stack } from './stack.ts';
import type { TrackedObject } from './tracked-object.ts';
import type { How, HowMuch } from './vocabulary.ts';
import { Wait } from './wait.ts';

/**
 * The stretch of a context that is heading for an event: a lock held, a permit taken, a signalling section. It is its own
 * first step of a history and its own mark: an object less for each lock taken. One that has ended and that nobody remembers
 * may begin again: no object at all.
 */
export class EventContext implements Mark, History {
  object: TrackedObject;
  how: How;
  more: HowMuch | null;
  /** Who owes the event; changes on handover. */
  context: Context;
  /** When it began; as the step of a history it is asked for that all the time. */
  at: Tick;
  /** When the event happened; null until then. */
  end: Tick | null = null;
  stack: Stack | null;
  /** True when somebody beside its taker may remember it. */
  isKept = false;
  /** True while it keeps histories since its start: as long as it is open, outside an exact context. */
  keepsHistory = false;
  /** What was owed when it began, where somebody tells that; never that of another one it was before. */
  nest: Nest | null = null;
  previous: Mark | null = null;
  next: Mark | null = null;
  /** True when a wait led here, also one for nobody; false for a trylock or a hand-made start. */
  readonly hasWait: boolean;
  #wait: Wait | null;
  /** History of the slice that took it without having to wait for anybody. */
  #past: History | null;

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
    this.at = begin;
    this.stack = stack;
    this.hasWait = hasWait;
    this.#wait = wait;
    this.#past = past;
  }

  /** It has waited for nobody, nothing has happened since it began, and nobody remembers it. */
  get isForgotten(): boolean {
    return this.#wait === null && !this.isKept && this.end === this.begin + 1;
  }

  /** One that is forgotten begins again, without having to wait for anybody. */
  beginAgain(
    object: TrackedObject,
    how: How,
    more: HowMuch | null,
    context: Context,
    begin: Tick,
    stack: Stack | null,
    past: History | null,
  ): void {
    this.at = begin;
    this.end = null;
    // It is mostly the same lock again, and to look is cheaper than to write a reference.
    if (this.object !== object) this.object = object;
    if (this.how !== how) this.how = how;
    if (this.more !== more) this.more = more;
    if (this.context !== context) this.context = context;
    if (this.stack !== stack) this.stack = stack;
    if (this.#past !== past) this.#past = past;
  }

  /**
   * The wait that led here; null for a trylock or a hand-made start. One that had to wait for nobody is made when it is asked
   * for: most are never looked at.
   */
  get wait(): Wait | null {
    if (this.#wait === null && this.hasWait) this.#wait = this.#passed();
    return this.#wait;
  }

  cutPast(cut: Cut): void {
    this.#past = cut(this.#past, this.begin);
    this.#wait?.cutPast(cut);
  }

  get begin(): Tick {
    return this.at;
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

  /** True while it needs no record; nobody follows it then. */
  get passes(): boolean {
    return this.nest !== null && this.nest.passing === this;
  }

  get open(): boolean {
    return this.end === null;
  }

  /** True when it reaches beyond this point. */
  endsAfter(at: Tick): boolean {
    return this.end === null || this.end > at;
  }

  /** It ends there. What a library gives back itself ends with the call that took it. */
  endsAt(here: Stack | null): void {
    if (this.how.structured && this.stack !== null) here?.atEndOf?.(this.stack);
  }

  #passed(): Wait {
    const { object, how, more, context, begin, stack } = this;
    const wait = new Wait(object, how, more, context, (begin - 2) as Tick, this.#past, stack);
    wait.fired = (begin - 1) as Tick;
    wait.node = this;
    return wait;
  }
}
