import type { Context, ContextKind } from './context.ts';
import type { EventContext } from './event-context.ts';
import type { Histories, History } from './history.ts';
import { type ContextId, NEVER, type Tick } from './ids.ts';
import type { TrackedObject } from './tracked-object.ts';
import type { Wait } from './wait.ts';

/** Where the slice of code that runs now stands; the attribution moves it from slice to slice. */
export class Slice {
  readonly histories: Histories;
  /** What had to happen before the code that runs now. */
  history: History | null = null;
  /** Tells the history where it is kept elsewhere; `history` means nothing then. */
  source: (() => History | null) | null = null;

  constructor(histories: Histories) {
    this.histories = histories;
  }

  /** What runs from now on is what goes on after this wait, whoever has let it go on. */
  goOn(wait: Wait): void {
    if (this.source === null) this.history = this.histories.join(this.histories.fresh(wait.history), wait.node);
  }

  /** What runs from now on has nothing behind it. @returns what it had, to be put back */
  leave(): History | null {
    const { history } = this;
    this.history = null;
    return history;
  }
}

/**
 * A context whose holds and waits are read from the causal history of the slice that runs now. One object serves all
 * slices of the same name: it is a label, the history is the identity.
 */
export class AsyncContext implements Context {
  readonly id: ContextId;
  readonly name: string;
  readonly kind: ContextKind;
  readonly exact: boolean = false;
  readonly activity = 0;
  readonly irqs = null;
  readonly forgotten: Tick = NEVER;
  readonly #slice: Slice;

  constructor(id: ContextId, name: string, kind: ContextKind, slice: Slice) {
    this.id = id;
    this.name = name;
    this.kind = kind;
    this.#slice = slice;
  }

  get history(): History | null {
    const { histories, history, source } = this.#slice;
    return histories.fresh(source === null ? history : source());
  }

  /**
   * Code that computes a shared promise does not hold what its caller holds: the caller holds that, and waits for the
   * promise if it does.
   */
  forEachHeld(visit: (held: EventContext) => void): void {
    const { history } = this;
    if (history === null) return;
    const all = new Set<EventContext>();
    let since = NEVER;
    this.#slice.histories.each(history, NEVER, ({ held }) => {
      if (held === null || !held.open) return;
      all.add(held);
      if (held.object.key.kind === 'promise' && held.begin > since) since = held.begin;
    });
    for (const held of all) if (held.begin >= since) visit(held);
  }

  heldOf(object: TrackedObject): EventContext | null {
    // What a slice had behind it before it was let go on stands on the left of what the other one had.
    for (let step = this.history; step !== null; step = step.left) {
      if (step.held === null || !step.held.open) continue;
      if (step.held.object === object) return step.held;
      if (step.held.object.key.kind === 'promise') break;
    }
    let found: EventContext | null = null;
    this.forEachHeld((held) => {
      if (found === null && held.object === object) found = held;
    });
    return found;
  }

  forEachWait(since: Tick, visit: (wait: Wait) => void): void {
    const { history } = this;
    // A step is not older than what it has behind it: the usual hold ends without another wait.
    if (history === null || history.at <= since) return;
    this.#slice.histories.each(history, since, (step) => {
      if (step.wait?.endsAfter(since) === true) visit(step.wait);
    });
  }

  /** An ended wait reaches the history through the promise its waiter awaits, not through the slice that began it. */
  addWait(_wait: Wait): void {}

  /** An event context that begins without a wait belongs to the slice that runs now. */
  addHeld(held: EventContext): boolean {
    const { histories } = this.#slice;
    histories.mark(held);
    held.keepsHistory = true;
    if (!held.hasWait && this.#slice.source === null) {
      this.#slice.history = histories.join(this.history, held);
    }
    return true;
  }

  removeHeld(held: EventContext): void {
    if (held.keepsHistory) this.#slice.histories.unmark(held);
    held.keepsHistory = false;
  }
}
