import type { History } from '../../src/core/history.ts';
import type { Wait } from '../../src/core/wait.ts';
import { Stamp } from '../stamp.ts';

/** How a promise is made of several. */
export type Joining = 'all' | 'allSettled' | 'any';

/** A promise that settles with its last element: what the others had behind them counts as well, if it had to wait for them. */
export class Joined {
  readonly elements: readonly unknown[];
  history: History | null = null;
  readonly #joining: Joining;
  #rejections = 0;

  constructor(joining: Joining, elements: readonly unknown[]) {
    this.#joining = joining;
    this.elements = elements;
  }

  /** One of its elements has been rejected. */
  rejected(): void {
    this.#rejections++;
  }

  /** Those that it had to wait for, beside the last one: the first rejection settles `all`, the first fulfilment `any`. */
  get awaited(): readonly unknown[] {
    const { length } = this.elements;
    const hasWaited = { all: this.#rejections === 0, allSettled: true, any: this.#rejections === length };
    return hasWaited[this.#joining] ? this.elements : [];
  }
}

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
