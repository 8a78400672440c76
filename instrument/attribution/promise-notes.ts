import type { History } from '../../src/core/history.ts';
import type { Wait } from '../../src/core/wait.ts';
import { Stamp } from '../stamp.ts';
import type { Joined } from './joined-promises.ts';

/** What lets whoever awaits a promise go on: the history of the code that settled it, or the wait whose end settles it. */
export type Settling = History | Wait | Joined | null;

/** What one attribution knows of promises. A promise may outlive its session, or be seen by two of them. */
export interface PromiseNotes {
  /** A promise is made by code with this history; once for each promise. */
  made(promise: object, history: History | null): void;
  /** History of the code that made it; null where that was not seen. */
  historyOf(promise: object): History | null;
  settlingOf(promise: object): Settling;
  settles(promise: object, settling: Settling): void;
}

/** Notes of its own for an attribution. */
export function promiseNotes(): PromiseNotes {
  class Note extends Stamp {
    readonly #history: History | null;
    #settling: Settling;

    constructor(promise: object, history: History | null, settling: Settling) {
      super(promise);
      this.#history = history;
      this.#settling = settling;
    }

    static historyOf(promise: object): History | null {
      return #history in promise ? promise.#history : null;
    }

    static settlingOf(promise: object): Settling {
      return #history in promise ? promise.#settling : null;
    }

    static settles(promise: object, settling: Settling): void {
      if (#history in promise) promise.#settling = settling;
      else new Note(promise, null, settling);
    }
  }
  return {
    made: (promise, history) => void new Note(promise, history, null),
    historyOf: Note.historyOf,
    settlingOf: Note.settlingOf,
    settles: Note.settles,
  };
}
