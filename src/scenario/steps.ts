import type { Context } from '../core/context.ts';
import type { EventContext } from '../core/event-context.ts';
import type { TrackedObject } from '../core/tracked-object.ts';
import type { How, Observer } from '../core/vocabulary.ts';
import type { Wait } from '../core/wait.ts';

/** One thing a context did, as a timeline shows it. */
export interface Step {
  readonly context: string;
  readonly text: string;
  /** True for a wait that has not ended. */
  readonly isBlocked: boolean;
}

interface Row {
  readonly context: string;
  readonly text: string;
  readonly wait: Wait | null;
}

/** Notes what the contexts of a session do, in order: waits, starts without a wait, events and ends. */
export class Steps implements Observer {
  readonly #rows: Row[] = [];

  /** What has happened so far. */
  get steps(): readonly Step[] {
    return this.#rows.map(({ context, text, wait }) => ({
      context,
      text,
      isBlocked: wait !== null && wait.blockedAt !== 0 && wait.pending,
    }));
  }

  /** Writes a line of the example's own. */
  note(context: string, text: string): void {
    this.#rows.push({ context, text, wait: null });
  }

  onWait(context: Context, wait: Wait): void {
    this.#rows.push({ context: context.name, text: `${wait.how.waitLabel} ${wait.object.label}`, wait });
  }

  onEnter(context: Context, held: EventContext): void {
    if (held.wait === null) this.note(context.name, `${held.how.startLabel} ${held.object.label}`);
  }

  onExit(context: Context, held: EventContext): void {
    // The end of a start made by hand says nothing that the event beside it has not said.
    if (!held.how.sleeps) this.note(context.name, `${held.how.eventLabel} ${held.object.label}`);
  }

  onEvent(context: Context, object: TrackedObject, how: How): void {
    this.note(context.name, `${how.eventLabel} ${object.label}`);
  }
}
