import type { Wait } from '../../src/core/wait.ts';
import { Stamp } from '../stamp.ts';

/** A promise that is followed. */
export type Followed = object;

/** What one attribution knows of results. A promise may outlive its session, or be seen by two of them. */
export interface ResultNotes {
  waitsOf(promise: Followed): readonly Wait[] | undefined;
  follow(promise: Followed, waits: readonly Wait[]): void;
  awaiterOf(promise: Followed): Followed | Onward | undefined;
  awaits(promise: Followed, awaiter: Followed | Onward): void;
}

/** A promise that is settled after another one, whose value it or its function gets: the next link of a chain. */
export class Onward {
  readonly to: Followed;

  constructor(to: Followed) {
    this.to = to;
  }
}

/**
 * Notes of its own for an attribution. Two of those that patches keep of instances (instance-notes.ts) would do the same, and
 * make a task of a limiter a third dearer: one class that serves many kinds of objects is slow to look in.
 */
export function resultNotes(): ResultNotes {
  class Note extends Stamp {
    #waits: readonly Wait[] | undefined;
    #awaiter: Followed | Onward | undefined;

    constructor(promise: Followed, waits: readonly Wait[] | undefined, awaiter: Followed | Onward | undefined) {
      super(promise);
      this.#waits = waits;
      this.#awaiter = awaiter;
    }

    static waitsOf(promise: Followed): readonly Wait[] | undefined {
      return #waits in promise ? promise.#waits : undefined;
    }

    static follow(promise: Followed, waits: readonly Wait[]): void {
      if (#waits in promise) promise.#waits = waits;
      else new Note(promise, waits, undefined);
    }

    static awaiterOf(promise: Followed): Followed | Onward | undefined {
      return #waits in promise ? promise.#awaiter : undefined;
    }

    static awaits(promise: Followed, awaiter: Followed | Onward): void {
      if (#waits in promise) promise.#awaiter = awaiter;
      else new Note(promise, undefined, awaiter);
    }
  }
  return { waitsOf: Note.waitsOf, follow: Note.follow, awaiterOf: Note.awaiterOf, awaits: Note.awaits };
}
